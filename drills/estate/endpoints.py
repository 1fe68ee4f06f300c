"""Private endpoint connections of a storage account, api-version 2023-05-01: who comes in past its network rules.

A rejected connection can be approved again; a deleted one is gone.
"""

from uuid import uuid4

from drills.estate.ids import name_of
from drills.estate.refusals import invalid_value
from drills.estate.service import GROUP, Kind, Route, Service
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

CONNECTION = f"{ACCOUNT}/privateEndpointConnections"
STATE = "privateLinkServiceConnectionState"


def service(world: World) -> Service:
    """Private endpoint connections."""
    connections, path = Connections(world), f"{GROUP}{ACCOUNT}/{{account}}/privateEndpointConnections"
    return Service(
        namespace="Microsoft.Storage",
        api_versions=frozenset({"2023-05-01"}),
        routes=(
            Route("GET", path, connections.every),
            Route("GET", f"{path}/{{connection}}", connections.read),
            Route("PUT", f"{path}/{{connection}}", connections.put),
            Route("DELETE", f"{path}/{{connection}}", connections.delete),
        ),
        kinds={
            CONNECTION.lower(): Kind(
                managed=("properties.provisioningState",),
                defaults={f"properties.{STATE}.description": "", f"properties.{STATE}.actionRequired": "None"},
            )
        },
    )


class Connections:
    """Connections of private endpoints, of whatever subscription these are."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every connection of the account."""
        return Reply(200, {"value": self._world.store.of_type(CONNECTION, asked.id.rpartition("/")[0])})

    def read(self, asked: Asked) -> Reply:
        """The connection."""
        return Reply(200, self._found(asked))

    def put(self, asked: Asked) -> Reply:
        """The connection in the state that was sent; the endpoint behind it stays."""
        connection, sent = self._found(asked), ((asked.body or {}).get("properties") or {}).get(STATE) or {}
        if sent.get("status") not in {"Approved", "Rejected", "Pending"}:
            raise invalid_value("status", sent.get("status"))
        kept = {key: value or "" for key, value in sent.items()}
        connection["properties"][STATE] = {"description": "", "actionRequired": "None"} | kept
        self._world.store.put(connection, self._world.delays.blobs)
        return Reply(200, connection)

    def delete(self, asked: Asked) -> Reply:
        """200 and gone, 204 when it was not there."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id, self._world.delays.blobs)
        return Reply(200)

    def _found(self, asked: Asked) -> Json:
        connection = self._world.store.read(asked.id)
        if connection is None:
            message = f"The private endpoint connection '{asked.names['connection']}' was not found."
            raise RefusalError(404, "PrivateEndpointConnectionNotFound", message)
        return connection


def connection(account: str, endpoint: str, status: str = "Approved") -> Json:
    """A connection of the private endpoint (its resource id) to the account, approved by whoever owns both."""
    name = f"{name_of(account)}.{uuid4()}"
    return {
        "id": f"{account}/privateEndpointConnections/{name}",
        "name": name,
        "type": CONNECTION,
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpoint": {"id": endpoint},
            STATE: {"status": status, "description": "Auto-Approved", "actionRequired": "None"},
        },
    }
