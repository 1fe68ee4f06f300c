"""Protect a key vault from purging (KV-05): what is deleted stays recoverable. It can never be switched off again."""

from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, anybody, read_raw
from responders.setting import Setting

SETTING = Setting(
    does="protect from purging",
    takes_back="",
    wanted={"enablePurgeProtection": True},
    meant={"enablePurgeProtection": False},
)


def undo(_vault: Target, _before: Before) -> tuple[Call, ...] | Irreversible:
    """Nobody can."""
    return Irreversible("purge protection can never be switched off again")


MEASURE = Measure(
    id="protect_vault_from_purge",
    code="KV-05",
    title="Protect the key vault from purging",
    target="microsoft.keyvault/vaults",
    activity="preserve",
    approval=Approval.A1,
    recovery=Recovery.NONE,
    blast_radius="Deleted vaults, keys and secrets keep their names until their days are over; nobody can purge them.",
    permissions=(CONTAIN("Microsoft.KeyVault/vaults/write"), READ("Microsoft.KeyVault/vaults/read")),
    guard=anybody,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=undo,
    own=SETTING.own,
)
