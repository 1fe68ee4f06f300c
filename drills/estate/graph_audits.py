"""The directory's audit (auditLogs/directoryAudits): who changed what, from what to what.

In Azure a record is there minutes after the change; here at once.
"""

import json
import re
from collections.abc import Iterable, Sequence
from uuid import uuid4

from drills.estate.principals import Principal
from drills.estate.wire import Asked, Json
from drills.estate.world import World

KINDS = {"policies": "Policy", "servicePrincipals": "ServicePrincipal", "applications": "Application", "users": "User"}
WORDS = {
    ("PATCH", "policies"): "Update conditional access policy",
    ("DELETE", "policies"): "Delete conditional access policy",
    ("POST", "addPassword"): "Add service principal credentials",
    ("POST", "appRoleAssignments"): "Add app role assignment to service principal",
    ("PATCH", "users"): "Update user",
}
_FILTER = re.compile(r"activityDateTime ge (?P<since>\S+) and targetResources/any\(t: ?t/id eq '(?P<id>[^']+)'\)")


def record(world: World, asked: Asked, caller: Principal, states: tuple[Json | None, Json | None]) -> Json | None:
    """The record of a change that the audit has a word for, by `states` before and after; None for any other."""
    kind, name, below = _named(asked.path)
    word = WORDS.get((asked.method, below or kind))
    if word is None:
        return None
    old, new = (json.dumps(_own(state)) if state else None for state in states)
    change = {"displayName": KINDS[kind], "oldValue": old, "newValue": new}
    return {
        "id": f"Directory_{uuid4()}",
        "activityDateTime": world.stamp(),
        "activityDisplayName": word,
        "category": "Policy" if kind == "policies" else "ApplicationManagement",
        "correlationId": str(uuid4()),
        "loggedByService": "Conditional Access" if kind == "policies" else "Core Directory",
        "result": "success",
        "initiatedBy": _initiator(caller),
        "targetResources": [{"id": name, "type": KINDS[kind], "modifiedProperties": [change]}],
    }


def chosen(records: Iterable[Json], condition: str) -> Sequence[Json]:
    """The records of an object since a moment, the newest first; all where nothing is asked."""
    asked = _FILTER.fullmatch(condition)
    found = [one for one in records if asked is None or _fits(one, asked["since"], asked["id"])]
    return found[::-1]


def _fits(one: Json, since: str, name: str) -> bool:
    return one["activityDateTime"] >= since and any(target["id"] == name for target in one["targetResources"])


def _named(path: str) -> tuple[str, str, str]:
    """Kind, id and what is below, of `/servicePrincipals/{id}/addPassword` or deeper places."""
    inner = path.strip("/").removeprefix("identity/conditionalAccess/").split("/")
    kind, name, below = (*inner, "", "", "")[:3]
    return kind, name, below


def _own(state: Json) -> Json:
    return {name: value for name, value in state.items() if name != "id"}


def _initiator(caller: Principal) -> Json:
    if caller.is_person:
        return {"user": {"id": caller.oid, "userPrincipalName": f"{caller.name}@clinic.example"}, "app": None}
    return {"user": None, "app": {"servicePrincipalId": caller.oid, "displayName": caller.name}}
