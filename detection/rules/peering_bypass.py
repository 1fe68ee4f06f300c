"""A peering that lets another network past the groups that guard PHI subnets (P-5)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from detection.claim import Claim
from detection.corroboration import BEFORE, KEPT, dated
from detection.facts import Facts, Read
from detection.fields import text
from detection.judgement import Case, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, operated, phi, untagged
from incident.finding import Made
from incident.policy import Policy
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

NETWORK = "microsoft.network/virtualnetworks"
PEERING = f"{NETWORK}/virtualnetworkpeerings"
WRITE = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write"
PEERINGS = "virtualNetworkPeerings"
OPENINGS = ("allowVirtualNetworkAccess", "allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways")


def around(signal: Signal, network: ResourceId, facts: Facts) -> tuple[Read, ...]:
    """The network's peerings, and who made those that are named; then the groups of its subnets: denials go there."""
    return (Read(network, PEERINGS), *history(signal), *map(Read, groups(facts.one(network))))


def history(signal: Signal) -> tuple[Read, ...]:
    """What the activity log says of the peerings that a signal of a write names."""
    named = (each for each in signal.resources if each.type == PEERING) if signal.operation else ()
    since = max(signal.earliest - BEFORE, signal.received_at - KEPT)
    return tuple(Read(each, since=since) for each in named)


def made(foreign: Sequence[ResourceId], case: Case) -> Made | None:
    """When the first of them was created, and who created them: None unless a record tells of every one.

    A later write of one that has long been there is no creation: nobody knows who relies on it.
    """
    known = {read.resource: _created(case.facts.every(read) or ()) for read in history(case.signal)}
    told = [each for peering in foreign if (each := known.get(peering))]
    if not told or len(told) < len(foreign):
        return None
    return Made(at=min(each.at for each in told), by=tuple(dict.fromkeys(by for each in told for by in each.by)))


def _created(records: Iterable[Before]) -> Made | None:
    """The latest creation: what answered 201, whether the log has its end or only that it was accepted."""
    shown = (dated(each) for each in records if _creates(each.body))
    return max((each for each in shown if each), key=lambda each: each.at, default=None)


def _creates(record: Mapping[str, Any]) -> bool:
    code = text(record, "properties", "statusCode") or text(record, "subStatus", "value")
    operation = text(record, "operationName", "value") or ""
    succeeded = text(record, "status", "value") in ("Accepted", "Succeeded")
    return succeeded and code == "Created" and operation.casefold() == WRITE.casefold()


def guarding(network: ResourceId, facts: Facts) -> tuple[ResourceId, ...]:
    """The groups that guard the network's subnets: PHI behind one of them is PHI in the network."""
    return groups(facts.one(network))


def groups(network: Before | None) -> tuple[ResourceId, ...]:
    """The network security groups of the network's subnets."""
    subnets = (network.properties.get("subnets") if network else None) or ()
    attached = ((subnet.get("properties") or {}).get("networkSecurityGroup") for subnet in subnets)
    return tuple(dict.fromkeys(ResourceId(str(group["id"])) for group in attached if group and group.get("id")))


def look(case: Case) -> Seen:
    """Seen: a peering that is not among those the policy approves, by its own id or its remote network's."""
    listed = case.facts.below(case.place, PEERINGS)
    if listed is None:
        return Unsure("the network's peerings could not be listed")
    foreign = [each for each in listed if _open(each) and not approved(each, case.policy)]
    if not foreign:
        return Harmless("every open peering of the network is approved")
    ids = tuple(ResourceId(str(each.body["id"])) for each in foreign)
    prefixes = ", ".join(dict.fromkeys(prefix for each in foreign for prefix in _prefixes(each)))
    return Shown(
        f"the peering {', '.join(each.name for each in ids)} was never approved",
        (*ids, *(group for group in groups(case.state) if case.facts.one(group))),
        ("live peerings of the network",),
        {"prefixes": prefixes} if prefixes else {},
        made(ids, case),
    )


def approved(peering: Before, policy: Policy) -> bool:
    """Whether the policy lists the peering, or the network that it leads to."""
    remote = (peering.properties.get("remoteVirtualNetwork") or {}).get("id")
    ids = {ResourceId(str(each)) for each in (peering.body.get("id"), remote) if each}
    return any(ResourceId(each) in ids for each in policy.approved_peerings)


def _open(peering: Before) -> bool:
    return any(peering.properties.get(name) is True for name in OPENINGS)


def _prefixes(peering: Before) -> tuple[str, ...]:
    for name in ("remoteVirtualNetworkAddressSpace", "remoteAddressSpace"):
        if found := (peering.properties.get(name) or {}).get("addressPrefixes"):
            return tuple(map(str, found))
    return ()


_N = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/hospital"
_G = f"{PROVIDERS}/Microsoft.Network/networkSecurityGroups/wards"
_HUB = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/hub"
_EVENT = operated(WRITE, f"{_N}/{PEERINGS}/shadow")
_SUBNETS = [{"properties": {"networkSecurityGroup": {"id": _G}}}]
_OPENED = {"allowVirtualNetworkAccess": True, "remoteAddressSpace": {"addressPrefixes": ["10.66.0.0/16"]}}
_SHADOW = {
    "id": f"{_N}/{PEERINGS}/shadow",
    "properties": _OPENED | {"remoteVirtualNetwork": {"id": "/subscriptions/x/shadow"}},
}
_TO_HUB = {"id": f"{_N}/{PEERINGS}/hub", "properties": _OPENED | {"remoteVirtualNetwork": {"id": _HUB}}}
_SHUT = _SHADOW | {"properties": {"allowVirtualNetworkAccess": False}}

RULE = Rule(
    id="network.peering_bypass",
    title="Network peered past the groups that guard PHI",
    attack=("T1599", "T1021", "T1562.007"),
    hipaa=("45 CFR 164.312(e)(1)", "45 CFR 164.312(a)(1)", "45 CFR 164.308(a)(4)"),
    claim=Claim(
        operations=(
            WRITE,
            "Microsoft.Network/virtualNetworks/peer/action",
        )
    ),
    place=nearest(NETWORK),
    kin=guarding,
    more=around,
    look=look,
    patience=PATIENCE,
    examples=(
        Example(
            title="a PHI network was peered with one that nobody approved",
            signal=_EVENT,
            state={"": phi(_N, subnets=_SUBNETS), PEERINGS: (_SHADOW, _TO_HUB), _G: untagged(_G)},
            disposition="contain",
            because=(
                ("operation",),
                ("resources",),
                ("", "tags"),
                (PEERINGS, 0),
                (PEERINGS, 0, "properties", "allowVirtualNetworkAccess"),
            ),
        ),
        Example(
            title="the policy approves the hub",
            signal=_EVENT,
            state={"": phi(_N), PEERINGS: (_TO_HUB,)},
            disposition="record",
        ),
        Example(
            title="the peering lets nothing through",
            signal=_EVENT,
            state={"": phi(_N), PEERINGS: (_SHUT,)},
            disposition="record",
        ),
        Example(
            title="nothing says that the network holds PHI",
            signal=_EVENT,
            state={"": untagged(_N), PEERINGS: (_SHADOW,)},
            disposition="record",
        ),
        Example(
            title="only the group of one of its subnets says that there is PHI",
            signal=_EVENT,
            state={"": untagged(_N, subnets=_SUBNETS), PEERINGS: (_SHADOW,), _G: phi(_G)},
            disposition="contain",
            because=(("operation",), ("resources",), (_G, "tags"), (PEERINGS, 0)),
        ),
        Example(title="the network cannot be read", signal=_EVENT, disposition="review"),
    ),
)
