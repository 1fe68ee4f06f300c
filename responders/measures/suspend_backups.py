"""Suspend the backups of an instance in a Backup vault, and keep every recovery point (BK-03b)."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import BACKUP_INSTANCE, CONTAIN, READ, Call, Measure, Proof, Send, anybody, read_raw

STOPPED = ("BackupSchedulesSuspended", "RetentionSchedulesSuspended", "ProtectionStopped")


def contain(instance: Target, before: Before) -> tuple[Call, ...]:
    """One POST, unless they are suspended."""
    return () if _stopped(before) else (Call("suspend the backups", _post(instance, "suspendBackups")),)


async def verify(cloud: Cloud, instance: Target) -> Proof:
    """They are suspended."""
    now = await cloud.arm.read(instance.resource)
    return Proof.of(now, suspended=_stopped(now))


def undo(instance: Target, before: Before) -> tuple[Call, ...]:
    """One POST, where they went on."""
    return () if _stopped(before) else (Call("resume the backups", _post(instance, "resumeBackups")),)


def _post(instance: Target, action: str) -> Send:
    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("POST", instance.resource.child(action), {})

    return send


def own(state: Before) -> Mapping[str, Any]:
    """Whether they are suspended."""
    return {"suspended": _stopped(state)}


def _stopped(state: Before) -> bool:
    return state.properties.get("currentProtectionState") in STOPPED


MEASURE = Measure(
    id="suspend_backups",
    code="BK-03b",
    title="Suspend the backups and keep what there is",
    target=BACKUP_INSTANCE,
    activity="contain",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="What happens from now on cannot be restored. Every recovery point stays until its time is up.",
    permissions=(
        CONTAIN("Microsoft.DataProtection/backupVaults/backupInstances/suspendBackups/action"),
        CONTAIN("Microsoft.DataProtection/backupVaults/backupInstances/resumeBackups/action"),
        READ("Microsoft.DataProtection/backupVaults/backupInstances/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
