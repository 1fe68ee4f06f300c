"""Make the safe key known to a database server (SQL-01a): on every server, before any of them is protected by it."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.encryption import EXPOSED, PROTECTOR, SAFE, add, below, exposed, guard, read
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, Proof, nothing


def contain(protector: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless the server knows it or needs none: no key of the exposed vault protects its databases."""
    needed = exposed(protector, before) and not before.body["known"]
    return (Call("add the safe key", add(protector, before)),) if needed else ()


async def verify(cloud: Cloud, protector: Target) -> Proof:
    """The server knows the key, or needs none."""
    now = await read(cloud, protector)
    return Proof.of(now, known=now.body["known"] or not exposed(protector, now))


def undo(_protector: Target, _before: Before) -> Irreversible:
    """It protects nothing by being known, and backups that were made in between need it."""
    return Irreversible("the server goes on knowing the key: backups that were made under it need it")


MEASURE = Measure(
    id="add_tde_key",
    code="SQL-01a",
    title="Make the safe key known to the database server",
    target=PROTECTOR,
    activity="harden",
    approval=Approval.A2,
    recovery=Recovery.SELF,
    blast_radius="Nothing stops. The key must stay as long as a backup under it is kept.",
    permissions=(
        CONTAIN("Microsoft.Sql/servers/keys/write"),
        READ("Microsoft.Sql/servers/keys/read"),
        READ("Microsoft.Sql/servers/encryptionProtector/read"),
        READ("Microsoft.KeyVault/vaults/keys/read"),
        READ("Microsoft.KeyVault/vaults/read"),
    ),
    guard=guard,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=below(SAFE, EXPOSED),
)
