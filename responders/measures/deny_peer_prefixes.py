"""Deny the other network's prefixes, in and out, whatever the peering allows, and end live flows (NW-01b with NW-03).

Closing a peering only changes what the tag VirtualNetwork means; a rule that names the prefix would still let it pass.
"""

from ipaddress import ip_network

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.flows import ASKING, denied, host_in
from responders.measure import CONTAIN, READ, SECURITY_GROUP, Call, Measure, Proof, Refusal, read_raw, wanting
from responders.security_rules import Rule, flushes, governs_reserved, in_front, lead, put, rule, rules_of


def guard(group: Target, before: Before, policy: Policy) -> Refusal | None:
    """What is no prefix, or holds the forensic subnet, cannot be denied."""
    try:
        prefixes = [ip_network(prefix, strict=False) for prefix in _prefixes(group)]
    except ValueError as fault:
        return Refusal(f"the other network's prefixes cannot be read: {fault}")
    forensic = policy.forensics.get("prefix")
    if forensic and any(prefix.overlaps(ip_network(forensic)) for prefix in prefixes):
        return Refusal("the other network's prefixes hold the forensic subnet")
    return governs_reserved(group, before, policy)


def contain(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the whole group, unless both denies lead and flows are flushed."""
    if lead(before, ours(group)) and flushes(before):
        return ()
    rules = in_front(rules_of(before), ours(group))
    return (Call("deny the other network and flush live flows", put(group, before, rules, flush=True)),)


def ours(group: Target) -> tuple[Rule, Rule]:
    """The two denies."""
    name, prefixes = f"hir-{group.incident}-deny-peer", _prefixes(group)
    return (
        rule(f"{name}-in", "Deny", "Inbound", sourceAddressPrefixes=prefixes),
        rule(f"{name}-out", "Deny", "Outbound", destinationAddressPrefixes=prefixes),
    )


async def verify(cloud: Cloud, group: Target) -> Proof:
    """Both denies lead, and Network Watcher denies packets from and to every one of the prefixes."""
    now = await cloud.arm.read(group.resource)
    hosts = [host_in(prefix) for prefix in _prefixes(group)]
    verdicts = [await denied(cloud, now, way, host) for host in hosts for way in ("Inbound", "Outbound")]
    return Proof.of(
        now,
        denies_lead=lead(now, ours(group)),
        flows_flushed=flushes(now),
        settled=now.properties.get("provisioningState") == "Succeeded",
        peer_unreachable=None if None in verdicts else all(verdicts),
    )


def undo(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the rules as they stood."""
    return (Call("restore the rules as they stood", put(group, before, rules_of(before), flush=flushes(before))),)


def _prefixes(group: Target) -> list[str]:
    return sorted(filter(None, group.parameters["prefixes"].replace(" ", "").split(",")))


MEASURE = Measure(
    id="deny_peer_prefixes",
    code="NW-01b",
    title="Deny the other network's prefixes and end live flows",
    target=SECURITY_GROUP,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Nothing passes between this subnet and the other network any more, whatever rules or peerings say.",
    permissions=(
        CONTAIN("Microsoft.Network/networkSecurityGroups/write"),
        READ("Microsoft.Network/networkSecurityGroups/read"),
        *ASKING,
    ),
    guard=guard,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    follows=wanting(SECURITY_GROUP, "prefixes"),
)
