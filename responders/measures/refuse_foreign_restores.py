"""Refuse restores of a vault's backups into other subscriptions (BK-05).

A restore is a way out: whoever may restore takes every machine with its disks to where he rules. Analytics rules tell
of restores (`backup_restored_elsewhere`); this stops those that leave.
"""

from incident.plan import Approval, Recovery
from responders.measure import CONTAIN, READ, RECOVERY_VAULT, Measure, anybody, read_raw
from responders.setting import Setting

STATE = "restoreSettings.crossSubscriptionRestoreSettings.crossSubscriptionRestoreState"
SETTING = Setting(
    does="refuse restores into other subscriptions",
    takes_back="let them be restored as before",
    wanted={STATE: "Disabled"},
    meant={STATE: "Enabled"},
    enough={STATE: ("PermanentlyDisabled",)},
)


MEASURE = Measure(
    id="refuse_foreign_restores",
    code="BK-05",
    title="Refuse restores into other subscriptions",
    target=RECOVERY_VAULT,
    activity="restrict",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nobody can restore into another subscription while it holds. Backups, and restores into the vault's "
    "own subscription, go on.",
    permissions=(CONTAIN("Microsoft.RecoveryServices/Vaults/write"), READ("Microsoft.RecoveryServices/Vaults/read")),
    guard=anybody,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    own=SETTING.own,
)
