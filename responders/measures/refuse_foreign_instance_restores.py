"""Refuse restores of a Backup vault's instances into other subscriptions (BK-05b).

Disks, blobs and databases leave by a restore as machines do from a recovery vault (BK-05).
"""

from incident.plan import Approval, Recovery
from responders.measure import BACKUP_VAULT, CONTAIN, READ, Measure, anybody, read_raw
from responders.setting import Setting

STATE = "featureSettings.crossSubscriptionRestoreSettings.state"
SETTING = Setting(
    does="refuse restores into other subscriptions",
    takes_back="let them be restored as before",
    wanted={STATE: "Disabled"},
    meant={STATE: "Enabled"},
    enough={STATE: ("PermanentlyDisabled",)},
)


MEASURE = Measure(
    id="refuse_foreign_instance_restores",
    code="BK-05b",
    title="Refuse restores of backup instances into other subscriptions",
    target=BACKUP_VAULT,
    activity="restrict",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nobody can restore into another subscription while it holds. Backups, and restores into the vault's "
    "own subscription, go on.",
    permissions=(
        CONTAIN("Microsoft.DataProtection/backupVaults/write"),
        READ("Microsoft.DataProtection/backupVaults/read"),
        READ("Microsoft.DataProtection/backupVaults/operationStatus/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    own=SETTING.own,
)
