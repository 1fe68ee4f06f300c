"""Legal holds and time-based immutability of blob containers, api-version 2023-05-01.

A hold is a set of tags: 3 to 23 letters and digits each, at most ten. An immutability policy has an etag of its own,
which its removal must name.
"""

import re
from typing import Any

from drills.estate.refusals import invalid_value
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.storage import ACCOUNT, POLICY, blob_etag
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

_TAG = re.compile(r"[a-z0-9]{3,23}")
MOST_TAGS = 10


def service(world: World) -> Service:
    """Holds and immutability policies of containers."""
    holds, policies = LegalHolds(world), ImmutabilityPolicies(world)
    container = f"{GROUP}{ACCOUNT}/{{account}}/blobServices/default/containers/{{container}}"
    policy = f"{container}/immutabilityPolicies/default"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(
            Route("POST", f"{container}/setLegalHold", holds.set),
            Route("POST", f"{container}/clearLegalHold", holds.clear),
            Route("GET", policy, policies.read),
            Route("PUT", policy, policies.put),
            Route("DELETE", policy, policies.delete),
        ),
        kinds={POLICY.lower(): Kind(managed=("etag",))},
    )


class LegalHolds:
    """Tags that hold a container."""

    def __init__(self, world: World) -> None:
        self._world = world

    def set(self, asked: Asked) -> Reply:
        """The tags are there besides those that were."""
        container, tags = self._container(asked), _tags(asked)
        if (container["properties"].get("immutableStorageWithVersioning") or {}).get("enabled"):
            message = "Container-level legal hold is not supported where version-level immutability is enabled."
            raise RefusalError(409, "ContainerHasVersionLevelImmutability", message)
        held = {one["tag"]: one for one in container["properties"]["legalHold"]["tags"]}
        held |= {tag: self._tag(asked, tag) for tag in tags if tag not in held}
        if len(held) > MOST_TAGS:
            raise invalid_value("tags", ",".join(held))
        return self._written(asked, container, [*held.values()])

    def clear(self, asked: Asked) -> Reply:
        """The tags are gone; others stay."""
        container, tags = self._container(asked), _tags(asked)
        left = [one for one in container["properties"]["legalHold"]["tags"] if one["tag"] not in tags]
        return self._written(asked, container, left)

    def _written(self, asked: Asked, container: Json, tags: list[Json]) -> Reply:
        sent = (asked.body or {}).get("allowProtectedAppendWritesAll")
        history = {} if sent is None or not tags else {"allowProtectedAppendWritesAll": sent}
        hold = {"hasLegalHold": bool(tags), "tags": tags} | (
            {"protectedAppendWritesHistory": history} if history else {}
        )
        container["properties"] |= {"hasLegalHold": bool(tags), "legalHold": hold}
        self._world.store.put(container, self._world.delays.blobs)
        return Reply(200, history | {"hasLegalHold": bool(tags), "tags": [one["tag"] for one in tags]})

    def _tag(self, asked: Asked, tag: str) -> Json:
        caller = asked.caller.oid if asked.caller else ""
        return {
            "tag": tag,
            "timestamp": self._world.stamp(),
            "objectIdentifier": caller,
            "tenantId": self._world.tenant,
        }

    def _container(self, asked: Asked) -> Json:
        return container_of(self._world, asked.id.rpartition("/")[0])


class ImmutabilityPolicies:
    """Time-based retention, unlocked: it can be taken away by whoever names its etag."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, asked: Asked) -> Reply:
        """The policy; of one that is not there, a period of zero days and no state."""
        container_of(self._world, _container_id(asked))
        state = self._world.store.read(asked.id) or described(
            asked.id, {"immutabilityPeriodSinceCreationInDays": 0}, ""
        )
        return Reply(200, state, {"ETag": state["etag"]} if state["etag"] else {})

    def put(self, asked: Asked) -> Reply:
        """The policy, new or replaced. If-Match guards it."""
        container_of(self._world, _container_id(asked))
        existing = self._world.store.read(asked.id)
        if asked.headers.get("If-Match", "*") != "*":
            _check_match(asked, existing)
        sent = (asked.body or {}).get("properties") or {}
        days: Any = sent.get("immutabilityPeriodSinceCreationInDays")
        if not isinstance(days, int) or not 1 <= days <= 146000:
            raise invalid_value("immutabilityPeriodSinceCreationInDays", days)
        state = described(asked.id, sent | {"state": "Unlocked"}, blob_etag())
        self._world.store.put(state, self._world.delays.blobs)
        return Reply(200, state, {"ETag": state["etag"]})

    def delete(self, asked: Asked) -> Reply:
        """200 and gone. The request must name the policy's etag."""
        container_of(self._world, _container_id(asked))
        if "If-Match" not in asked.headers:
            raise RefusalError(400, "InvalidHeaderValue", "The value for one of the HTTP headers is missing: If-Match.")
        _check_match(asked, self._world.store.read(asked.id))
        self._world.store.remove(asked.id, self._world.delays.blobs)
        etag = blob_etag()
        gone = described(asked.id, {"immutabilityPeriodSinceCreationInDays": 0}, etag)
        return Reply(200, gone, {"ETag": etag})


def container_of(world: World, resource: str) -> Json:
    """The container.

    Raises RefusalError 404.
    """
    container = world.store.read(resource)
    if container is None:
        raise RefusalError(404, "ContainerNotFound", "The specified container does not exist.")
    return container


def described(resource: str, properties: Json, etag: str) -> Json:
    """The policy as Storage describes it."""
    return {"id": resource, "name": "default", "type": POLICY, "etag": etag, "properties": properties}


def _check_match(asked: Asked, existing: Json | None) -> None:
    wanted = asked.headers["If-Match"]
    if existing is None or wanted not in {"*", existing["etag"]}:
        message = "The condition specified using HTTP conditional header(s) is not met."
        raise RefusalError(412, "PreconditionFailed", message)


def _tags(asked: Asked) -> list[str]:
    tags = [str(tag).lower() for tag in (asked.body or {}).get("tags") or []]
    for tag in tags or [""]:
        if not _TAG.fullmatch(tag):
            raise invalid_value("tags", tag)
    return tags


def _container_id(asked: Asked) -> str:
    return asked.id.partition("/immutabilityPolicies/")[0]
