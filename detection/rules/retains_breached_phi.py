"""Backups of breached PHI within reach: of those who would destroy them, or restore them elsewhere (FP-8).

What is kept is evidence: nothing here deletes a recovery point or shortens its retention.
"""

from collections.abc import Mapping
from datetime import timedelta

from detection.claim import Claim
from detection.facts import Facts, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, in_log, logged, operated, phi, untagged
from incident.resource import ResourceId
from incident.signal import Signal

RECOVERY = "microsoft.recoveryservices/vaults"
BACKUP = "microsoft.dataprotection/backupvaults"
ITEM = f"{RECOVERY}/backupfabrics/protectioncontainers/protecteditems"
INSTANCE = f"{BACKUP}/backupinstances"
KEPT = timedelta(days=2556)  # six years with every leap day: how long breached copies are kept at least
CONFIG = ("backupconfig", "vaultconfig")
DONE = (
    "/delete",
    "restore/action",
    "stopprotection/action",
    "suspendbackups/action",
    "backuplongtermretentionpolicies/write",
)
STOPPED = ("BackupSchedulesSuspended", "BackupsSuspended", "ProtectionStopped", "RetentionSchedulesSuspended")


def config(signal: Signal, vault: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """The setting of soft delete, which older vaults keep beside their properties; and what is backed up, if named."""
    beside = (Read(vault.child(*CONFIG)),) if vault.type == RECOVERY else ()
    return (*beside, *map(Read, items_of(signal, ITEM, INSTANCE)))


def items_of(signal: Signal, *kinds: str) -> tuple[ResourceId, ...]:
    """What is backed up, as far as the signal names it."""
    named = (each.climb(kind) for each in signal.resources for kind in kinds)
    return tuple(dict.fromkeys(item for item in named if item))


def look(case: Case) -> Seen:
    """Seen: soft delete is off, so that what is deleted is gone. A deletion or a restore must be borne out."""
    items, until = items_of(case.signal, ITEM, INSTANCE), disposal(case.signal)
    if not _soft(case):
        by = ("live settings of the vault",)
        return Shown("deleted backups cannot be brought back: soft delete is off", (case.place, *items), by, until)
    if (case.signal.operation or "").casefold().endswith(DONE) or "class" in case.signal.hints:
        return Claimed("backups of PHI were deleted, shortened, stopped or restored", (case.place, *items), until)
    if any(_stopped(case, item) for item in items):
        reason = "something with PHI is not backed up any more: a person must say whether that was meant"
        return Unsure(reason, posture=True)
    beside = case.place.child(*CONFIG)
    if case.place.type == RECOVERY and case.facts.one(beside) is None and not case.facts.gone(beside):
        return Unsure("the vault's setting of soft delete could not be read")
    return Harmless("deleted backups can be brought back")


def disposal(signal: Signal) -> Mapping[str, str]:
    """The day before which nothing of it is disposed of."""
    return {"dispose_after": (signal.earliest + KEPT).date().isoformat()}


def _stopped(case: Case, item: ResourceId) -> bool:
    state = case.facts.one(item)
    names = ("protectionState", "currentProtectionState")
    return state is not None and any(state.properties.get(name) in STOPPED for name in names)


def _soft(case: Case) -> bool:
    """Whether deleted backups are kept for a while; what is not said counts as kept, as Azure has it by default."""
    security = case.state.properties.get("securitySettings") or {}
    soft = security.get("softDeleteSettings") or {}
    older = case.facts.one(case.place.child(*CONFIG))
    states = (
        soft.get("softDeleteState"),
        soft.get("state"),
        older.properties.get("softDeleteFeatureState") if older else None,
    )
    return not any(str(state).casefold() in ("disabled", "off") for state in states)


_V = f"{PROVIDERS}/Microsoft.RecoveryServices/vaults/nightly"
_I = f"{_V}/backupFabrics/Azure/protectionContainers/vm/protectedItems/pacs"
_CONFIG = "backupconfig/vaultconfig"
_CHANGED = operated("Microsoft.RecoveryServices/vaults/backupconfig/write", f"{_V}/{_CONFIG}")
_DELETE = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/delete"
_STOP = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/write"
_B = f"{PROVIDERS}/Microsoft.DataProtection/backupVaults/weekly"
_CONFIGURED = "Microsoft.DataProtection/backupVaults/backupInstances/write"
_RESTORE = "Microsoft.DataProtection/backupVaults/backupInstances/restore/action"

RULE = Rule(
    id="backup.retains_breached_phi",
    title="Backups of PHI within reach of destroyers",
    attack=("T1490", "T1530"),
    hipaa=(
        "45 CFR 164.308(a)(7)(ii)(A)",
        "45 CFR 164.310(d)(2)(i)",
        "45 CFR 164.310(d)(2)(iv)",
        "45 CFR 164.316(b)(2)(i)",
    ),
    claim=Claim(
        operations=(
            "Microsoft.RecoveryServices/vaults/write",
            "Microsoft.RecoveryServices/vaults/delete",
            "Microsoft.RecoveryServices/vaults/backupPolicies/write",
            "Microsoft.RecoveryServices/vaults/backupconfig/write",
            "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/delete",
            "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/write",
            _DELETE,
            "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/recoveryPoints/restore/action",
            "Microsoft.DataProtection/backupVaults/write",
            "Microsoft.DataProtection/backupVaults/delete",
            _CONFIGURED,
            "Microsoft.DataProtection/backupVaults/backupInstances/delete",
            "Microsoft.DataProtection/backupVaults/backupInstances/restore/action",
            "Microsoft.DataProtection/backupVaults/backupInstances/stopProtection/action",
            "Microsoft.DataProtection/backupVaults/backupInstances/suspendBackups/action",
            "Microsoft.Sql/servers/backupLongTermRetentionPolicies/write",
        )
    ),
    place=nearest(RECOVERY, BACKUP, "Microsoft.Sql/servers"),
    more=config,
    look=look,
    absence="the backup vault was deleted",
    witnessed=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="soft delete was turned off",
            signal=_CHANGED,
            state={"": phi(_V), _CONFIG: {"properties": {"softDeleteFeatureState": "Disabled"}}},
            disposition="contain",
            because=(
                ("operation",),
                ("resources",),
                ("", "tags"),
                (_CONFIG, "properties", "softDeleteFeatureState"),
            ),
        ),
        Example(
            title="a machine's backup was deleted, as the activity log shows",
            signal=operated(_DELETE, _I),
            state={"": phi(_V)} | logged(_DELETE, _I),
            disposition="contain",
            because=(("", "tags"), *in_log(_I)),
        ),
        Example(
            title="a machine's backup was deleted, by the event's word alone",
            signal=operated(_DELETE, _I),
            state={"": phi(_V)},
            disposition="review",
        ),
        Example(
            title="an instance of a Backup vault was restored, as the activity log shows",
            signal=operated(_RESTORE, f"{_B}/backupInstances/pacs-disk"),
            state={"": phi(_B)} | logged(_RESTORE, f"{_B}/backupInstances/pacs-disk"),
            disposition="contain",
            because=(("", "tags"), *in_log(f"{_B}/backupInstances/pacs-disk")),
        ),
        Example(
            title="a machine is not backed up any more",
            signal=operated(_STOP, _I),
            state={
                "": phi(_V),
                _CONFIG: {"properties": {"softDeleteFeatureState": "Enabled"}},
                _I: {"properties": {"protectionState": "ProtectionStopped"}},
            },
            disposition="review",
        ),
        Example(
            title="a disk is not backed up any more",
            signal=operated(_CONFIGURED, f"{_B}/backupInstances/pacs-disk"),
            state={
                "": phi(_B),
                f"{_B}/backupInstances/pacs-disk": {"properties": {"currentProtectionState": "ProtectionStopped"}},
            },
            disposition="review",
        ),
        Example(
            title="soft delete is on",
            signal=_CHANGED,
            state={"": phi(_V), _CONFIG: {"properties": {"softDeleteFeatureState": "Enabled"}}},
            disposition="record",
        ),
        Example(
            title="nothing says that the vault holds PHI",
            signal=_CHANGED,
            state={"": untagged(_V), _CONFIG: {"properties": {"softDeleteFeatureState": "Disabled"}}},
            disposition="record",
        ),
    ),
)
