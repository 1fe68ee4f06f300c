"""Route tables, api-version 2024-01-01. A route is part of its table and has no state of its own."""

from ipaddress import ip_network
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from drills.estate.ids import name_of, parent_of
from drills.estate.network import as_object, check_free, stored, updating, without_nulls
from drills.estate.polls import VERSION, following
from drills.estate.refusals import invalid_value, missing_group
from drills.estate.service import GROUP, SUBSCRIPTION, Kind, Route, Service
from drills.estate.topology import SUBNET
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World, new_etag

TABLE = "Microsoft.Network/routeTables"
_HOPS = ("VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "None")


def service(world: World) -> Service:
    """Route tables with their routes."""
    tables, table = RouteTables(world), f"{GROUP}{TABLE}/{{table}}"
    return Service(
        namespace="Microsoft.Network",
        api_versions=frozenset({VERSION}),
        routes=(
            Route("GET", f"{SUBSCRIPTION}{TABLE}", tables.every),
            Route("GET", f"{GROUP}{TABLE}", tables.every),
            Route("GET", table, tables.read),
            Route("PUT", table, tables.put),
            Route("DELETE", table, tables.delete),
            Route("GET", f"{table}/routes", tables.every_route),
            Route("GET", f"{table}/routes/{{route}}", tables.read_route),
            Route("PUT", f"{table}/routes/{{route}}", tables.put_route),
            Route("DELETE", f"{table}/routes/{{route}}", tables.delete_route),
        ),
        kinds={
            TABLE.lower(): Kind(
                managed=("etag", "properties.provisioningState", "properties.subnets", "properties.resourceGuid"),
                defaults={"properties.disableBgpRoutePropagation": False, "tags": {}},
                sorted_by_name=("properties.routes",),
            )
        },
    )


class RouteTables:
    """Route tables."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every table of the subscription or resource group."""
        every = self._world.store.of_type(TABLE, asked.id.rpartition("/providers/")[0])
        return Reply(200, {"value": [self._shown(one) for one in every]})

    def read(self, asked: Asked) -> Reply:
        """The table with its routes and the subnets that it is for."""
        table = self._shown(stored(self._world, asked, asked.id))
        return Reply(200, table, {"ETag": table["etag"]})

    def put(self, asked: Asked) -> Reply:
        """The table replaced whole: 201 for a new one, 200 else."""
        body, existing = as_object(asked.body), self._world.store.read(asked.id)
        if asked.names["group"].lower() not in self._world.groups:
            raise missing_group(asked)
        check_free(self._world, asked, existing)
        sent = without_nulls(body.get("properties") or {})
        table = route_table(asked.id, body.get("location", "eastus2"), sent.get("routes") or [])
        table |= {"tags": body["tags"]} if body.get("tags") else {}
        flag = "disableBgpRoutePropagation"
        table["properties"] |= {flag: sent[flag]} if flag in sent else {}
        operation = updating(self._world, table)
        answered = self._shown(self._world.store.read(asked.id) or table)
        return Reply(200 if existing else 201, answered, following(self._world, operation))

    def delete(self, asked: Asked) -> Reply:
        """202, then gone; refused while a subnet has it, 204 when it was not there."""
        existing = self._world.store.read(asked.id)
        if existing is None:
            return Reply(204)
        if "subnets" in self._shown(existing)["properties"]:
            message = f"Route table {asked.id} is in use and cannot be deleted."
            raise RefusalError(400, "InUseRouteTableCannotBeDeleted", message)
        self._world.store.remove(asked.id, self._world.delays.rules)
        operation = self._world.operations.begin(asked.id, self._world.delays.operation, lambda: None)
        return Reply(202, None, following(self._world, operation, with_location=True))

    def every_route(self, asked: Asked) -> Reply:
        """The table's routes."""
        return Reply(200, {"value": stored(self._world, asked, parent_of(f"{asked.id}/x"))["properties"]["routes"]})

    def read_route(self, asked: Asked) -> Reply:
        """One route."""
        route = self._route(asked, stored(self._world, asked, parent_of(asked.id)))
        if route is None:
            raise RefusalError(404, "NotFound", f"Resource {asked.id} not found.")
        return Reply(200, route, {"ETag": route["etag"]})

    def put_route(self, asked: Asked) -> Reply:
        """The route replaced whole: 201 for a new one, 200 else."""
        table = stored(self._world, asked, parent_of(asked.id))
        existing = self._route(asked, table)
        check_free(self._world, asked, existing, table["id"])
        others = [one for one in table["properties"]["routes"] if one is not existing]
        sent = as_object(asked.body) | {"name": asked.names["route"]}
        table["properties"]["routes"] = routes_of(table["id"], [*others, sent])
        operation = updating(self._world, table)
        answered = self._route(asked, self._world.store.read(table["id"]) or table)
        return Reply(200 if existing else 201, answered, following(self._world, operation))

    def delete_route(self, asked: Asked) -> Reply:
        """202, then gone; 204 when it was not there."""
        table = stored(self._world, asked, parent_of(asked.id))
        existing = self._route(asked, table)
        if existing is None:
            return Reply(204)
        check_free(self._world, asked, existing, table["id"])
        table["properties"]["routes"] = [one for one in table["properties"]["routes"] if one is not existing]
        return Reply(202, None, following(self._world, updating(self._world, table), with_location=True))

    def _route(self, asked: Asked, table: Json) -> Json | None:
        wanted = asked.names["route"].lower()
        routes: list[Json] = table["properties"]["routes"]
        return next((route for route in routes if route["name"].lower() == wanted), None)

    def _shown(self, table: Json) -> Json:
        every = self._world.store.of_type(SUBNET)
        used = [{"id": one["id"]} for one in every if _table_of(one) == table["id"].lower()]
        return table | {"properties": table["properties"] | ({"subnets": used} if used else {})}


def route_table(resource: str, location: str, routes: list[Any]) -> Json:
    """A route table as Network describes it."""
    return {
        "name": name_of(resource),
        "id": resource,
        "etag": new_etag(),
        "type": TABLE,
        "location": location,
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": str(uuid5(NAMESPACE_URL, resource.lower())),
            "routes": routes_of(resource, routes),
        },
    }


def routes_of(table: str, routes: list[Any]) -> list[Json]:
    """The routes as Network stores them.

    Raises RefusalError 400 for a bad prefix or hop, or for two routes to one prefix.
    """
    whole = [_route_of(table, as_object(route)) for route in routes]
    sent = [route["properties"]["addressPrefix"] for route in whole]
    if len(set(sent)) < len(sent):
        raise RefusalError(400, "RouteConflict", "Routes of one table cannot have the same AddressPrefix.")
    return sorted(whole, key=lambda route: str(route["name"]).lower())


def _route_of(table: str, route: Json) -> Json:
    properties = without_nulls(route.get("properties") or {})
    try:
        ip_network(properties.get("addressPrefix", ""))
    except ValueError:
        raise invalid_value("addressPrefix", properties.get("addressPrefix")) from None
    if properties.get("nextHopType") not in _HOPS:
        raise invalid_value("nextHopType", properties.get("nextHopType"))
    if (properties["nextHopType"] == "VirtualAppliance") != ("nextHopIpAddress" in properties):
        raise invalid_value("nextHopIpAddress", properties.get("nextHopIpAddress"))
    return {
        "name": route["name"],
        "id": f"{table}/routes/{route['name']}",
        "etag": route.get("etag") or new_etag(),
        "type": f"{TABLE}/routes",
        "properties": {"hasBgpOverride": False, "provisioningState": "Succeeded"} | properties,
    }


def _table_of(subnet: Json) -> str:
    return str((subnet["properties"].get("routeTable") or {}).get("id", "")).lower()
