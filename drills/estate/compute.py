"""Microsoft.Compute, api-version 2023-10-02: managed disks and snapshots, and the SAS by which they are exported.

A disk that a running machine has is not exported; nor is one whose network access policy denies all. Ending access ends
every SAS of the disk at once.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest, digest
from uuid import NAMESPACE_URL, uuid4, uuid5

from drills.estate.ids import name_of
from drills.estate.network import as_object
from drills.estate.operations import Operation
from drills.estate.polls import Polls, retry_after
from drills.estate.refusals import invalid_value, missing_group, missing_resource, refuse_nulls
from drills.estate.service import GROUP, SUBSCRIPTION, Kind, Right, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import LOCATION, World

NAMESPACE = "Microsoft.Compute"
VERSION = "2023-10-02"
DISK = f"{NAMESPACE}/disks"
SNAPSHOT = f"{NAMESPACE}/snapshots"
LONGEST = 2**32 - 1
_SEED = uuid4().bytes


def service(world: World) -> Service:
    """Disks and snapshots."""
    disks, polls = Disks(world), Polls(world)
    every = [
        route
        for kind in (DISK, SNAPSHOT)
        for route in (
            Route("GET", f"{SUBSCRIPTION}{kind}", disks.every),
            Route("GET", f"{GROUP}{kind}", disks.every),
            Route("GET", f"{GROUP}{kind}/{{disk}}", disks.read),
            Route("POST", f"{GROUP}{kind}/{{disk}}/beginGetAccess", disks.begin_access),
            Route("POST", f"{GROUP}{kind}/{{disk}}/endGetAccess", disks.end_access),
        )
    ]
    names = ("provisioningState", "timeCreated", "uniqueId", "diskState")
    managed = ("access", *(f"properties.{name}" for name in names))
    return Service(
        namespace=NAMESPACE,
        api_versions=frozenset({VERSION}),
        routes=(
            *every,
            Route("PUT", f"{GROUP}{SNAPSHOT}/{{disk}}", disks.put_snapshot),
            Route("DELETE", f"{GROUP}{SNAPSHOT}/{{disk}}", disks.delete_snapshot),
            Route(
                "GET", f"{SUBSCRIPTION}{NAMESPACE}/locations/{{location}}/DiskOperations/{{operation}}", polls.either
            ),
        ),
        linked=source_read,
        kinds={kind.lower(): Kind(managed=managed, defaults={"tags": {}}) for kind in (DISK, SNAPSHOT)},
    )


def source_read(asked: Asked) -> Iterable[Right]:
    """Whoever copies a disk must be allowed to export it."""
    properties = asked.body.get("properties") or {} if asked.method == "PUT" and isinstance(asked.body, dict) else {}
    source = (properties.get("creationData") or {}).get("sourceResourceId")
    if source:
        kind = "snapshots" if "/snapshots/" in source.lower() else "disks"
        yield Right(f"{NAMESPACE}/{kind}/beginGetAccess/action", source)


class Disks:
    """Disks, and snapshots, which are much the same."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every disk, or snapshot, of the subscription or resource group."""
        scope, _, kind = asked.id.rpartition("/providers/")
        return Reply(200, {"value": [_shown(one) for one in self._world.store.of_type(kind, scope)]})

    def read(self, asked: Asked) -> Reply:
        """The disk, without its SAS."""
        return Reply(200, _shown(self._found(asked, asked.id)))

    def begin_access(self, asked: Asked) -> Reply:
        """202, then a SAS for as long as was asked."""
        disk, body = self._found(asked, asked.id.rpartition("/")[0]), as_object(asked.body)
        if body.get("access") not in {"Read", "Write"}:
            raise invalid_value("access", body.get("access"))
        seconds = body.get("durationInSeconds")
        if not isinstance(seconds, int) or not 0 < seconds <= LONGEST:
            raise invalid_value("durationInSeconds", seconds)
        _refuse_closed(disk)
        until = self._world.clock() + timedelta(seconds=seconds)
        disk |= {"access": {"grant": uuid4().hex, "until": until.isoformat()}}
        disk["properties"]["diskState"] = "ActiveSAS"
        self._world.store.put(disk)
        return self._later(asked, {"accessSAS": sas(self._world, disk)})

    def end_access(self, asked: Asked) -> Reply:
        """202, then no SAS of the disk is good any more."""
        disk = self._found(asked, asked.id.rpartition("/")[0])
        disk.pop("access", None)
        disk["properties"]["diskState"] = "Attached" if disk.get("managedBy") else "Unattached"
        self._world.store.put(disk)
        return self._later(asked, None)

    def put_snapshot(self, asked: Asked) -> Reply:
        """202 and then a copy of the disk, new or replaced."""
        body = as_object(asked.body)
        if asked.names["group"].lower() not in self._world.groups:
            raise missing_group(asked)
        refuse_nulls(body)
        source = ((body.get("properties") or {}).get("creationData") or {}).get("sourceResourceId", "")
        size = self._found(asked, source)["properties"]["diskSizeGB"]
        state = managed_disk(self._world, asked.id, body["properties"] | {"diskSizeGB": size})
        state |= {"tags": body["tags"]} if body.get("tags") else {}
        self._world.store.put(state | {"properties": state["properties"] | {"provisioningState": "Updating"}})
        operation = self._world.operations.begin(asked.id, self._world.delays.operation, lambda: self._finish(asked.id))
        return Reply(202, _shown(self._world.store.read(asked.id) or state), disk_following(self._world, operation))

    def delete_snapshot(self, asked: Asked) -> Reply:
        """202, then gone; 204 when it was not there."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id)
        return self._later(asked, None)

    def _finish(self, resource: str) -> Json | None:
        state = self._world.store.read(resource)
        if state is None:
            return None
        state["properties"]["provisioningState"] = "Succeeded"
        self._world.store.amend(state)
        return _shown(state)

    def _later(self, asked: Asked, result: Json | None) -> Reply:
        operation = self._world.operations.begin(asked.id, self._world.delays.operation, lambda: result)
        return Reply(202, None, disk_following(self._world, operation))

    def _found(self, asked: Asked, resource: str) -> Json:
        disk = self._world.store.read(resource)
        if disk is None:
            raise missing_resource(asked.with_(id=resource), self._world.groups)
        return disk


class Exports:
    """Where a SAS leads: `/disk/{resource id}?sig=...`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, asked: Asked) -> Reply:
        """The disk's content, as long as its SAS is good.

        Raises RefusalError 403.
        """
        disk = self._world.store.read(asked.path.partition("/disk")[2])
        access = (disk or {}).get("access")
        if disk is None or access is None or not self._is_good(access, asked.query.get("sig", "")):
            raise RefusalError(403, "AuthenticationFailed", "Server failed to authenticate the request.")
        return Reply(200, bytes(4096), content_type="application/octet-stream")

    def _is_good(self, access: Json, found: str) -> bool:
        is_alive = self._world.clock() < datetime.fromisoformat(access["until"])
        return is_alive and compare_digest(_signature(access), found)


def managed_disk(world: World, resource: str, properties: Json) -> Json:
    """A disk or snapshot as Compute describes it, of 128 GiB unless told otherwise."""
    known = {
        "provisioningState": "Succeeded",
        "timeCreated": world.stamp(),
        "uniqueId": str(uuid5(NAMESPACE_URL, resource.lower())),
        "diskState": "Unattached",
        "diskSizeGB": 128,
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
    }
    kind = SNAPSHOT if "/snapshots/" in resource.lower() else DISK
    named = {"id": resource, "name": name_of(resource), "type": kind, "location": LOCATION}
    return named | {"sku": {"name": "Standard_LRS", "tier": "Standard"}, "properties": known | properties}


def disk_following(world: World, operation: Operation) -> dict[str, str]:
    """The headers by which an operation of Compute is followed: one address, with `monitor` for its result."""
    base = f"{world.url}{world.scope}/providers/{NAMESPACE}/locations/{LOCATION}/DiskOperations/{operation.id}"
    query = f"api-version={VERSION}"
    told = {"Azure-AsyncOperation": f"{base}?{query}", "Location": f"{base}?monitor=true&{query}"}
    return told | {"Retry-After": retry_after(world)}


def sas(world: World, disk: Json) -> str:
    """The address under which the disk can be exported now."""
    return f"{world.url}/disk{disk['id']}?sv=2018-03-28&sr=b&sig={_signature(disk['access'])}"


def _signature(access: Json) -> str:
    return urlsafe_b64encode(digest(_SEED, str(access["grant"]).encode(), "sha256")).decode().rstrip("=")


def _refuse_closed(disk: Json) -> None:
    if disk["properties"]["networkAccessPolicy"] == "DenyAll":
        message = "Disk or snapshot export is not allowed by its network access policy."
        raise RefusalError(409, "OperationNotAllowed", message)
    if disk["properties"]["diskState"] == "Attached":
        message = f"Disk {disk['name']} is attached to a running VM: access cannot be granted."
        raise RefusalError(409, "OperationNotAllowed", message)


def _shown(disk: Json) -> Json:
    return {name: value for name, value in disk.items() if name != "access"}
