"""Take from a peering everything that it allows (NW-05): it stays, and can be opened again.

It is no full cut: a rule that names the other network's prefix still lets it pass (see `deny_peer_prefixes`). The other
side, where it is ours, is a step of its own.
"""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, PEERING, READ, Call, Measure, Proof, read_raw
from responders.peerings import ALLOWED, approved, put


def contain(peering: Target, before: Before) -> tuple[Call, ...]:
    """One conditional PUT, unless nothing is allowed."""
    shut = dict.fromkeys(ALLOWED, False)
    return (Call("close the peering", put(peering, before, **shut)),) if _open(before) else ()


async def verify(cloud: Cloud, peering: Target) -> Proof:
    """Nothing is allowed, as the peering says itself and as its network says."""
    now = await cloud.arm.read(peering.resource)
    listed = await cloud.arm.children(peering.resource.parent or peering.resource, "virtualNetworkPeerings")
    same = [one for one in listed if str(one.body.get("id")).casefold() == peering.resource.key]
    return Proof.of(
        now,
        nothing_allowed=not _open(now),
        network_agrees=bool(same) and not any(_open(one) for one in same),
        settled=now.properties.get("provisioningState") == "Succeeded",
    )


def undo(peering: Target, before: Before) -> tuple[Call, ...]:
    """One conditional PUT of what was allowed."""
    return (Call("open the peering again", put(peering, before)),) if _open(before) else ()


def _open(state: Before) -> bool:
    return any(state.properties.get(name) is True for name in ALLOWED)


MEASURE = Measure(
    id="close_peering",
    code="NW-05",
    title="Close the peering",
    target=PEERING,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="What rules allow between the two networks by the tag VirtualNetwork stops, gateways behind "
    "the peering included: names, directory and firewall of a hub too.",
    permissions=(
        CONTAIN("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write"),
        CONTAIN("Microsoft.Network/virtualNetworks/peer/action"),
        READ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read"),
        READ("Microsoft.Network/locations/operations/read"),
    ),
    guard=approved,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
)
