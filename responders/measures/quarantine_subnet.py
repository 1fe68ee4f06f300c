"""Let nothing in or out of the subnets behind a security group but for the forensic subnet (NW-02 with NW-03).

Nothing can stand before 100, so the forensic exceptions take 100 and the denies 101. Private endpoints may not be
covered, and 168.63.129.16 and 169.254.169.254 never are.
"""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.flows import ASKING, denied, host_in
from responders.measure import CONTAIN, READ, SECURITY_GROUP, Call, Measure, Proof, read_raw, wanting
from responders.security_rules import Rule, flushes, governs_reserved, in_front, lead, put, rule, rules_of

DOORS = ["22", "3389", "443"]


def contain(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the whole group, unless our rules lead and flows are flushed."""
    if lead(before, ours(group)) and flushes(before):
        return ()
    rules = in_front(rules_of(before), ours(group))
    return (Call("quarantine the subnet and flush live flows", put(group, before, rules, flush=True)),)


def ours(group: Target) -> tuple[Rule, ...]:
    """Per direction the forensic exception, then the deny of everything."""
    name, forensic = f"hir-{group.incident}", group.parameters["forensic_prefix"]
    doors = {"destinationPortRanges": DOORS, "protocol": "Tcp"}
    return (
        rule(f"{name}-forensic-in", "Allow", "Inbound", sourceAddressPrefix=forensic, **doors),
        rule(f"{name}-quarantine-in", "Deny", "Inbound"),
        rule(f"{name}-forensic-out", "Allow", "Outbound", destinationAddressPrefix=forensic),
        rule(f"{name}-quarantine-out", "Deny", "Outbound"),
    )


async def verify(cloud: Cloud, group: Target) -> Proof:
    """Our rules lead; Network Watcher denies a stranger both ways and lets the forensic subnet in."""
    now = await cloud.arm.read(group.resource)
    shut = await denied(cloud, now, "Inbound", host_in(group.parameters["forensic_prefix"]))
    return Proof.of(
        now,
        quarantine_leads=lead(now, ours(group)),
        flows_flushed=flushes(now),
        settled=now.properties.get("provisioningState") == "Succeeded",
        stranger_cannot_enter=await denied(cloud, now, "Inbound"),
        stranger_unreachable=await denied(cloud, now, "Outbound"),
        investigators_enter=None if shut is None else not shut,
    )


def undo(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the rules as they stood."""
    return (Call("restore the rules as they stood", put(group, before, rules_of(before), flush=flushes(before))),)


MEASURE = Measure(
    id="quarantine_subnet",
    code="NW-02",
    title="Quarantine the subnet: only investigators get in",
    target=SECURITY_GROUP,
    activity="isolate",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Every machine on the subnets loses every connection, those of patients' care included. Only "
    "the forensic subnet reaches them.",
    permissions=(
        CONTAIN("Microsoft.Network/networkSecurityGroups/write"),
        READ("Microsoft.Network/networkSecurityGroups/read"),
        *ASKING,
    ),
    guard=governs_reserved,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    follows=wanting(SECURITY_GROUP, "forensic_prefix"),
)
