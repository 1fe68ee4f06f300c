"""Make a Backup vault immutable, not locked (BK-02b): no recovery point of its instances is deleted before its time."""

from incident.plan import Approval, Recovery
from responders.measure import BACKUP_VAULT, CONTAIN, READ, Measure, anybody, read_raw
from responders.setting import Setting

STATE = "securitySettings.immutabilitySettings.state"
SETTING = Setting(
    does="make it immutable",
    takes_back="make it mutable again",
    wanted={STATE: "Unlocked"},
    meant={STATE: "Disabled"},
    enough={STATE: ("Locked",)},
)


MEASURE = Measure(
    id="make_instance_vault_immutable",
    code="BK-02b",
    title="Make the vault of backup instances immutable, not locked",
    target=BACKUP_VAULT,
    activity="preserve",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Nobody can delete recovery points in the vault or shorten their retention while it holds. Backups "
    "and restores go on. Operational backups, which lie beside their data, are not covered.",
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
