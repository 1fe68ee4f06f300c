"""Back up what is protected as it is now, and keep that for as long as HIPAA's documents are kept (BK-01).

`dispose_after` is the day until which the copy is kept: evidence, and PHI that was breached, whose end a person decides
upon. The point is there when the backup is done, which may take hours: until then the step is done, not proved.
"""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.measure import (
    CONTAIN,
    PROTECTED_ITEM,
    READ,
    Call,
    Irreversible,
    Measure,
    Proof,
    Refusal,
    nothing,
    wanting,
)

DISPOSE = "dispose_after"
POINTS = "recoveryPoints"
REQUESTS: dict[str, dict[str, str]] = {
    "microsoft.compute/virtualmachines": {"objectType": "IaasVMBackupRequest"},
    "azurefileshareprotecteditem": {"objectType": "AzureFileShareBackupRequest"},
    "azurevmworkloadsqldatabase": {"objectType": "AzureWorkloadBackupRequest", "backupType": "CopyOnlyFull"},
}
"""How a backup is asked for, by the type of what is protected, lower case."""


async def read(cloud: Cloud, item: Target) -> Before:
    """The protected item and its recovery points."""
    found = await cloud.arm.read(item.resource)
    points = await cloud.arm.children(item.resource, POINTS)
    return Before({**found.body, POINTS: [point.body for point in points]})


def guard(_item: Target, before: Before, _policy: Policy) -> Refusal | None:
    """Only what is still protected, and of a type that we know how to ask for."""
    if _kind(before) not in REQUESTS:
        return Refusal(f"backups of {before.properties.get('protectedItemType')} are begun by hand")
    stopped = before.properties.get("protectionState") in ("ProtectionStopped", "BackupsSuspended")
    return Refusal("its protection is stopped: nothing is backed up any more") if stopped else None


def contain(item: Target, before: Before) -> tuple[Call, ...]:
    """One POST, unless a point is kept for that long."""
    request = {**REQUESTS[_kind(before)], "recoveryPointExpiryTimeInUTC": f"{item.parameters[DISPOSE]}T00:00:00Z"}

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("POST", item.resource.child("backup"), {"properties": request})

    return () if _kept(item, before) else (Call("back up what is there", send),)


async def verify(cloud: Cloud, item: Target) -> Proof:
    """A recovery point is kept until that day."""
    now = await read(cloud, item)
    return Proof.of(now, kept=_kept(item, now))


def undo(_item: Target, _before: Before) -> Irreversible:
    """Backups are not deleted by the responder."""
    return Irreversible("a recovery point is never deleted by the responder")


def _kind(state: Before) -> str:
    return str(state.properties.get("protectedItemType")).casefold()


def _kept(item: Target, state: Before) -> bool:
    properties = [point.get("properties") or {} for point in state.body.get(POINTS) or ()]
    ends = [str((each.get("recoveryPointProperties") or {}).get("expiryTime") or "") for each in properties]
    return any(end[:10] >= item.parameters[DISPOSE] for end in ends)


MEASURE = Measure(
    id="keep_recovery_point",
    code="BK-01",
    title="Keep a backup of what is there now",
    target=PROTECTED_ITEM,
    activity="preserve",
    approval=Approval.AUTO,
    recovery=Recovery.SELF,
    blast_radius="Nothing stops. The copy holds PHI that was breached, and is paid for until it may be disposed of.",
    permissions=(
        CONTAIN("Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/backup/action"),
        READ("Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read"),
        READ("Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/read"),
        READ(
            "Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/operationsStatus/read"
        ),
    ),
    guard=guard,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=wanting(PROTECTED_ITEM, DISPOSE),
)
