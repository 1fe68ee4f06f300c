"""Network Watcher's records, api-version 2024-01-01: packet captures of machines and flow logs of networks.

The rights on machine and storage that Network Watcher's documentation names for a capture are not asked for here.
"""

from drills.estate.ids import name_of
from drills.estate.network import as_object, check_free, stored, updating, without_nulls
from drills.estate.polls import VERSION, following
from drills.estate.refusals import invalid_value
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.topology import interface_of
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import LOCATION, World, new_etag

WATCHER = "Microsoft.Network/networkWatchers"
CAPTURE = f"{WATCHER}/packetCaptures"
FLOW_LOG = f"{WATCHER}/flowLogs"


def service(world: World) -> Service:
    """Packet captures and flow logs."""
    captures, logs = Captures(world), FlowLogs(world)
    watcher = f"{GROUP}{WATCHER}/{{watcher}}"
    capture, log = f"{watcher}/packetCaptures", f"{watcher}/flowLogs"
    managed = ("etag", "properties.provisioningState")
    return Service(
        namespace="Microsoft.Network",
        api_versions=frozenset({VERSION}),
        routes=(
            Route("GET", capture, captures.every),
            Route("GET", f"{capture}/{{capture}}", captures.read),
            Route("PUT", f"{capture}/{{capture}}", captures.put),
            Route("DELETE", f"{capture}/{{capture}}", captures.delete),
            Route("POST", f"{capture}/{{capture}}/stop", captures.stop),
            Route("GET", log, captures.every),
            Route("GET", f"{log}/{{log}}", captures.read),
            Route("PUT", f"{log}/{{log}}", logs.put),
            Route("DELETE", f"{log}/{{log}}", captures.delete),
        ),
        kinds={CAPTURE.lower(): Kind(managed=managed), FLOW_LOG.lower(): Kind(managed=managed, defaults={"tags": {}})},
    )


class Captures:
    """Packet captures; what is the same of flow logs is here as well."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every capture, or flow log, of the watcher."""
        kind = CAPTURE if asked.id.lower().endswith("/packetcaptures") else FLOW_LOG
        return Reply(200, {"value": self._world.store.of_type(kind, asked.id.rpartition("/")[0])})

    def read(self, asked: Asked) -> Reply:
        """The capture or flow log."""
        found = stored(self._world, asked, asked.id)
        return Reply(200, found, {"ETag": found["etag"]})

    def put(self, asked: Asked) -> Reply:
        """A new capture (201) of a machine; an existing one is refused."""
        properties = without_nulls(as_object(asked.body).get("properties") or {})
        if not properties.get("target") or not properties.get("storageLocation"):
            raise invalid_value("target", properties.get("target"))
        if interface_of(self._world, properties["target"]) is None:
            raise RefusalError(400, "ResourceNotFound", f"The resource {properties['target']} was not found.")
        if self._world.store.read(asked.id) is not None:
            raise RefusalError(409, "PacketCaptureAlreadyExists", f"Packet capture {asked.id} exists already.")
        defaults = {"bytesToCapturePerPacket": 0, "totalBytesPerSession": 1073741824, "timeLimitInSeconds": 18000}
        capture = described(asked.id, defaults | properties)
        operation = updating(self._world, capture)
        return Reply(201, self._world.store.read(asked.id) or capture, following(self._world, operation))

    def stop(self, asked: Asked) -> Reply:
        """202, then the capture records no more."""
        stored(self._world, asked, asked.id.rpartition("/")[0])
        return self._accepted(asked)

    def delete(self, asked: Asked) -> Reply:
        """202, then gone; what it recorded stays where it was written. 204 when it was not there."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id)
        return self._accepted(asked)

    def _accepted(self, asked: Asked) -> Reply:
        operation = self._world.operations.begin(asked.id, self._world.delays.operation, lambda: None)
        return Reply(202, None, following(self._world, operation, with_location=True))


class FlowLogs:
    """Flow logs of virtual networks; new ones of security groups are refused since 2025-06-30, as in Azure."""

    def __init__(self, world: World) -> None:
        self._world = world

    def put(self, asked: Asked) -> Reply:
        """The flow log, new (201) or replaced whole."""
        body, existing = as_object(asked.body), self._world.store.read(asked.id)
        check_free(self._world, asked, existing)
        properties = without_nulls(body.get("properties") or {})
        if not properties.get("targetResourceId") or not properties.get("storageId"):
            raise invalid_value("targetResourceId", properties.get("targetResourceId"))
        if "/networksecuritygroups/" in properties["targetResourceId"].lower() and existing is None:
            raise RefusalError(400, "NsgFlowLogsRetired", "New NSG flow logs cannot be created. Use VNet flow logs.")
        log = flow_log(asked.id, properties) | ({"tags": body["tags"]} if body.get("tags") else {})
        operation = updating(self._world, log)
        answered = self._world.store.read(asked.id) or log
        return Reply(200 if existing else 201, answered, following(self._world, operation))


def described(resource: str, properties: Json) -> Json:
    """A capture as Network Watcher describes it."""
    name, known = name_of(resource), {"provisioningState": "Succeeded"}
    return {"name": name, "id": resource, "etag": new_etag(), "properties": properties | known}


def flow_log(resource: str, properties: Json) -> Json:
    """A flow log as Network Watcher describes it."""
    defaults = {
        "enabled": True,
        "format": {"type": "JSON", "version": 2},
        "retentionPolicy": {"days": 0, "enabled": False},
    }
    return described(resource, defaults | properties) | {"type": FLOW_LOG, "location": LOCATION}
