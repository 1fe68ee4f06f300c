"""Management locks, api-version 2020-05-01. They really lock, for whoever asks Resource Manager; never the data plane.

CanNotDelete stops every DELETE at its scope and below, that of role assignments included, and that of a group or
resource above it. ReadOnly stops writes and actions as well, `listKeys` among them. A lock itself can always go.
"""

from drills.estate import rbac
from drills.estate.ids import is_within
from drills.estate.refusals import invalid_value
from drills.estate.service import Kind, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

LOCK = "Microsoft.Authorization/locks"
_LEVELS = ("CanNotDelete", "ReadOnly")


def service(world: World) -> Service:
    """Locks at any scope."""
    locks, path = Locks(world), f"{{scope}}/providers/{LOCK}"
    return Service(
        namespace="Microsoft.Authorization",
        api_versions=frozenset({"2020-05-01"}),
        routes=(
            Route("GET", path, locks.every),
            Route("GET", f"{path}/{{lock}}", locks.read),
            Route("PUT", f"{path}/{{lock}}", locks.put),
            Route("DELETE", f"{path}/{{lock}}", locks.delete),
        ),
        kinds={LOCK.lower(): Kind()},
    )


class Locks:
    """Locks of subscriptions, groups and resources."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """The locks at the scope and below it; with `atScope()` not those below."""
        scope, chosen = asked.names["scope"], asked.query.get("$filter", "")
        found = [one for one in self._world.store.of_type(LOCK) if is_within(locked_by(one), scope)]
        return Reply(
            200, {"value": [one for one in found if "atScope()" not in chosen or is_within(scope, locked_by(one))]}
        )

    def read(self, asked: Asked) -> Reply:
        """The lock."""
        state = self._world.store.read(asked.id)
        if state is None:
            raise RefusalError(404, "LockNotFound", f"The lock '{asked.names['lock']}' could not be found.")
        return Reply(200, state)

    def put(self, asked: Asked) -> Reply:
        """The lock, new (201) or replaced."""
        sent = (asked.body or {}).get("properties") or {}
        if sent.get("level") not in _LEVELS:
            raise invalid_value("level", sent.get("level"))
        status = 200 if self._world.store.read(asked.id) else 201
        state = lock(asked.names["scope"], sent["level"], asked.names["lock"], sent.get("notes"))
        self._world.store.put(state)
        return Reply(status, state)

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, 204 when it was not there."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id)
        return Reply(200)


def lock(scope: str, level: str, name: str, notes: str | None = None) -> Json:
    """A lock as Azure describes it."""
    properties = {"level": level} | ({"notes": notes} if notes else {})
    return {"properties": properties, "id": f"{scope}/providers/{LOCK}/{name}", "type": LOCK, "name": name}


def locked_by(state: Json) -> str:
    """The scope that the lock is on."""
    return str(state["id"]).rpartition("/providers/")[0]


def refuse_locked(world: World, asked: Asked) -> None:
    """Raises RefusalError 409 for a request that a lock stops."""
    verb, subject = _verb(asked), rbac.scope(asked)
    if verb == "read" or f"/providers/{LOCK}/".lower() in asked.path.lower():
        return
    for state in world.store.of_type(LOCK):
        if _stops(state, verb, subject):
            message = f"The scope '{subject}' cannot perform {verb} operation because following scope(s) are locked:"
            advice = f"{message} '{locked_by(state)}'. Please remove the lock and try again."
            raise RefusalError(409, "ScopeLocked", advice)


def _verb(asked: Asked) -> str:
    if asked.method == "DELETE":
        return "delete"
    return "read" if any(action.lower().endswith("/read") for action in rbac.needed(asked)) else "write"


def _stops(state: Json, verb: str, subject: str) -> bool:
    scope = locked_by(state)
    if verb == "delete":
        return is_within(subject, scope) or is_within(scope, subject)
    return state["properties"]["level"] == "ReadOnly" and is_within(subject, scope)
