"""Where a packet of a machine goes: the routes of its subnet's table, then Azure's own.

The longest prefix wins, and of equal ones the table's. Routing is judged for every packet, so that a change reaches
live connections, too. A peered network is routed to while both sides' peerings are Connected, whatever their flags
say: `allowVirtualNetworkAccess` only takes it out of the tag VirtualNetwork (learn.microsoft.com, peering overview).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from drills.estate.ids import is_within
from drills.estate.packets import PRIVATE
from drills.estate.wire import Json
from drills.estate.world import World

VNET = "Microsoft.Network/virtualNetworks"
PEERING = f"{VNET}/virtualNetworkPeerings"


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One route: `kind` as in Azure, `table` the resource id of the route table that it is from."""

    prefix: IPv4Network
    kind: str
    address: str = ""
    name: str = ""
    table: str = ""
    is_active: bool = True


def next_hop(world: World, subnet: Json, address: str) -> Hop:
    """The route that a packet from the subnet to the address takes."""
    host = IPv4Address(address)
    fitting = [hop for hop in routes(world, subnet) if hop.is_active and host in hop.prefix]
    return max(fitting, key=lambda hop: hop.prefix.prefixlen)


def routes(world: World, subnet: Json) -> list[Hop]:
    """Every route of the subnet; Azure's own are inactive where the table has the same prefix."""
    own = list(_table_routes(world, subnet))
    taken = {hop.prefix for hop in own}
    return own + [
        Hop(prefix=prefix, kind=kind, is_active=prefix not in taken) for prefix, kind in _default_routes(world, subnet)
    ]


def _table_routes(world: World, subnet: Json) -> Iterator[Hop]:
    reference = (subnet["properties"].get("routeTable") or {}).get("id", "")
    version = world.store.in_force(reference)
    for route in version.state["properties"]["routes"] if version and version.state else ():
        properties = route["properties"]
        yield Hop(
            prefix=IPv4Network(properties["addressPrefix"], strict=False),
            kind=properties["nextHopType"],
            address=properties.get("nextHopIpAddress", ""),
            name=route["name"],
            table=reference,
        )


def _default_routes(world: World, subnet: Json) -> Iterator[tuple[IPv4Network, str]]:
    network = subnet["id"].rpartition("/subnets/")[0]
    yield from ((prefix, "VnetLocal") for prefix in prefixes(world, network))
    for peering in peerings(world, network):
        remote = peering["properties"]["remoteVirtualNetwork"]["id"]
        yield from ((prefix, "VNetPeering") for prefix in prefixes(world, remote))
    yield IPv4Network("0.0.0.0/0"), "Internet"
    yield from ((block, "None") for block in PRIVATE)


def prefixes(world: World, network: str) -> list[IPv4Network]:
    """The address space of a network."""
    version = world.store.in_force(network)
    space = version.state["properties"]["addressSpace"]["addressPrefixes"] if version and version.state else []
    return [IPv4Network(prefix) for prefix in space]


def peerings(world: World, network: str) -> list[Json]:
    """The network's peerings that are connected, as the data plane has them."""
    every = [one for one in world.store.every_in_force(PEERING) if is_within(one["id"], network)]
    return [one for one in every if one["properties"]["peeringState"] == "Connected"]


def known_space(world: World, network: str) -> list[str]:
    """What the tag VirtualNetwork stands for: the network, and each peered one that may access it."""
    allowed = [one for one in peerings(world, network) if one["properties"]["allowVirtualNetworkAccess"]]
    remotes = [one["properties"]["remoteVirtualNetwork"]["id"] for one in allowed]
    return [str(prefix) for one in (network, *remotes) for prefix in prefixes(world, one)]
