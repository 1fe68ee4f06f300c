"""Delete the backups of what was breached (BK-purge, never by itself): they are evidence, and often the last copy."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import (
    PROTECTED_ITEM,
    Call,
    Irreversible,
    Measure,
    Proof,
    absent,
    anybody,
    nothing,
    read_or_absent,
    wanting,
)


def contain(item: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, for a person to send, unless it is gone."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("DELETE", item.resource)

    return () if absent(before) else (Call("delete the backups", send),)


async def verify(cloud: Cloud, item: Target) -> Proof:
    """They are gone, or will be when soft delete ends."""
    now = await read_or_absent(cloud, item)
    return Proof.of(now, gone=absent(now) or now.properties.get("isScheduledForDeferredDelete") is True)


def undo(_item: Target, _before: Before) -> Irreversible:
    """Nobody can, once soft delete has ended."""
    return Irreversible("deleted backups come back for as long as soft delete keeps them, and by a person's hand alone")


MEASURE = Measure(
    id="purge_backup",
    code="BK-purge",
    title="Delete the backups that hold breached PHI",
    target=PROTECTED_ITEM,
    activity="eradicate",
    approval=Approval.NEVER,
    recovery=Recovery.NONE,
    blast_radius="Nothing can be restored any more. Not before the day of `dispose_after`, and only when counsel has "
    "released every legal hold on the copies in writing.",
    permissions=(),
    guard=anybody,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=wanting(PROTECTED_ITEM, "dispose_after"),
)
