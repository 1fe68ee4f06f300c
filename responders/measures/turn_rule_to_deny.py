"""Turn an attacker's own Allow into a Deny where it stands (NW-04): it stays to be seen, and it lets nothing pass."""

from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.flows import ASKING, STRANGER, denied, host_in
from responders.measure import CONTAIN, READ, SECURITY_GROUP, Call, Measure, Proof, Refusal, Send, read_raw
from responders.security_rules import bare

RULE = f"{SECURITY_GROUP}/securityrules"


def guard(_rule: Target, before: Before, _policy: Policy) -> Refusal | None:
    """A Deny of everything inside would cut the network from itself."""
    ends = {str(before.properties.get(f"{end}AddressPrefix")).casefold() for end in ("source", "destination")}
    if ends <= {"virtualnetwork"}:
        return Refusal("the rule speaks of the inside of the network alone")
    return None


def contain(rule: Target, before: Before) -> tuple[Call, ...]:
    """One conditional PUT of the same rule as a Deny, unless it is one."""
    if before.properties.get("access") == "Deny":
        return ()
    return (Call("turn the rule to Deny", put(rule, before, access="Deny")),)


async def verify(cloud: Cloud, rule: Target) -> Proof:
    """It denies, and Network Watcher denies a packet that it spoke of. Without a machine nobody can be asked."""
    now = await cloud.arm.read(rule.resource)
    group = await cloud.arm.read(rule.resource.parent or rule.resource)
    return Proof.of(
        now,
        denies=now.properties.get("access") == "Deny",
        settled=now.properties.get("provisioningState") == "Succeeded",
        packet_denied=await denied(cloud, group, str(now.properties["direction"]), _remote(now), _port(now)),
    )


def undo(rule: Target, before: Before) -> tuple[Call, ...]:
    """One conditional PUT of the rule as it stood."""
    access = before.properties.get("access")
    return () if access == "Deny" else (Call("restore the rule", put(rule, before, access=str(access))),)


def put(rule: Target, state: Before, *, access: str) -> Send:
    """One conditional PUT of the rule with this access, everything else as in `state`."""
    body = bare({"name": rule.resource.name, "properties": {**state.properties, "access": access}})
    group = rule.resource.parent or rule.resource

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import SecurityRule

        rules = cloud.network(group.subscription).security_rules
        place, unchanged = (group.group, group.name, rule.resource.name), {"If-Match": state.etag or "*"}
        await rules.begin_create_or_update(*place, SecurityRule(body), headers=unchanged, polling=False)

    return send


def _remote(rule: Before) -> str:
    """An address that the rule speaks of, on the other side; a stranger's where it speaks of a tag."""
    side = "destination" if str(rule.properties["direction"]).casefold() == "outbound" else "source"
    prefix = rule.properties.get(f"{side}AddressPrefix") or next(iter(rule.properties[f"{side}AddressPrefixes"]), "*")
    return host_in(prefix) if prefix[:1].isdigit() and not prefix.startswith("0.") else STRANGER


def _port(rule: Before) -> str:
    """A port that the rule speaks of."""
    ports: Any = rule.properties.get("destinationPortRange") or next(iter(rule.properties["destinationPortRanges"]))
    return "443" if ports == "*" else str(ports).partition("-")[0]


MEASURE = Measure(
    id="turn_rule_to_deny",
    code="NW-04",
    title="Turn the rule that lets traffic pass into a Deny",
    target=RULE,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="What the rule let pass is denied. Infrastructure as code may put it back.",
    permissions=(
        CONTAIN("Microsoft.Network/networkSecurityGroups/securityRules/write"),
        READ("Microsoft.Network/networkSecurityGroups/securityRules/read"),
        READ("Microsoft.Network/networkSecurityGroups/read"),
        *ASKING,
    ),
    guard=guard,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
)
