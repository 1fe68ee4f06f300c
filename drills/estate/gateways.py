"""Ways out to the Internet, api-version 2024-01-01: NAT gateways and public addresses, read and written whole."""

from collections.abc import Iterable

from drills.estate.ids import name_of
from drills.estate.network import Reads, as_object, check_free, updating, without_nulls
from drills.estate.polls import VERSION, following
from drills.estate.refusals import missing_group
from drills.estate.service import GROUP, SUBSCRIPTION, Kind, Right, Route, Service
from drills.estate.wire import Asked, Json, Reply
from drills.estate.world import LOCATION, World, new_etag

NAT = "Microsoft.Network/natGateways"
PUBLIC = "Microsoft.Network/publicIPAddresses"


def service(world: World) -> Service:
    """NAT gateways and public addresses."""
    reads, gateways = Reads(world), Gateways(world)
    routes = [
        route
        for kind in (NAT, PUBLIC)
        for route in (
            Route("GET", f"{SUBSCRIPTION}{kind}", reads.every),
            Route("GET", f"{GROUP}{kind}", reads.every),
            Route("GET", f"{GROUP}{kind}/{{name}}", reads.read),
            Route("PUT", f"{GROUP}{kind}/{{name}}", gateways.put),
            Route("DELETE", f"{GROUP}{kind}/{{name}}", gateways.delete),
        )
    ]
    managed = ("etag", "properties.provisioningState", "properties.subnets", "properties.ipAddress")
    kinds = {kind.lower(): Kind(managed=managed, defaults={"tags": {}}) for kind in (NAT, PUBLIC)}
    return Service(
        namespace="Microsoft.Network",
        api_versions=frozenset({VERSION}),
        routes=tuple(routes),
        linked=addresses_joined,
        kinds=kinds,
    )


def addresses_joined(asked: Asked) -> Iterable[Right]:
    """Each public address of a NAT gateway wants a right of its own."""
    properties = asked.body.get("properties") or {} if asked.method == "PUT" and isinstance(asked.body, dict) else {}
    for address in properties.get("publicIpAddresses") or []:
        yield Right(f"{PUBLIC}/join/action", address["id"])


class Gateways:
    """NAT gateways and public addresses."""

    def __init__(self, world: World) -> None:
        self._world = world

    def put(self, asked: Asked) -> Reply:
        """The resource replaced whole: 201 for a new one, 200 else."""
        body, existing = as_object(asked.body), self._world.store.read(asked.id)
        if asked.names["group"].lower() not in self._world.groups:
            raise missing_group(asked)
        check_free(self._world, asked, existing)
        state = gateway(asked.id, without_nulls(body.get("properties") or {}))
        state |= {name: body[name] for name in ("sku", "tags", "zones") if body.get(name)}
        operation = updating(self._world, state)
        answered = self._world.store.read(asked.id) or state
        return Reply(200 if existing else 201, answered, following(self._world, operation))

    def delete(self, asked: Asked) -> Reply:
        """202, then gone; 204 when it was not there."""
        if self._world.store.read(asked.id) is None:
            return Reply(204)
        self._world.store.remove(asked.id, self._world.delays.rules)
        operation = self._world.operations.begin(asked.id, self._world.delays.operation, lambda: None)
        return Reply(202, None, following(self._world, operation, with_location=True))


def gateway(resource: str, properties: Json) -> Json:
    """A NAT gateway or public address as Network describes it."""
    kind = NAT if "/natGateways/" in resource else PUBLIC
    given = {"ipAddress": "203.0.113.200"} if kind == PUBLIC else {}
    sku = {"name": "Standard"} | ({} if kind == NAT else {"tier": "Regional"})
    return {
        "name": name_of(resource),
        "id": resource,
        "etag": new_etag(),
        "type": kind,
        "location": LOCATION,
        "sku": sku,
        "properties": {"provisioningState": "Succeeded"} | given | properties,
    }
