"""Azure Policy: assignments, initiatives (2023-04-01) and exemptions (2022-07-01-preview) at any scope, and denials.

Of all definitions the estate knows the two that keep storage accounts encrypted on the way; enforced with effect Deny
they refuse what a write of an account says against them, unless an exemption that has not ended covers it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from drills.estate.denials import disallowed
from drills.estate.ids import is_within, name_of
from drills.estate.locks import locked_by as scope_of
from drills.estate.service import Kind, Right, Service
from drills.estate.settable import Settable, one
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

ASSIGNMENT = "Microsoft.Authorization/policyAssignments"
EXEMPTION = "Microsoft.Authorization/policyExemptions"
INITIATIVE = "Microsoft.Authorization/policySetDefinitions"
SECURE_TRANSFER, TLS = "404c3081-a854-4457-ae30-26a93ef643f9", "fe83a0eb-a853-422d-aac2-1bffd182c5d0"
_INITIATIVES = {INITIATIVE.lower(): Kind()}
NEEDED = {ASSIGNMENT: ("policyDefinitionId",), EXEMPTION: ("policyAssignmentId", "exemptionCategory")}


def services(world: World) -> tuple[Service, ...]:
    """Assignments, exemptions, and initiatives, which are only read."""
    kept = Governing(world)
    versions = {ASSIGNMENT: "2023-04-01", EXEMPTION: "2022-07-01-preview"}
    written = tuple(
        Service(
            namespace="Microsoft.Authorization",
            api_versions=frozenset({version}),
            routes=one(kept, f"{{scope}}/providers/{kind}/{{name}}", "PUT", "DELETE"),
            linked=_linked,
            kinds={kind.lower(): Kind(managed=("systemData",))},
        )
        for kind, version in versions.items()
    )
    routes = one(kept, f"{{scope}}/providers/{INITIATIVE}/{{name}}")
    initiatives = Service(
        namespace="Microsoft.Authorization", api_versions=frozenset({"2023-04-01"}), routes=routes, kinds=_INITIATIVES
    )
    return (*written, initiatives)


class Governing(Settable):
    """What stands as it was written last."""

    def put(self, asked: Asked) -> Reply:
        """201 with what was sent, and of an assignment where it is in force."""
        kind = ASSIGNMENT if ASSIGNMENT.lower() in asked.id.lower() else EXEMPTION
        sent = (asked.body or {}).get("properties") or {}
        missing = [name for name in NEEDED[kind] if not sent.get(name)]
        if missing:
            raise RefusalError(400, "InvalidRequestContent", f"The property '{missing[0]}' is required.")
        placed = {"scope": scope_of({"id": asked.id})} if kind == ASSIGNMENT else {}
        body = {"properties": {**sent, **placed}, "systemData": self._made(asked.id)}
        return Reply(201, super().put(replace(asked, body=body)).body)

    def _made(self, place: str) -> Json:
        """When it was made, and when it was written last."""
        known, now = self._world.store.read(place) or {}, self._world.stamp()
        return {"createdAt": known.get("systemData", {}).get("createdAt", now), "lastModifiedAt": now}

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, with the assignment that it was; 204 when there was none."""
        was, reply = self._world.store.read(asked.id), super().delete(asked)
        return Reply(200, was) if reply.status == 200 and ASSIGNMENT.lower() in asked.id.lower() else reply


def refuse_disallowed(world: World, asked: Asked) -> None:
    """Raises RefusalError 403 for a write of a storage account that an enforced policy denies."""
    kind = "/providers/Microsoft.Storage/storageAccounts/".lower()
    if asked.method not in {"PUT", "PATCH"} or kind not in asked.id.lower() or asked.id.count("/") != 8:
        return
    properties = (asked.body or {}).get("properties") or {} if isinstance(asked.body, dict) else {}
    for assignment in _enforced(world, asked.id):
        if _denies(name_of(assignment["properties"]["policyDefinitionId"]), properties):
            raise disallowed(asked, assignment["properties"].get("displayName", ""), assignment["id"])


def _enforced(world: World, resource: str) -> Iterator[Json]:
    exempt = {each["properties"]["policyAssignmentId"].lower() for each in _exemptions(world, resource)}
    for each in world.store.of_type(ASSIGNMENT):
        properties = each["properties"]
        denies = (properties.get("parameters") or {}).get("effect", {}).get("value") == "Deny"
        if denies and properties.get("enforcementMode", "Default") == "Default" and each["id"].lower() not in exempt:
            yield from (each,) if is_within(resource, scope_of(each)) else ()


def _exemptions(world: World, resource: str) -> Iterator[Json]:
    for each in world.store.of_type(EXEMPTION):
        ends = each["properties"].get("expiresOn")
        if is_within(resource, scope_of(each)) and (not ends or ends > world.stamp()):
            yield each


def _denies(definition: str, properties: Json) -> bool:
    if definition == SECURE_TRANSFER:
        return properties.get("supportsHttpsTrafficOnly") is False
    return definition == TLS and properties.get("minimumTlsVersion") in ("TLS1_0", "TLS1_1")


def _linked(asked: Asked) -> Iterable[Right]:
    """Whoever exempts from an assignment must be allowed to, there."""
    properties = (asked.body or {}).get("properties") or {} if asked.method == "PUT" else {}
    assignment = properties.get("policyAssignmentId")
    return (Right("Microsoft.Authorization/policyAssignments/exempt/action", assignment),) if assignment else ()
