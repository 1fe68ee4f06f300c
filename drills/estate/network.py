"""Microsoft.Network, api-version 2024-01-01: security groups and rules, virtual networks, subnets, interfaces.

A write to a security group answers at once with provisioningState Updating and ends by the clock; meanwhile another
write to the same group is refused. Etags change at the beginning and at the end, as in Azure.
"""

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from drills.estate.ids import name_of, parent_of, type_of
from drills.estate.operations import Operation
from drills.estate.polls import VERSION, Polls, following
from drills.estate.refusals import missing_group, missing_resource
from drills.estate.routing import VNET
from drills.estate.service import GROUP, SUBSCRIPTION, Kind, Right, Route, Service
from drills.estate.topology import NIC, NSG, SUBNET, governs
from drills.estate.watcher import Watcher
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World, new_etag

PLURALS = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
_RULE_NEEDS = ("protocol", "access", "priority", "direction")
_DEFAULT_RULES = (
    ("AllowVnetInBound", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Inbound"),
    ("AllowAzureLoadBalancerInBound", "AzureLoadBalancer", "*", "Allow", 65001, "Inbound"),
    ("DenyAllInBound", "*", "*", "Deny", 65500, "Inbound"),
    ("AllowVnetOutBound", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Outbound"),
    ("AllowInternetOutBound", "*", "Internet", "Allow", 65001, "Outbound"),
    ("DenyAllOutBound", "*", "*", "Deny", 65500, "Outbound"),
)


def service(world: World) -> Service:
    """Security groups with their rules, networks with their subnets, interfaces, and Network Watcher."""
    groups, subnets, polls, watcher = SecurityGroups(world), Subnets(world), Polls(world), Watcher(world)
    reads = Reads(world)
    nsg, vnet = f"{GROUP}{NSG}/{{nsg}}", f"{GROUP}{VNET}/{{vnet}}"
    operations = f"{SUBSCRIPTION}Microsoft.Network/locations/{{location}}"
    return Service(
        namespace="Microsoft.Network",
        api_versions=frozenset({VERSION}),
        routes=(
            Route("GET", f"{SUBSCRIPTION}{NSG}", groups.every),
            Route("GET", f"{GROUP}{NSG}", groups.every),
            Route("GET", nsg, groups.read),
            Route("PUT", nsg, groups.put),
            Route("GET", f"{nsg}/securityRules", groups.every_rule),
            Route("GET", f"{nsg}/securityRules/{{rule}}", groups.read_rule),
            Route("PUT", f"{nsg}/securityRules/{{rule}}", groups.put_rule),
            Route("DELETE", f"{nsg}/securityRules/{{rule}}", groups.delete_rule),
            Route("GET", f"{SUBSCRIPTION}{VNET}", reads.every),
            Route("GET", f"{GROUP}{VNET}", reads.every),
            Route("GET", vnet, reads.read),
            Route("GET", f"{vnet}/subnets/{{subnet}}", subnets.read),
            Route("PUT", f"{vnet}/subnets/{{subnet}}", subnets.put),
            Route("GET", f"{GROUP}{NIC}", reads.every),
            Route("GET", f"{GROUP}{NIC}/{{nic}}", reads.read),
            Route("POST", f"{GROUP}Microsoft.Network/networkWatchers/{{watcher}}/ipFlowVerify", watcher.ip_flow_verify),
            Route("POST", f"{GROUP}Microsoft.Network/networkWatchers/{{watcher}}/nextHop", watcher.next_hop),
            Route("GET", f"{operations}/operations/{{operation}}", polls.status),
            Route("GET", f"{operations}/operationResults/{{operation}}", polls.result),
        ),
        linked=linked,
        kinds={
            NSG.lower(): NSG_KIND,
            VNET.lower(): Kind(managed=("etag", "properties.provisioningState")),
            SUBNET.lower(): Kind(managed=("etag", "properties.provisioningState", "properties.ipConfigurations")),
            NIC.lower(): Kind(managed=("etag", "properties.provisioningState")),
        },
    )


NSG_KIND = Kind(
    managed=("etag", "properties.provisioningState", "properties.defaultSecurityRules", "properties.subnets"),
    defaults={"properties.flushConnection": False, "tags": {}},
    sorted_by_name=("properties.securityRules",),
)


def linked(asked: Asked) -> Iterable[Right]:
    """What a body joins to: a subnet's security group, route table and gateway, the application groups of a rule."""
    properties = asked.body.get("properties") or {} if asked.is_write and isinstance(asked.body, dict) else {}
    for name, kind in (
        ("networkSecurityGroup", "networkSecurityGroups"),
        ("routeTable", "routeTables"),
        ("natGateway", "natGateways"),
    ):
        if properties.get(name):
            yield Right(f"Microsoft.Network/{kind}/join/action", properties[name]["id"])
    for rule in [properties, *(one.get("properties", {}) for one in properties.get("securityRules") or [])]:
        for side in ("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups"):
            for group in rule.get(side) or []:
                action = "Microsoft.Network/applicationSecurityGroups/joinNetworkSecurityRule/action"
                yield Right(action, group["id"])


class Reads:
    """Resources that this estate only reads: networks and interfaces."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every resource of the type within the subscription or group."""
        scope, _, kind = asked.id.rpartition("/providers/")
        every = self._world.store.of_type(kind, scope)
        return Reply(200, {"value": [shown(self._world, one) for one in every]})

    def read(self, asked: Asked) -> Reply:
        """The resource."""
        found = shown(self._world, stored(self._world, asked, asked.id))
        return Reply(200, found, {"ETag": found["etag"]})


class SecurityGroups:
    """Security groups; a rule is part of its group and has no state of its own."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every group of the subscription or resource group."""
        every = self._world.store.of_type(NSG, asked.id.rpartition("/providers/")[0])
        return Reply(200, {"value": [shown(self._world, one) for one in every]})

    def read(self, asked: Asked) -> Reply:
        """The group with its rules, the defaults included, and the subnets that it governs."""
        group = shown(self._world, stored(self._world, asked, asked.id))
        return Reply(200, group, {"ETag": group["etag"]})

    def put(self, asked: Asked) -> Reply:
        """The group replaced whole: 201 for a new one, 200 else. If-Match guards it."""
        body, existing = as_object(asked.body), self._world.store.read(asked.id)
        if existing is None and asked.names["group"].lower() not in self._world.groups:
            raise missing_group(asked)
        if "location" not in body:
            raise RefusalError(400, "LocationRequired", "The location property is required for this definition.")
        check_free(self._world, asked, existing)
        group = replaced(existing or new_group(asked.id, body["location"]), body)
        operation = updating(self._world, group)
        answered = shown(self._world, self._world.store.read(asked.id) or group)
        return Reply(200 if existing else 201, answered, following(self._world, operation))

    def every_rule(self, asked: Asked) -> Reply:
        """The group's own rules."""
        group = stored(self._world, asked, parent_of(f"{asked.id}/x"))
        return Reply(200, {"value": group["properties"]["securityRules"]})

    def read_rule(self, asked: Asked) -> Reply:
        """One rule."""
        rule = self._rule(asked, stored(self._world, asked, parent_of(asked.id)))
        if rule is None:
            raise RefusalError(404, "NotFound", f"Resource {asked.id} not found.")
        return Reply(200, rule, {"ETag": rule["etag"]})

    def put_rule(self, asked: Asked) -> Reply:
        """The rule replaced whole: 201 for a new one, 200 else."""
        group = stored(self._world, asked, parent_of(asked.id))
        existing = self._rule(asked, group)
        check_free(self._world, asked, existing, group["id"])
        rule = as_object(asked.body) | {"name": asked.names["rule"]}
        others = [one for one in group["properties"]["securityRules"] if one is not existing]
        group["properties"]["securityRules"] = rules_of(group["id"], [*others, rule])
        operation = updating(self._world, group)
        answered = self._rule(asked, self._world.store.read(group["id"]) or group)
        return Reply(200 if existing else 201, answered, following(self._world, operation))

    def delete_rule(self, asked: Asked) -> Reply:
        """202, then gone; 204 when it was not there."""
        group = stored(self._world, asked, parent_of(asked.id))
        existing = self._rule(asked, group)
        if existing is None:
            return Reply(204)
        check_free(self._world, asked, existing, group["id"])
        group["properties"]["securityRules"] = [
            one for one in group["properties"]["securityRules"] if one is not existing
        ]
        return Reply(202, None, following(self._world, updating(self._world, group), with_location=True))

    def _rule(self, asked: Asked, group: Json) -> Json | None:
        wanted = asked.names["rule"].lower()
        rules: list[Json] = group["properties"]["securityRules"]
        return next((rule for rule in rules if rule["name"].lower() == wanted), None)


class Subnets:
    """Subnets, stored on their own and shown within their network."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, asked: Asked) -> Reply:
        """The subnet with the addresses in use on it."""
        subnet = shown(self._world, stored(self._world, asked, asked.id))
        return Reply(200, subnet, {"ETag": subnet["etag"]})

    def put(self, asked: Asked) -> Reply:
        """The subnet replaced whole; what governs it may change or go."""
        existing = stored(self._world, asked, asked.id)
        check_free(self._world, asked, existing)
        existing["properties"] = {"provisioningState": "Updating"} | without_nulls(
            as_object(asked.body).get("properties") or {}
        )
        operation = updating(self._world, existing)
        return Reply(
            200, shown(self._world, self._world.store.read(asked.id) or existing), following(self._world, operation)
        )


def stored(world: World, asked: Asked, resource: str) -> Json:
    """The resource.

    Raises RefusalError 404.
    """
    found = world.store.read(resource)
    if found is None:
        raise missing_resource(asked.with_(id=resource), world.groups)
    return found


def shown(world: World, resource: Json) -> Json:
    """The resource with what Azure adds on reading: back references that follow from other resources."""
    additions: dict[str, Callable[[World, Json], Json]] = {NSG: _governed, SUBNET: _occupied, VNET: _subnets}
    add = additions.get(type_of(resource["id"]))
    return resource if add is None else resource | {"properties": resource["properties"] | add(world, resource)}


def _governed(world: World, group: Json) -> Json:
    subnets = [one for one in world.store.of_type(SUBNET) if governs(group["id"], one)]
    interfaces = [one for one in world.store.of_type(NIC) if governs(group["id"], one)]
    shown_subnets = {"subnets": [{"id": one["id"]} for one in subnets]} if subnets else {}
    return shown_subnets | ({"networkInterfaces": [{"id": one["id"]} for one in interfaces]} if interfaces else {})


def _occupied(world: World, subnet: Json) -> Json:
    used = [
        {"id": address["id"]}
        for nic in world.store.of_type(NIC)
        for address in nic["properties"]["ipConfigurations"]
        if address["properties"]["subnet"]["id"].lower() == subnet["id"].lower()
    ]
    return {"ipConfigurations": used} if used else {}


def _subnets(world: World, network: Json) -> Json:
    subnets = [shown(world, one) for one in world.store.of_type(SUBNET, network["id"])]
    return {
        "subnets": subnets,
        "virtualNetworkPeerings": world.store.of_type(f"{VNET}/virtualNetworkPeerings", network["id"]),
    }


def check_free(world: World, asked: Asked, existing: Json | None, subject: str = "") -> None:
    """Raises RefusalError 412 for a stale If-Match and 409 while another operation on the subject runs."""
    wanted = asked.headers.get("If-Match", "*")
    if wanted != "*" and (existing is None or wanted != existing["etag"]):
        raise RefusalError(
            412, "PreconditionFailed", f"Precondition failed. Etag provided in if-match header {wanted} is stale."
        )
    if world.operations.busy(subject or asked.id):
        message = "Another operation on this or dependent resource is in progress."
        raise RefusalError(409, "AnotherOperationInProgress", message)


def updating(world: World, resource: Json) -> Operation:
    """The resource stored as Updating, and the operation that will end it."""
    world.store.put(marked(resource, "Updating"), world.delays.rules)
    return world.operations.begin(resource["id"], world.delays.operation, lambda: _finish(world, resource["id"]))


def _finish(world: World, resource: str) -> None:
    state = world.store.read(resource)
    if state is not None:
        world.store.amend(marked(state, "Succeeded"))


def marked(resource: Json, state: str) -> Json:
    """The resource with a new etag and provisioning state, its rules likewise."""
    etag = new_etag()

    def mark(part: Json) -> Json:
        return part | {"etag": etag, "properties": part["properties"] | {"provisioningState": state}}

    whole = mark(resource)
    for rules in ("securityRules", "defaultSecurityRules", "routes"):
        if rules in whole["properties"]:
            whole["properties"][rules] = [mark(rule) for rule in whole["properties"][rules]]
    return whole


def new_group(resource: str, location: str) -> Json:
    """A security group with the default rules alone."""
    return {
        "name": name_of(resource),
        "id": resource,
        "etag": new_etag(),
        "type": NSG,
        "location": location,
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": str(uuid5(NAMESPACE_URL, resource.lower())),
            "securityRules": [],
            "defaultSecurityRules": [_default_rule(resource, rule) for rule in _DEFAULT_RULES],
        },
    }


def replaced(group: Json, body: Json) -> Json:
    """The group after a PUT: its rules, tags and flushConnection are those of the body."""
    sent = without_nulls(body.get("properties") or {})
    kept = {name: group["properties"][name] for name in ("provisioningState", "resourceGuid", "defaultSecurityRules")}
    flush = {"flushConnection": sent["flushConnection"]} if "flushConnection" in sent else {}
    properties = kept | flush | {"securityRules": rules_of(group["id"], sent.get("securityRules") or [])}
    tags = {"tags": body["tags"]} if body.get("tags") else {}
    return {name: value for name, value in group.items() if name != "tags"} | tags | {"properties": properties}


def rules_of(group: str, rules: Iterable[Any]) -> list[Json]:
    """The rules as Network stores them.

    Raises RefusalError 400 for one that Network would not take, or for two of one direction and priority.
    """
    whole = [rule_of(group, as_object(rule)) for rule in rules]
    for one, other in combinations(whole, 2):
        first, second = one["properties"], other["properties"]
        if (first["direction"], first["priority"]) == (second["direction"], second["priority"]):
            message = f"Security rule {one['name']} conflicts with rule {other['name']}."
            raise RefusalError(
                400, "SecurityRuleConflict", f"{message} Rules cannot have the same Priority and Direction."
            )
    return sorted(whole, key=lambda rule: str(rule["name"]).lower())


def rule_of(group: str, rule: Json) -> Json:
    """One rule as stored: what was sent, with empty lists for the plurals that were not."""
    properties = without_nulls(rule.get("properties") or {})
    missing = [name for name in _RULE_NEEDS if name not in properties]
    if missing or not rule.get("name"):
        raise RefusalError(
            400, "InvalidRequestFormat", f"Cannot parse the request: rule without {missing or ['name']}."
        )
    if not 100 <= int(properties["priority"]) <= 4096:
        message = (
            f"Security rule has invalid Priority. Value provided: {properties['priority']}. Allowed values: 100-4096."
        )
        raise RefusalError(400, "SecurityRuleInvalidPriority", message)
    for side, plural in (("Port", "Ranges"), ("Address", "Prefixes")):
        _require_sides(rule["name"], properties, side, plural)
    return {
        "name": rule["name"],
        "id": f"{group}/securityRules/{rule['name']}",
        "etag": rule.get("etag") or new_etag(),
        "type": f"{NSG}/securityRules",
        "properties": {name: [] for name in PLURALS} | {"provisioningState": "Succeeded"} | properties,
    }


def _require_sides(rule: str, properties: Json, side: str, plural: str) -> None:
    single = plural.removesuffix("es") if side == "Address" else plural.removesuffix("s")
    for end in ("source", "destination"):
        given = properties.get(f"{end}{side}{single}") or properties.get(f"{end}{side}{plural}")
        if not given and not properties.get(f"{end}ApplicationSecurityGroups"):
            message = f"Security rule {rule} must specify {end}{side}{single} or {end}{side}{plural}."
            raise RefusalError(400, "SecurityRuleParameterNotSpecified", message)


def _default_rule(group: str, rule: tuple[str, str, str, str, int, str]) -> Json:
    name, source, destination, access, priority, direction = rule
    ends = {"sourceAddressPrefix": source, "destinationAddressPrefix": destination}
    ports = {"protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*"}
    verdict = {"access": access, "priority": priority, "direction": direction, "provisioningState": "Succeeded"}
    return {
        "name": name,
        "id": f"{group}/defaultSecurityRules/{name}",
        "etag": new_etag(),
        "type": f"{NSG}/defaultSecurityRules",
        "properties": ends | ports | verdict | {plural: [] for plural in PLURALS},
    }


def without_nulls(properties: Json) -> Json:
    """Network ignores what is null."""
    return {name: value for name, value in properties.items() if value is not None}


def as_object(body: Any) -> Json:
    """The body.

    Raises RefusalError 400 for anything but an object.
    """
    if not isinstance(body, dict):
        raise RefusalError(400, "InvalidRequestFormat", "Cannot parse the request.")
    return body
