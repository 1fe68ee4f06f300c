"""Microsoft.Authorization role assignments, api-version 2022-04-01, and what they let a principal do.

An assignment holds at its scope and below. Access follows after a while, as Azure's caches do: a removed assignment
still serves until then. Role ids are Azure's; of their permissions the estate knows what its services ask for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from uuid import uuid4

from drills.estate.ids import is_within, name_of
from drills.estate.principals import Principal
from drills.estate.service import Kind, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
PERMISSIONS = "Microsoft.Authorization/permissions"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_DELEGATE = f"{BLOBS}/generateUserDelegationKey/action"


@dataclass(frozen=True, kw_only=True)
class Role:
    """A built-in role. Patterns as in Azure, `*` for any run of characters."""

    id: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()


ROLES = {
    "Owner": Role(id="8e3af657-a8ff-443c-a75c-2fe8c4bcb635", actions=("*",)),
    "Contributor": Role(
        id="b24988ac-6180-42a0-ab88-20f7382dd24c",
        actions=("*",),
        not_actions=("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"),
    ),
    "Reader": Role(id="acdd72a7-3385-48ef-bd42-f606fba81ae7", actions=("*/read",)),
    "User Access Administrator": Role(
        id="18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", actions=("*/read", "Microsoft.Authorization/*")
    ),
    "Storage Blob Data Owner": Role(
        id="b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        actions=(f"{BLOBS}/containers/*", _DELEGATE),
        data_actions=(f"{BLOBS}/containers/blobs/*",),
    ),
    "Storage Blob Data Contributor": Role(
        id="ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        actions=(*(f"{BLOBS}/containers/{verb}" for verb in ("delete", "read", "write")), _DELEGATE),
        data_actions=tuple(f"{BLOBS}/containers/blobs/{verb}" for verb in ("delete", "read", "write")),
    ),
    "Storage Blob Data Reader": Role(
        id="2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        actions=(f"{BLOBS}/containers/read", _DELEGATE),
        data_actions=(f"{BLOBS}/containers/blobs/read",),
    ),
    "Storage Blob Delegator": Role(id="db58b8e5-c6ad-4a2a-8342-4190687cbb3a", actions=(_DELEGATE,)),
    "Storage Account Contributor": Role(
        id="17d1049b-9a84-46fb-8f53-869881c3d3ab", actions=("Microsoft.Storage/storageAccounts/*",)
    ),
}


def service(world: World) -> Service:
    """Role assignments at any scope."""
    assignments, path = Assignments(world), f"{{scope}}/providers/{ASSIGNMENT}"
    return Service(
        namespace="Microsoft.Authorization",
        api_versions=frozenset({"2022-04-01"}),
        routes=(
            Route("GET", path, assignments.every),
            Route("GET", f"{path}/{{assignment}}", assignments.read),
            Route("PUT", f"{path}/{{assignment}}", assignments.put),
            Route("DELETE", f"{path}/{{assignment}}", assignments.delete),
            Route("GET", f"{{scope}}/providers/{PERMISSIONS}", assignments.permissions),
        ),
        kinds={
            ASSIGNMENT.lower(): Kind(
                managed=tuple(f"properties.{name}" for name in ("createdOn", "updatedOn", "createdBy", "updatedBy"))
            )
        },
    )


class Assignments:
    """Role assignments."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Those that hold at the scope and those below it; with `atScope()` only the former."""
        chosen, scope = asked.query.get("$filter", ""), asked.names["scope"]
        wanted = chosen.replace("assignedTo('", "principalId eq '").partition("principalId eq '")[2].partition("'")[0]
        found = [one for one in self._world.store.of_type(ASSIGNMENT) if _concerns(one, scope, chosen)]
        return Reply(
            200, {"value": [one for one in found if wanted.lower() in {"", one["properties"]["principalId"].lower()}]}
        )

    def read(self, asked: Asked) -> Reply:
        """The assignment."""
        return Reply(200, self._found(asked))

    def put(self, asked: Asked) -> Reply:
        """A new assignment (201); one of the same role, principal and scope is refused."""
        sent = (asked.body or {}).get("properties") or {}
        if not {"roleDefinitionId", "principalId"} <= sent.keys():
            raise RefusalError(400, "InvalidRequestContent", "The request must have roleDefinitionId and principalId.")
        state = assignment(self._world, asked.names["scope"], sent, asked.names["assignment"])
        if any(_grants_alike(one, state) for one in self._world.store.of_type(ASSIGNMENT)):
            raise RefusalError(409, "RoleAssignmentExists", "The role assignment already exists.")
        self._world.store.put(state, self._world.delays.roles)
        return Reply(201, state)

    def delete(self, asked: Asked) -> Reply:
        """200 with what was removed; 204 when it was not there."""
        state = self._world.store.read(asked.id)
        if state is None:
            return Reply(204)
        self._world.store.remove(asked.id, self._world.delays.roles)
        return Reply(200, state)

    def permissions(self, asked: Asked) -> Reply:
        """What the caller may do there: one object for what it was granted, one for each role."""
        if asked.caller is None:
            return Reply(200, {"value": []})
        granted = sorted(name for name in asked.caller.grants if "/" in name or name == "*")
        held = _roles(self._world, asked.caller, asked.names["scope"])
        told = [_told(granted), *(_told(role.actions, role.not_actions, role.data_actions) for role in held)]
        return Reply(200, {"value": told})

    def _found(self, asked: Asked) -> Json:
        state = self._world.store.read(asked.id)
        if state is None:
            message = f"The role assignment '{asked.names['assignment']}' is not found."
            raise RefusalError(404, "RoleAssignmentNotFound", message)
        return state


def assignment(world: World, scope: str, properties: Json, name: str = "") -> Json:
    """An assignment at the scope as Azure describes it."""
    name, now = name or str(uuid4()), world.stamp()
    kept = {key: value for key, value in properties.items() if value is not None}
    by = {"createdOn": now, "updatedOn": now, "createdBy": "", "updatedBy": ""}
    return {
        "id": f"{scope}/providers/{ASSIGNMENT}/{name}",
        "name": name,
        "type": ASSIGNMENT,
        "properties": {"principalType": "ServicePrincipal"} | kept | {"scope": scope} | by,
    }


def _told(actions: Iterable[str], not_actions: Iterable[str] = (), data: Iterable[str] = ()) -> Json:
    return {"actions": [*actions], "notActions": [*not_actions], "dataActions": [*data], "notDataActions": []}


def definition_id(world: World, role: str) -> str:
    """The resource id of a built-in role."""
    return f"{world.scope}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role].id}"


def allows(world: World, principal: Principal, action: str, scope: str, *, of_data: bool = False) -> bool:
    """True when a grant or a role in force lets the principal do it there. The bare grant `*` reaches no data."""
    if principal.may(action, beyond=("*",) if of_data else ()):
        return True
    granted = any(_grants(role, action, of_data=of_data) for role in _roles(world, principal, scope))
    if granted:
        principal.used.add(action)
    return granted


def _roles(world: World, principal: Principal, scope: str) -> Iterator[Role]:
    known = {role.id: role for role in ROLES.values()}
    for state in world.store.every_in_force(ASSIGNMENT):
        properties = state["properties"]
        role = known.get(name_of(properties["roleDefinitionId"]).lower())
        if role and properties["principalId"] == principal.oid and _covers(properties["scope"], scope):
            yield role


def _grants(role: Role, action: str, *, of_data: bool) -> bool:
    given, taken = (role.data_actions, ()) if of_data else (role.actions, role.not_actions)
    return any(_fits(action, one) for one in given) and not any(_fits(action, one) for one in taken)


def _fits(action: str, pattern: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def _covers(wide: str, narrow: str) -> bool:
    return wide in {"", "/"} or wide.lower().startswith("/providers/microsoft.management/") or is_within(narrow, wide)


def _concerns(state: Json, scope: str, chosen: str) -> bool:
    held = state["properties"]["scope"]
    return _covers(held, scope) or ("atScope()" not in chosen and is_within(held, scope))


def _grants_alike(one: Json, other: Json) -> bool:
    names = ("roleDefinitionId", "principalId", "scope")
    alike = all(str(one["properties"][key]).lower() == str(other["properties"][key]).lower() for key in names)
    return alike and one["name"].lower() != other["name"].lower()
