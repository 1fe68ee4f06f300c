"""Microsoft.AppConfiguration, api-version 2024-05-01: feature flags of a store, by Resource Manager.

A flag is a key value whose value is JSON and whose content type says so. A PUT replaces it and gives it another ETag.
"""

import json
from typing import TYPE_CHECKING
from uuid import uuid4

from drills.estate.ids import name_of
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.settable import Settable, resource
from drills.estate.wire import Asked, Json, RefusalError, Reply

if TYPE_CHECKING:
    from drills.estate.world import World

STORE = "Microsoft.AppConfiguration/configurationStores"
FLAG = "application/vnd.microsoft.appconfig.ff+json;charset=utf-8"
MANAGED = ("properties.eTag", "properties.lastModified")


def service(world: "World") -> Service:
    """A store, and its key values."""
    flags, store = Flags(world), f"{GROUP}{STORE}/{{store}}"
    one = f"{store}/keyValues/{{key}}"
    return Service(
        namespace="Microsoft.AppConfiguration",
        api_versions=frozenset({"2024-05-01"}),
        routes=(Route("GET", store, flags.read), Route("GET", one, flags.read), Route("PUT", one, flags.put)),
        kinds={f"{STORE}/keyValues".lower(): Kind(managed=MANAGED)},
    )


class Flags(Settable):
    """Key values as they were written last."""

    def put(self, asked: Asked) -> Reply:
        """The key value with what was sent. Raises RefusalError where somebody has locked it."""
        before = self._world.store.read(asked.id)
        if before and before["properties"].get("locked"):
            raise RefusalError(409, "KeyValueLocked", "The key-value is locked.")
        sent = (asked.body or {}).get("properties") or {}
        state = key_value(self._world, asked.id, sent.get("value", ""), sent.get("contentType", ""), sent.get("tags"))
        self._world.store.put(state)
        return Reply(200, state)


def key_value(world: "World", path: str, value: str, content: str, tags: Json | None = None) -> Json:
    """The key value under the path, whose name is key and label."""
    key, _, label = name_of(path).replace("~2F", "/").partition("$")
    return resource(
        path,
        key=key,
        label=label or None,
        value=value,
        contentType=content,
        tags=tags or {},
        locked=False,
        eTag=uuid4().hex,
        lastModified=world.stamp(),
    )


def feature(world: "World", path: str, name: str) -> Json:
    """A feature flag that is on for everybody."""
    told = {"id": name, "description": "", "enabled": True, "conditions": {"client_filters": []}}
    return key_value(world, path, json.dumps(told), FLAG)


def is_on(state: Json | None) -> bool:
    """Whether an app that asks for the flag goes on; one that finds none does."""
    return state is None or json.loads(state["properties"]["value"])["enabled"]
