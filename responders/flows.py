"""Network Watcher's verdict on a packet, asked for a real machine: the attacker's view of a network."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

from cloud import Cloud
from incident.resource import ResourceId
from incident.target import Before
from responders.measure import CARD, READ

STRANGER = "203.0.113.9"  # RFC 5737: an address that is nobody's
ASKING = (
    READ("Microsoft.Network/virtualNetworks/subnets/read"),
    READ("Microsoft.Network/networkInterfaces/read"),
    READ("Microsoft.Network/networkWatchers/ipFlowVerify/action"),
    READ("Microsoft.Network/networkWatchers/ipFlowVerify/read"),
    READ("Microsoft.Network/locations/operations/read"),
    READ("Microsoft.Network/locations/operationResults/read"),
)


async def denied(cloud: Cloud, place: Before, direction: str, remote: str = STRANGER, port: str = "443") -> bool | None:
    """Whether a packet between a machine behind the group or subnets and the remote is denied; None without a machine.

    `place` is a security group, route table or network as it was read: what has `networkInterfaces` or `subnets`.
    """
    async for card in machines(cloud, place):
        answer = await cloud.arm.act(watcher(place), "ipFlowVerify", _question(card, direction, remote, port))
        return answer.body.get("access") == "Deny"
    return None


async def machines(cloud: Cloud, place: Before) -> AsyncIterator[Before]:
    """The network cards of machines behind it."""
    async for card in _cards(cloud, place):
        found = await cloud.arm.read(card)
        if found.properties.get("virtualMachine"):
            yield found


def watcher(place: Before) -> ResourceId:
    """The Network Watcher of the region, under the name that Azure gives it."""
    here = ResourceId.parse(place.body["id"])
    return ResourceId(
        f"/subscriptions/{here.subscription}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network"
        f"/networkWatchers/NetworkWatcher_{place.body['location']}"
    )


def host_in(prefix: str) -> str:
    """The first address in a prefix that a host may have."""
    network = ip_network(prefix, strict=False)
    return str(network[1] if network.num_addresses > 2 else network[0])


def _question(card: Before, direction: str, remote: str, port: str) -> dict[str, str]:
    near, far = ("49152", port) if direction == "Outbound" else (port, "49152")
    return {
        "targetResourceId": card.properties["virtualMachine"]["id"],
        "targetNicResourceId": card.body["id"],
        "direction": direction,
        "protocol": "TCP",
        "localIPAddress": card.properties["ipConfigurations"][0]["properties"]["privateIPAddress"],
        "localPort": near,
        "remoteIPAddress": remote,
        "remotePort": far,
    }


async def _cards(cloud: Cloud, place: Before) -> AsyncIterator[ResourceId]:
    """The network cards that are governed directly, then those on the subnets."""
    for card in place.properties.get("networkInterfaces") or ():
        yield ResourceId.parse(card["id"])
    for subnet in place.properties.get("subnets") or ():
        inside = await cloud.arm.read(ResourceId.parse(subnet["id"]))
        for address in inside.properties.get("ipConfigurations") or ():
            if card := ResourceId.parse(address["id"]).climb(CARD):
                yield card
