"""Make a recovery vault immutable, not locked (BK-02): nothing in it can be deleted before its time."""

from incident.plan import Approval, Recovery
from responders.measure import CONTAIN, READ, Measure, anybody, read_raw
from responders.setting import Setting

SETTING = Setting(
    does="make it immutable",
    takes_back="make it mutable again",
    wanted={"securitySettings.immutabilitySettings.state": "Unlocked"},
    meant={"securitySettings.immutabilitySettings.state": "Disabled"},
    enough={"securitySettings.immutabilitySettings.state": ("Locked",)},
)


MEASURE = Measure(
    id="make_vault_immutable",
    code="BK-02",
    title="Make the backup vault immutable, not locked",
    target="microsoft.recoveryservices/vaults",
    activity="preserve",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Nobody can delete recovery points or shorten their retention while it holds. Backups and "
    "restores go on.",
    permissions=(CONTAIN("Microsoft.RecoveryServices/Vaults/write"), READ("Microsoft.RecoveryServices/Vaults/read")),
    guard=anybody,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    own=SETTING.own,
)
