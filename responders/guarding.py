"""Assignments of our own of the built-in policies that keep storage accounts encrypted on the way.

Ids are Azure's (Azure/azure-policy); both take the effect Deny. One assignment for each, on the account's group.
"""

from collections.abc import Mapping
from typing import Any

from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import STORAGE_ACCOUNT, absent
from responders.whole import written

DEFINITION = "policy"
POLICIES = {
    "https": "404c3081-a854-4457-ae30-26a93ef643f9",  # secure transfer
    "tls": "fe83a0eb-a853-422d-aac2-1bffd182c5d0",  # minimum TLS version
}
WATCHING, ENFORCING = "DoNotEnforce", "Default"


def follows(named: Target) -> tuple[Target, ...]:
    """The assignments on the group that the storage account lies in."""
    if named.resource.type != STORAGE_ACCOUNT:
        return ()
    group = ResourceId("/" + "/".join(named.resource.segments[:4]))
    place = group.child("providers", "Microsoft.Authorization", "policyAssignments")
    places = {place.child(f"hir-{named.incident}-{word}"): definition for word, definition in POLICIES.items()}
    return tuple(
        Target(resource=each, incident=named.incident, parameters={DEFINITION: definition})
        for each, definition in places.items()
    )


def body(assignment: Target, before: Before, mode: str) -> dict[str, Any]:
    """The assignment in this mode: it denies once it is enforced, and until then only tells. Azure sets the scope."""
    ours = {
        "displayName": f"Containment of incident {assignment.incident}",
        "policyDefinitionId": _definition(assignment),
        "parameters": {"effect": {"value": "Deny"}},
    }
    stands = {name: each for name, each in written(before)["properties"].items() if name != "scope"}
    return {"properties": {**(ours if absent(before) else stands), "enforcementMode": mode}}


def assigned(assignment: Target, state: Before) -> bool:
    """Whether the policy is assigned, in whatever mode."""
    named = str(state.properties.get("policyDefinitionId") or "").casefold()
    return not absent(state) and named == _definition(assignment).casefold()


def enforced(assignment: Target, state: Before) -> bool:
    """Whether it is assigned and enforced."""
    return assigned(assignment, state) and state.properties.get("enforcementMode") == ENFORCING


def own(state: Before) -> Mapping[str, Any]:
    """Whether it refuses anything. Where it only tells, or is not assigned, it refuses as little."""
    return {"refuses": state.properties.get("enforcementMode") == ENFORCING}


def _definition(assignment: Target) -> str:
    return f"/providers/Microsoft.Authorization/policyDefinitions/{assignment.parameters[DEFINITION]}"
