"""The tables of Resource Graph, each made of what is so in the estate at this moment.

`resources`: what has a type of its own and stands in a group. `resourcechanges`: the writes of the activity log, on
the top resource that they touched. `authorizationresources`: role assignments. `securityresources`: Defender's alerts,
whose properties begin with capitals here. `policyresources`: what three built-in policies on storage accounts say, and
the exemptions. `recoveryservicesresources`: what is backed up.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from uuid import NAMESPACE_URL, uuid5

from drills.estate.activity import ActivityLog
from drills.estate.backups import ITEM
from drills.estate.governance import EXEMPTION
from drills.estate.ids import group_of, subscription_of, type_of
from drills.estate.instances import INSTANCE
from drills.estate.network import shown
from drills.estate.roles import ASSIGNMENT
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Json
from drills.estate.world import World

TEXTS = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
OBJECTS = ("sku", "plan", "properties", "tags", "identity")
OLD_TLS = ("TLS1_0", "TLS1_1")
ALERT = "Microsoft.Security/locations/alerts"
DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions"
POLICIES: Mapping[str, Callable[[Json], bool]] = {
    "404c3081-a854-4457-ae30-26a93ef643f9": lambda account: account.get("supportsHttpsTrafficOnly") is not False,
    "fe83a0eb-a853-422d-aac2-1bffd182c5d0": lambda account: (
        account.get("minimumTlsVersion") not in {"TLS1_0", "TLS1_1"}
    ),
    "b2982f36-99f2-4db5-8eff-283140c09693": lambda account: account.get("publicNetworkAccess") == "Disabled",
}
"""Secure transfer, the minimum TLS version, no public network access: whether an account's properties comply."""


def resources(world: World, _log: ActivityLog) -> Iterator[Json]:
    """As their services describe them."""
    for state in world.store.all():
        if _is_resource(state["id"]):
            yield shown(world, state) if "/microsoft.network/" in state["id"].lower() else deepcopy(state)


def changes(_world: World, log: ActivityLog) -> Iterator[Json]:
    """One row a write that succeeded."""
    for record in tuple(log.records):
        operation, target = record["authorization"]["action"], _top(record["resourceId"])
        if record["status"]["value"] == "Succeeded" and operation.endswith(("/write", "/delete")) and target:
            deleted = operation.endswith("/delete") and target == record["resourceId"]
            told = {"targetResourceId": target, "targetResourceType": type_of(target), "changes": {}}
            told |= {"changeType": "Delete" if deleted else "Update", "changeAttributes": _attributes(record)}
            yield _below(target, "Microsoft.Resources/changes", record["eventDataId"], told)


def assignments(world: World, _log: ActivityLog) -> Iterator[Json]:
    """As Authorization describes them."""
    yield from world.store.of_type(ASSIGNMENT)


def alerts(world: World, _log: ActivityLog) -> Iterator[Json]:
    """As Defender describes them, with capitals."""
    for state in world.store.of_type(ALERT):
        told = {_capital(name): value for name, value in state["properties"].items()}
        told["ResourceIdentifiers"] = [{_capital(k): v for k, v in one.items()} for one in told["ResourceIdentifiers"]]
        yield {**state, "properties": told}


def policy_states(world: World, _log: ActivityLog) -> Iterator[Json]:
    """What each policy says of each account."""
    for account in world.store.of_type(ACCOUNT):
        for definition, complies in POLICIES.items():
            told = {
                "resourceId": account["id"],
                "policyDefinitionId": f"{DEFINITIONS}/{definition}",
                "policyAssignmentId": f"{world.scope}/providers/Microsoft.Authorization/policyAssignments/hipaa",
                "complianceState": "Compliant" if complies(account["properties"]) else "NonCompliant",
                "timestamp": world.stamp(),
            }
            name = str(uuid5(NAMESPACE_URL, f"{account['id']}/{definition}"))
            yield _below(account["id"], "Microsoft.PolicyInsights/policyStates", name, told)


def policies(world: World, log: ActivityLog) -> Iterator[Json]:
    """What policies say, and what is exempt from them."""
    yield from policy_states(world, log)
    yield from world.store.of_type(EXEMPTION)


def backups(world: World, _log: ActivityLog) -> Iterator[Json]:
    """What is backed up, in vaults of either kind."""
    yield from world.store.of_type(ITEM)
    yield from world.store.of_type(INSTANCE)


TABLES: Mapping[str, Callable[[World, ActivityLog], Iterator[Json]]] = {
    "resources": resources,
    "resourcechanges": changes,
    "authorizationresources": assignments,
    "securityresources": alerts,
    "policyresources": policies,
    "recoveryservicesresources": backups,
}


def rows(world: World, log: ActivityLog, table: str) -> list[Json]:
    """The rows of the table, with the columns that each has."""
    return [_row(world, told) for told in TABLES[table](world, log)]


def _row(world: World, told: Json) -> Json:
    kept = {name: told.get(name) for name in (*TEXTS, *OBJECTS)}
    return kept | {
        "type": type_of(told["id"]).lower(),
        "tenantId": world.tenant,
        "resourceGroup": group_of(told["id"]).lower(),
        "subscriptionId": subscription_of(told["id"]).lower(),
    }


def _below(holder: str, kind: str, name: str, properties: Json) -> Json:
    return {"id": f"{holder}/providers/{kind}/{name}", "name": name, "properties": properties}


def _attributes(record: Json) -> Json:
    """Who, by the app's id or the person's name, when and by which operation."""
    is_app = record["claims"].get("idtyp") == "app"
    return {
        "timestamp": record["eventTimestamp"],
        "correlationId": record["correlationId"],
        "operation": record["authorization"]["action"],
        "changedBy": record["claims"]["appid"] if is_app else record["caller"],
        "changedByType": "Application" if is_app else "User",
        "changesCount": 0,
    }


def _top(resource: str) -> str:
    """The resource at the top of its provider, "" for what is none or stands on another."""
    head, found, tail = resource.partition("/providers/")
    segments = tail.split("/")
    return f"{head}{found}{'/'.join(segments[:3])}" if group_of(head) and len(segments) > 2 else ""


def _is_resource(resource: str) -> bool:
    """Whether it stands in a group and under no other resource."""
    return _top(resource) == resource and "/resourcegroups/" in resource.lower()


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
