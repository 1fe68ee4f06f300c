"""Cut a network security group's way out to the Internet, live flows included (NW-01 with NW-03).

Rule and `flushConnection` go in one PUT with If-Match: live flows end, and no two long operations race. The deny must
win: it takes the first free priority from 100 on, and every Allow to the Internet that stands before it is turned to
Deny where it stands, since nothing can be put in front of 100.
"""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.egress import outbound, reaches_internet
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.flows import ASKING, denied
from responders.measure import CONTAIN, READ, SECURITY_GROUP, Call, Measure, Proof, read_raw
from responders.security_rules import FIRST, LAST, flushes, governs_reserved, put, rules_of

EVERYWHERE = ("*", "0.0.0.0/0", "::/0")


def contain(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the whole group, unless our deny stands and flows are flushed already."""
    if _ours(group, before) and flushes(before):
        return ()
    return (
        Call(
            "deny egress to the Internet and flush live flows", put(group, before, _denied(group, before), flush=True)
        ),
    )


async def verify(cloud: Cloud, group: Target) -> Proof:
    """Our rule stands, flows are flushed, and Network Watcher says that a machine there cannot get out."""
    now = await cloud.arm.read(group.resource)
    ours = _ours(group, now)
    return Proof.of(
        now,
        deny_stands=ours is not None and ours["properties"].get("provisioningState", "Succeeded") == "Succeeded",
        flows_flushed=flushes(now),
        settled=now.properties.get("provisioningState") == "Succeeded",
        stranger_unreachable=await denied(cloud, now, "Outbound"),
    )


def undo(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the rules as they stood."""
    return (Call("restore the rules as they stood", put(group, before, rules_of(before), flush=flushes(before))),)


def rule_name(group: Target) -> str:
    """The name of our rule, which names the incident."""
    return f"hir-{group.incident}-deny-out"


def _denied(group: Target, before: Before) -> list[dict[str, Any]]:
    """The rules with our deny at the first free priority, and every Allow to the Internet before it turned to Deny."""
    rules = [rule for rule in rules_of(before) if rule["name"] != rule_name(group)]
    taken = {rule["properties"]["priority"]: rule for rule in rules if outbound(rule)}
    place = next(priority for priority in range(FIRST, LAST + 1) if priority not in taken)
    turned = {taken[priority]["name"] for priority in range(FIRST, place) if reaches_internet(taken[priority])}
    return [_turned(rule) if rule["name"] in turned else rule for rule in rules] + [_deny(group, place)]


def _deny(group: Target, priority: int) -> dict[str, Any]:
    return {
        "name": rule_name(group),
        "properties": {
            "description": f"Containment of incident {group.incident}",
            "priority": priority,
            "direction": "Outbound",
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "Internet",
            "destinationPortRange": "*",
        },
    }


def _turned(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule as a Deny; one that spoke of everywhere speaks of the Internet, so that the inside stays reachable."""
    properties = {**rule["properties"], "access": "Deny"}
    if properties.get("destinationAddressPrefix") in EVERYWHERE:
        properties["destinationAddressPrefix"] = "Internet"
    return {**rule, "properties": properties}


def _ours(group: Target, state: Before) -> Mapping[str, Any] | None:
    """Our rule, where it stands, denies and no Allow to the Internet stands before it."""
    rules = [rule for rule in state.properties.get("securityRules") or () if outbound(rule)]
    ours = next((rule for rule in rules if rule["name"] == rule_name(group)), None)
    if ours is None or ours["properties"].get("access") != "Deny":
        return None
    place = ours["properties"]["priority"]
    beaten = any(rule["properties"]["priority"] < place and reaches_internet(rule) for rule in rules)
    return None if beaten else ours


MEASURE = Measure(
    id="deny_internet_egress",
    code="NW-01",
    title="Deny the subnet's way out to the Internet and end live flows",
    target=SECURITY_GROUP,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Patching, telemetry, sign-in, backup agents and public endpoints of Azure services become "
    "unreachable from the subnet. Private endpoints and traffic inside the network go on.",
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
)
