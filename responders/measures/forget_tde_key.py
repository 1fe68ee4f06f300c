"""Have a database server forget the exposed key (SQL-del, never by itself): backups and logs under it are lost then."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.encryption import EXPOSED, PROTECTOR, below, exposed, read, server_of
from responders.measure import Call, Irreversible, Measure, Proof, anybody, nothing


def contain(protector: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, for a person to send when nothing needs the key any more, where it was of the exposed vault."""
    key = server_of(protector).child("keys", str(before.properties.get("serverKeyName")))

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("DELETE", key)

    return (Call("forget the exposed key", send),) if exposed(protector, before) else ()


async def verify(cloud: Cloud, protector: Target) -> Proof:
    """The databases are protected by another key."""
    now = await read(cloud, protector)
    return Proof.of(now, moved=not exposed(protector, now))


def undo(_protector: Target, _before: Before) -> Irreversible:
    """Whoever has the key's backup can restore it to a vault; the responder cannot."""
    return Irreversible("what was encrypted under a forgotten key cannot be read")


MEASURE = Measure(
    id="forget_tde_key",
    code="SQL-del",
    title="Have the database server forget the exposed key",
    target=PROTECTOR,
    activity="preserve",
    approval=Approval.NEVER,
    recovery=Recovery.NONE,
    blast_radius="Backups and logs that were written under the key cannot be restored by anybody.",
    permissions=(),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=below(EXPOSED),
)
