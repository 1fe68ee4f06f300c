"""Stop backing up what was breached, and keep every recovery point (BK-03): breached copies multiply no more."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, PROTECTED_ITEM, READ, Call, Measure, Proof, Send, anybody, read_raw

STOPPED = ("ProtectionStopped", "BackupsSuspended")


def contain(item: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless it is stopped."""
    return () if _stopped(before) else (Call("stop the backups", _put(item, before, protectionState=STOPPED[0])),)


async def verify(cloud: Cloud, item: Target) -> Proof:
    """Nothing is backed up any more."""
    now = await cloud.arm.read(item.resource)
    return Proof.of(now, stopped=_stopped(now))


def undo(item: Target, before: Before) -> tuple[Call, ...]:
    """One PUT with the policy that held, where it was backed up."""
    held = str(before.properties.get("policyId") or "")
    return () if _stopped(before) else (Call("back up as before", _put(item, before, policyId=held)),)


def _put(item: Target, before: Before, **what: str) -> Send:
    """One PUT of what is protected, and what becomes of it."""
    named = {name: before.properties.get(name) for name in ("protectedItemType", "sourceResourceId")}

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", item.resource, {"properties": {**named, **what}})

    return send


def own(state: Before) -> Mapping[str, Any]:
    """Whether it is stopped."""
    return {"stopped": _stopped(state)}


def _stopped(state: Before) -> bool:
    return state.properties.get("protectionState") in STOPPED


MEASURE = Measure(
    id="stop_backup",
    code="BK-03",
    title="Stop the backups and keep what there is",
    target=PROTECTED_ITEM,
    activity="contain",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="What happens from now on cannot be restored. Every recovery point stays, without an end, and is paid "
    "for.",
    permissions=(
        CONTAIN("Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/write"),
        READ("Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read"),
        READ(
            "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/operationsStatus/read"
        ),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
