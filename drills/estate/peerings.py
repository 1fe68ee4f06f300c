"""Peerings of virtual networks, api-version 2024-01-01.

Two networks are connected while each has a peering to the other. When one side goes, the other is Disconnected, and
stays so until it is deleted and made anew.
"""

from collections.abc import Iterable

from drills.estate.ids import name_of
from drills.estate.network import as_object, check_free, marked, stored, updating, without_nulls
from drills.estate.polls import VERSION, following
from drills.estate.refusals import invalid_value
from drills.estate.routing import PEERING, VNET
from drills.estate.service import GROUP, Kind, Right, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World, new_etag

FLAGS = {
    "allowVirtualNetworkAccess": True,
    "allowForwardedTraffic": False,
    "allowGatewayTransit": False,
    "useRemoteGateways": False,
}
_MANAGED = ("provisioningState", "peeringSyncLevel", "remoteAddressSpace", "remoteVirtualNetworkAddressSpace")


def service(world: World) -> Service:
    """Peerings."""
    peerings, path = Peerings(world), f"{GROUP}{VNET}/{{vnet}}/virtualNetworkPeerings"
    return Service(
        namespace="Microsoft.Network",
        api_versions=frozenset({VERSION}),
        routes=(
            Route("GET", path, peerings.every),
            Route("GET", f"{path}/{{peering}}", peerings.read),
            Route("PUT", f"{path}/{{peering}}", peerings.put),
            Route("DELETE", f"{path}/{{peering}}", peerings.delete),
        ),
        linked=remote_joined,
        kinds={
            PEERING.lower(): Kind(
                managed=("etag", *(f"properties.{name}" for name in _MANAGED)),
                defaults={f"properties.{name}": default for name, default in FLAGS.items()},
            )
        },
    )


def remote_joined(asked: Asked) -> Iterable[Right]:
    """Whoever writes a peering must be allowed to peer the remote network."""
    properties = asked.body.get("properties") or {} if asked.method == "PUT" and isinstance(asked.body, dict) else {}
    if remote := (properties.get("remoteVirtualNetwork") or {}).get("id"):
        yield Right(f"{VNET}/peer/action", remote)


class Peerings:
    """Peerings, each stored on its own."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every peering of the network."""
        network = asked.id.rpartition("/")[0]
        stored(self._world, asked, network)
        return Reply(200, {"value": self._world.store.of_type(PEERING, network)})

    def read(self, asked: Asked) -> Reply:
        """The peering."""
        found = stored(self._world, asked, asked.id)
        return Reply(200, found, {"ETag": found["etag"]})

    def put(self, asked: Asked) -> Reply:
        """The peering, new (201) or replaced whole (200); connected when the other side has its own."""
        existing = self._world.store.read(asked.id)
        stored(self._world, asked, asked.id.rsplit("/", 2)[0])
        check_free(self._world, asked, existing)
        state = peering(self._world, asked.id, without_nulls(as_object(asked.body).get("properties") or {}))
        twin = twin_of(self._world, state)
        if twin is not None and twin["properties"]["peeringState"] == "Disconnected":
            message = (
                f"Cannot create or update peering {state['id']} because remote peering {twin['id']} is Disconnected."
            )
            raise RefusalError(400, "RemotePeeringIsDisconnected", message)
        was = existing["properties"]["peeringState"] if existing else "Initiated"
        operation = updating(self._world, connected(state, "Connected" if twin else was))
        if twin is not None:
            self._world.store.put(connected(twin, "Connected"), self._world.delays.rules)
        answered = self._world.store.read(asked.id) or state
        return Reply(200 if existing else 201, answered, following(self._world, operation))

    def delete(self, asked: Asked) -> Reply:
        """202, then gone, and the other side Disconnected; 204 when it was not there."""
        existing = self._world.store.read(asked.id)
        if existing is None:
            return Reply(204)
        check_free(self._world, asked, existing)
        twin = twin_of(self._world, existing)
        self._world.store.remove(asked.id, self._world.delays.rules)
        if twin is not None:
            self._world.store.put(connected(twin, "Disconnected"), self._world.delays.rules)
        operation = self._world.operations.begin(asked.id, self._world.delays.operation, lambda: None)
        return Reply(202, None, following(self._world, operation, with_location=True))


def peering(world: World, resource: str, sent: Json) -> Json:
    """A peering as Network describes it, not connected yet.

    Raises RefusalError 400 for one without a remote network.
    """
    remote = (sent.get("remoteVirtualNetwork") or {}).get("id")
    if not remote:
        raise invalid_value("remoteVirtualNetwork", remote)
    space = (world.store.read(remote) or {"properties": {}})["properties"].get("addressSpace", {"addressPrefixes": []})
    properties = FLAGS | {name: sent[name] for name in FLAGS if name in sent}
    return {
        "name": name_of(resource),
        "id": resource,
        "etag": new_etag(),
        "type": PEERING,
        "properties": properties
        | {
            "provisioningState": "Succeeded",
            "peeringState": "Initiated",
            "peeringSyncLevel": "RemoteNotInSync",
            "remoteVirtualNetwork": {"id": remote},
            "remoteAddressSpace": space,
            "remoteVirtualNetworkAddressSpace": space,
        },
    }


def connected(state: Json, how: str) -> Json:
    """The peering in this peering state."""
    level = "FullyInSync" if how == "Connected" else "RemoteNotInSync"
    changed = {"peeringState": how, "peeringSyncLevel": level}
    return marked(state | {"properties": state["properties"] | changed}, "Succeeded")


def twin_of(world: World, state: Json) -> Json | None:
    """The remote network's peering back."""
    network, remote = state["id"].rsplit("/", 2)[0], state["properties"]["remoteVirtualNetwork"]["id"]
    back = [
        one
        for one in world.store.of_type(PEERING, remote)
        if one["properties"]["remoteVirtualNetwork"]["id"].lower() == network.lower()
    ]
    return back[0] if back else None
