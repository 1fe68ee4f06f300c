"""Delete a peering with a hostile network (NW-06), closed first, so that nothing passes while Azure works on it."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, PEERING, READ, Call, Irreversible, Measure, Proof, Send, absent, read_or_absent
from responders.peerings import ALLOWED, approved, put


def contain(peering: Target, before: Before) -> tuple[Call, ...]:
    """One PUT that closes it where it is open, one DELETE; nothing where it is gone."""
    if absent(before):
        return ()
    shut = (Call("close the peering", put(peering, before, **dict.fromkeys(ALLOWED, False))),)
    still_open = any(before.properties.get(name) is True for name in ALLOWED)
    return (*(shut if still_open else ()), Call("delete the peering", _delete(peering)))


def _delete(peering: Target) -> Send:
    network = peering.resource.parent or peering.resource

    async def send(cloud: Cloud) -> None:
        peerings = cloud.network(network.subscription).virtual_network_peerings
        await peerings.begin_delete(network.group, network.name, peering.resource.name, polling=False)

    return send


async def verify(cloud: Cloud, peering: Target) -> Proof:
    """It is gone, and its network lists it no more."""
    now = await read_or_absent(cloud, peering)
    listed = await cloud.arm.children(peering.resource.parent or peering.resource, "virtualNetworkPeerings")
    names = [str(one.body.get("id")).casefold() for one in listed]
    return Proof.of(now, gone=absent(now), unlisted=peering.resource.key not in names)


def undo(_peering: Target, before: Before) -> tuple[Call, ...] | Irreversible:
    """The other side shows `Disconnected` and lets nobody connect again until it is made anew too."""
    if absent(before):
        return ()
    return Irreversible("both sides of the peering must be made anew, by whoever owns them, from the recorded state")


MEASURE = Measure(
    id="delete_peering",
    code="NW-06",
    title="Delete the peering",
    target=PEERING,
    activity="isolate",
    approval=Approval.A2,
    recovery=Recovery.NONE,
    blast_radius="The two networks are no longer connected. To undo it both sides must be made again; the "
    "other side may not be ours.",
    permissions=(
        CONTAIN("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write"),
        CONTAIN("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete"),
        CONTAIN("Microsoft.Network/virtualNetworks/peer/action"),
        READ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read"),
        READ("Microsoft.Network/locations/operations/read"),
    ),
    guard=approved,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
)
