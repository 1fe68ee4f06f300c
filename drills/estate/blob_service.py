"""The blob service of a storage account, api-version 2023-05-01: what is kept of what is deleted or overwritten.

PUT replaces every property; what is not sent is off.
"""

from typing import Any

from drills.estate.refusals import invalid_value, missing_resource, refuse_nulls
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.storage import ACCOUNT, SERVICE
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import World

_RETENTIONS = ("deleteRetentionPolicy", "containerDeleteRetentionPolicy")


def service(world: World) -> Service:
    """`blobServices/default`."""
    services, path = BlobServices(world), f"{GROUP}{ACCOUNT}/{{account}}/blobServices/default"
    off = {f"properties.{name}.enabled": False for name in (*_RETENTIONS, "changeFeed")}
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(Route("GET", path, services.read), Route("PUT", path, services.put)),
        kinds={
            SERVICE.lower(): Kind(
                managed=("sku",),
                defaults=off
                | {
                    "properties.deleteRetentionPolicy.allowPermanentDelete": False,
                    "properties.containerDeleteRetentionPolicy.allowPermanentDelete": False,
                    "properties.isVersioningEnabled": False,
                    "properties.cors.corsRules": [],
                },
            )
        },
    )


class BlobServices:
    """The properties of the blob service."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, asked: Asked) -> Reply:
        """The service; soft delete and CORS are shown even when they are off."""
        account, state = self._account(asked), self._world.store.read(asked.id)
        shown: Json = {"cors": {"corsRules": []}, "deleteRetentionPolicy": {"enabled": False}}
        properties = shown | (state["properties"] if state else {})
        properties["deleteRetentionPolicy"] = {"allowPermanentDelete": False} | properties["deleteRetentionPolicy"]
        return Reply(200, described(asked.id, properties) | {"sku": account["sku"]})

    def put(self, asked: Asked) -> Reply:
        """The service with exactly the properties that were sent."""
        account, sent = self._account(asked), (asked.body or {}).get("properties") or {}
        refuse_nulls(sent)
        for name in _RETENTIONS:
            _check_retention(name, sent.get(name, {}))
        if sent.get("isVersioningEnabled") and account["properties"].get("isHnsEnabled"):
            raise invalid_value("isVersioningEnabled", True)
        state = described(asked.id, sent)
        self._world.store.put(state, self._world.delays.blobs)
        return Reply(200, state)

    def _account(self, asked: Asked) -> Json:
        resource = asked.id.partition("/blobServices/")[0]
        account = self._world.store.read(resource)
        if account is None:
            raise missing_resource(asked.with_(id=resource), self._world.groups)
        return account


def described(resource: str, properties: Json) -> Json:
    """The service as Storage describes it."""
    return {"id": resource, "name": "default", "type": SERVICE, "properties": properties}


def _check_retention(name: str, policy: Json) -> None:
    days: Any = policy.get("days")
    if policy.get("enabled") and not (isinstance(days, int) and 1 <= days <= 365):
        raise invalid_value(f"{name}.days", days)
