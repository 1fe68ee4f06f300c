"""Services of which the drills need no more than that what is written stands: tables and recovery vaults.

A PATCH merges properties, deep; a PUT replaces them; both are in force at once. Pinned versions are those that the
responder sends.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from drills.estate.ids import name_of, type_of
from drills.estate.refusals import missing_resource
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import LOCATION, TENANT, World

VAULT = "Microsoft.KeyVault/vaults"
SERVER = "Microsoft.Sql/servers"
SITE = "Microsoft.Web/sites"
WORKSPACE = "Microsoft.OperationalInsights/workspaces"
RECOVERY = "Microsoft.RecoveryServices/vaults"
BACKUP = "Microsoft.DataProtection/backupVaults"
PLACED = (VAULT, SERVER, SITE, RECOVERY, BACKUP, WORKSPACE)
NEEDED: Mapping[str, Json] = {
    VAULT: {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}},
    BACKUP: {"storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}]},
}
MEANT: Mapping[str, Mapping[str, Any]] = {
    RECOVERY: {
        "properties.securitySettings.immutabilitySettings.state": "Disabled",
        "properties.restoreSettings.crossSubscriptionRestoreSettings.crossSubscriptionRestoreState": "Enabled",
    },
}
"""What it means where a resource does not show a property."""


def services(world: World) -> tuple[Service, ...]:
    """Log Analytics' tables, Recovery Services."""
    state = Settable(world)
    return (
        _service(
            "Microsoft.OperationalInsights",
            "2022-10-01 2023-09-01",
            (
                Route("GET", f"{GROUP}{WORKSPACE}/{{workspace}}", state.read),
                *_one(state, f"{WORKSPACE}/{{workspace}}/tables", "table", "PATCH", "PUT"),
                Route("GET", f"{GROUP}{WORKSPACE}/{{workspace}}/tables", state.every),
            ),
            f"{WORKSPACE}/tables",
        ),
        _service("Microsoft.RecoveryServices", "2024-04-01", _one(state, RECOVERY, "vault"), RECOVERY),
    )


class Settable:
    """Resources that hold what was written last."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, asked: Asked) -> Reply:
        """The resource."""
        return Reply(200, self._found(asked))

    def every(self, asked: Asked) -> Reply:
        """Every resource of the collection."""
        holder = asked.id.rpartition("/")[0]
        return Reply(200, {"value": self._world.store.of_type(type_of(f"{asked.id}/x"), holder)})

    def patch(self, asked: Asked) -> Reply:
        """The resource with the properties that were sent."""
        state = self._found(asked)
        _merge(state, asked.body or {})
        self._world.store.put(state)
        return Reply(200, state)

    def put(self, asked: Asked) -> Reply:
        """The resource with its kind and the properties that were sent, and no others."""
        sent = asked.body or {}
        kind = {"kind": sent["kind"]} if "kind" in sent else {}
        state = resource(asked.id, **(sent.get("properties") or {})) | kind
        self._world.store.put(state)
        return Reply(200, state)

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, 204 when it was not there."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id)
        return Reply(200)

    def _found(self, asked: Asked) -> Json:
        state = self._world.store.read(asked.id)
        if state is None:
            raise missing_resource(asked, self._world.groups)
        return state


def resource(path: str, **properties: Any) -> Json:
    """A resource with these properties, and those that none of its kind is without."""
    kind = type_of(path)
    state: Json = {"id": path, "name": name_of(path), "type": kind, "properties": NEEDED.get(kind, {}) | properties}
    return state | ({"location": LOCATION} if kind in PLACED else {})


def _one(state: Settable, template: str, name: str, *verbs: str) -> tuple[Route, ...]:
    """GET of one resource, and the writes that it takes: PATCH unless others are named."""
    return one(state, f"{GROUP}{template}/{{{name}}}", *(verbs or ("PATCH",)))


def one(state: Settable, path: str, *verbs: str) -> tuple[Route, ...]:
    """GET of one resource at the path, and the writes that it takes."""
    answers = {"PATCH": state.patch, "PUT": state.put, "DELETE": state.delete}
    return (Route("GET", path, state.read), *(Route(verb, path, answers[verb]) for verb in verbs))


def _service(namespace: str, versions: str, routes: tuple[Route, ...], *kinds: str) -> Service:
    known = {kind.lower(): Kind(defaults=MEANT.get(kind, {})) for kind in kinds}
    return Service(namespace=namespace, api_versions=frozenset(versions.split()), routes=routes, kinds=known)


def _merge(state: Json, change: Mapping[str, Any]) -> None:
    for name, value in change.items():
        if isinstance(value, Mapping) and isinstance(state.get(name), dict):
            _merge(state[name], value)
        else:
            state[name] = deepcopy(value)
