"""Send everything for a prefix nowhere (NW-07). Routes count per packet, so live flows end too."""

import re

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.flows import machines
from responders.measure import CONTAIN, READ, Call, Measure, Proof, absent, anybody, read_or_absent

TABLE = "microsoft.network/routetables"
ROUTE = f"{TABLE}/routes"


def contain(route: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of a route of our own, unless it stands."""
    prefix, table = route.parameters["prefix"], _table(route)
    body = {"properties": {"addressPrefix": prefix, "nextHopType": "None"}}

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import Route

        routes = cloud.network(table.subscription).routes
        await routes.begin_create_or_update(table.group, table.name, route.resource.name, Route(body), polling=False)

    return () if _stands(route, before) else (Call("send the prefix nowhere", send),)


async def verify(cloud: Cloud, route: Target) -> Proof:
    """The route stands, and it is among those that a machine behind the table obeys, where there is one."""
    now = await read_or_absent(cloud, route)
    return Proof.of(
        now,
        stands=_stands(route, now),
        settled=now.properties.get("provisioningState") == "Succeeded",
        machines_obey=await _obeyed(cloud, route),
    )


def undo(route: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE of our route."""
    table = _table(route)

    async def send(cloud: Cloud) -> None:
        routes = cloud.network(table.subscription).routes
        await routes.begin_delete(table.group, table.name, route.resource.name, polling=False)

    return () if _stands(route, before) else (Call("take the route away", send),)


async def _obeyed(cloud: Cloud, route: Target) -> bool | None:
    """Whether the effective routes of a machine send the prefix nowhere; None without a machine."""
    async for card in machines(cloud, await cloud.arm.read(_table(route))):
        found = await cloud.arm.act(ResourceId.parse(card.body["id"]), "effectiveRouteTable")
        routes = found.body.get("value") or ()
        return any(
            route.parameters["prefix"] in (one.get("addressPrefix") or ()) and one.get("nextHopType") == "None"
            for one in routes
        )
    return None


def _stands(route: Target, state: Before) -> bool:
    same = state.properties.get("addressPrefix") == route.parameters["prefix"]
    return not absent(state) and same and state.properties.get("nextHopType") == "None"


def _table(route: Target) -> ResourceId:
    return route.resource.climb(TABLE) or route.resource


def follows(named: Target) -> tuple[Target, ...]:
    """A route of our own in the table for each prefix."""
    if named.resource.type != TABLE:
        return ()
    prefixes = filter(None, named.parameters.get("prefixes", "").replace(" ", "").split(","))
    return tuple(
        Target(
            resource=named.resource.child("routes", f"hir-{named.incident}-{re.sub(r'[^0-9a-z]+', '-', prefix)}"),
            incident=named.incident,
            parameters={"prefix": prefix},
        )
        for prefix in prefixes
    )


MEASURE = Measure(
    id="blackhole_route",
    code="NW-07",
    title="Send everything for the prefix nowhere",
    target=ROUTE,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Machines behind the route table no longer reach the prefix, over any path. Private endpoints "
    "and the platform's own addresses go on.",
    permissions=(
        CONTAIN("Microsoft.Network/routeTables/routes/write"),
        CONTAIN("Microsoft.Network/routeTables/routes/delete"),
        READ("Microsoft.Network/routeTables/routes/read"),
        READ("Microsoft.Network/routeTables/read"),
        READ("Microsoft.Network/virtualNetworks/subnets/read"),
        READ("Microsoft.Network/networkInterfaces/read"),
        READ("Microsoft.Network/networkInterfaces/effectiveRouteTable/action"),
        READ("Microsoft.Network/locations/operations/read"),
        READ("Microsoft.Network/locations/operationResults/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
    follows=follows,
)
