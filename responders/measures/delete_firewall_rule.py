"""Delete the firewall rule that lets anybody reach a database server (SQL-03b)."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Measure, Proof, absent, anybody, read_or_absent

ENDS = ("startIpAddress", "endIpAddress")


def contain(rule: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("DELETE", rule.resource)

    return () if absent(before) else (Call("delete the firewall rule", send),)


async def verify(cloud: Cloud, rule: Target) -> Proof:
    """The rule is gone."""
    now = await read_or_absent(cloud, rule)
    return Proof.of(now, gone=absent(now))


def undo(rule: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the rule as it stood."""

    async def send(cloud: Cloud) -> None:
        ends = {name: before.properties[name] for name in ENDS}
        await cloud.arm.write("PUT", rule.resource, {"properties": ends})

    return () if absent(before) else (Call("restore the firewall rule", send),)


MEASURE = Measure(
    id="delete_firewall_rule",
    code="SQL-03b",
    title="Delete the firewall rule that lets anybody in",
    target="microsoft.sql/servers/firewallrules",
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Whoever came in by this rule alone gets no new connection. Sessions that are open stay open.",
    permissions=(
        CONTAIN("Microsoft.Sql/servers/firewallRules/delete"),
        CONTAIN("Microsoft.Sql/servers/firewallRules/write"),
        READ("Microsoft.Sql/servers/firewallRules/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
)
