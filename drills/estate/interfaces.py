"""Network interfaces, api-version 2024-01-01: written whole, and asked which rules and routes they obey.

A route to a peered network is shown as VnetLocal: the specification knows no other word for it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from drills.estate.network import as_object, check_free, shown, stored, updating, without_nulls
from drills.estate.polls import VERSION, following
from drills.estate.refusals import invalid_value
from drills.estate.routing import Hop, routes
from drills.estate.service import GROUP, SUBSCRIPTION, Right, Route, Service
from drills.estate.topology import NIC, groups_in_force, subnet_of
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import World

_KEPT = ("virtualMachine", "macAddress", "primary", "resourceGuid", "privateEndpoint")
_JOINS = {
    "networkSecurityGroup": "Microsoft.Network/networkSecurityGroups/join/action",
    "subnet": "Microsoft.Network/virtualNetworks/subnets/join/action",
    "publicIPAddress": "Microsoft.Network/publicIPAddresses/join/action",
}


def service(world: World) -> Service:
    """Interfaces, besides reading them."""
    interfaces, nic = Interfaces(world), f"{GROUP}{NIC}/{{nic}}"
    return Service(
        namespace="Microsoft.Network",
        api_versions=frozenset({VERSION}),
        routes=(
            Route("GET", f"{SUBSCRIPTION}{NIC}", interfaces.every),
            Route("PUT", nic, interfaces.put),
            Route("POST", f"{nic}/effectiveNetworkSecurityGroups", interfaces.effective_groups),
            Route("POST", f"{nic}/effectiveRouteTable", interfaces.effective_routes),
        ),
        linked=joined,
    )


def joined(asked: Asked) -> Iterable[Right]:
    """What an interface joins: its security group, its subnet, its public address."""
    properties = asked.body.get("properties") or {} if asked.method == "PUT" and isinstance(asked.body, dict) else {}
    addresses = [one.get("properties") or {} for one in properties.get("ipConfigurations") or []]
    for holder in (properties, *addresses):
        for name, action in _JOINS.items():
            if (holder.get(name) or {}).get("id"):
                yield Right(action, holder[name]["id"])


class Interfaces:
    """Network interfaces."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every interface of the subscription."""
        return Reply(200, {"value": self._world.store.of_type(NIC, asked.id.rpartition("/providers/")[0])})

    def put(self, asked: Asked) -> Reply:
        """The interface replaced whole; its machine stays. If-Match guards it."""
        existing = stored(self._world, asked, asked.id)
        check_free(self._world, asked, existing)
        body = as_object(asked.body)
        sent = without_nulls(body.get("properties") or {})
        if not sent.get("ipConfigurations"):
            raise invalid_value("ipConfigurations", sent.get("ipConfigurations"))
        kept = {name: existing["properties"][name] for name in _KEPT if name in existing["properties"]}
        addresses = [_address(existing, one) for one in sent["ipConfigurations"]]
        properties = {key: value for key, value in sent.items() if key != "provisioningState"}
        if "networkSecurityGroup" in properties:
            properties["networkSecurityGroup"] = {"id": properties["networkSecurityGroup"]["id"]}
        nic = {name: value for name, value in existing.items() if name != "tags"}
        nic |= {"tags": body["tags"]} if body.get("tags") else {}
        operation = updating(self._world, nic | {"properties": properties | kept | {"ipConfigurations": addresses}})
        answered = shown(self._world, self._world.store.read(asked.id) or nic)
        return Reply(200, answered, following(self._world, operation))

    def effective_groups(self, asked: Asked) -> Reply:
        """202, then the rules that the interface obeys when the operation ends."""
        return self._later(asked, lambda nic: {"value": list(_groups(self._world, nic))})

    def effective_routes(self, asked: Asked) -> Reply:
        """202, then the routes that the interface obeys when the operation ends."""
        return self._later(asked, lambda nic: {"value": list(_routes(self._world, nic))})

    def _later(self, asked: Asked, answer: Callable[[Json], Json]) -> Reply:
        nic = stored(self._world, asked, asked.id.rpartition("/")[0])
        length = self._world.delays.operation
        operation = self._world.operations.begin(asked.id, length, lambda: answer(nic))
        return Reply(202, None, following(self._world, operation, with_location=True))


def _address(nic: Json, sent: Json) -> Json:
    properties = without_nulls(sent.get("properties") or {})
    properties = {key: value for key, value in properties.items() if key != "provisioningState"}
    subnet = {"subnet": {"id": properties["subnet"]["id"]}} if "subnet" in properties else {}
    return {
        "name": sent["name"],
        "id": f"{nic['id']}/ipConfigurations/{sent['name']}",
        "properties": properties | subnet,
    }


def _routes(world: World, nic: Json) -> Iterator[Json]:
    for hop in routes(world, subnet_of(world, nic)):
        yield {
            **({"name": hop.name} if hop.name else {}),
            "source": "User" if hop.table else "Default",
            "state": "Active" if hop.is_active else "Invalid",
            "addressPrefix": [str(hop.prefix)],
            "nextHopType": told(hop),
            "nextHopIpAddress": [hop.address] if hop.address else [],
        }


def told(hop: Hop) -> str:
    """The kind of the next hop in the specification's words."""
    return "VnetLocal" if hop.kind == "VNetPeering" else hop.kind


def _groups(world: World, nic: Json) -> Iterator[Json]:
    for holder, version in groups_in_force(world, nic):
        state = version.state or {}
        rules = [*state["properties"]["securityRules"], *state["properties"]["defaultSecurityRules"]]
        place = "networkInterface" if holder.lower() == nic["id"].lower() else "subnet"
        yield {
            "networkSecurityGroup": {"id": state["id"]},
            "association": {place: {"id": holder}},
            "effectiveSecurityRules": [_rule(rule) for rule in rules],
        }


def _rule(rule: Json) -> Json:
    properties, kind = rule["properties"], rule["id"].rsplit("/", 2)[1]
    protocol = {"*": "All"}.get(properties["protocol"], properties["protocol"].title())
    ports: dict[str, Any] = {}
    for end in ("source", "destination"):
        many = properties.get(f"{end}PortRanges") or [properties.get(f"{end}PortRange", "*")]
        ports[f"{end}PortRanges"] = [_span(one) for one in many]
        prefixes = properties.get(f"{end}AddressPrefixes") or [properties.get(f"{end}AddressPrefix", "*")]
        ports[f"{end}AddressPrefixes"] = ["0.0.0.0/0" if one == "*" else one for one in prefixes]
    named = {"name": f"{kind}/{rule['name']}", "protocol": protocol, "priority": properties["priority"]}
    return named | ports | {"access": properties["access"], "direction": properties["direction"]}


def _span(ports: str) -> str:
    if ports == "*":
        return "0-65535"
    return ports if "-" in ports else f"{ports}-{ports}"
