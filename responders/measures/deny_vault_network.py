"""Refuse every network on a key vault (KV-03), but trusted services: databases and disks unwrap keys through it."""

from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Measure, Refusal, read_raw
from responders.setting import Setting

SETTING = Setting(
    does="refuse every network",
    takes_back="restore the network rules",
    wanted={
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []}
    },
    meant={
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []}
    },
)


def guard(_vault: Target, before: Before, _policy: Policy) -> Refusal | None:
    """A perimeter has rules of its own, and Azure refuses these there."""
    if before.properties.get("publicNetworkAccess") == "SecuredByPerimeter":
        return Refusal("a network security perimeter decides who reaches this vault")
    return None


MEASURE = Measure(
    id="deny_vault_network",
    code="KV-03",
    title="Refuse every network on the key vault",
    target="microsoft.keyvault/vaults",
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Whoever reaches the vault over a public address or a subnet loses it. Private endpoints and "
    "trusted Azure services go on.",
    permissions=(CONTAIN("Microsoft.KeyVault/vaults/write"), READ("Microsoft.KeyVault/vaults/read")),
    guard=guard,
    read=read_raw,
    contain=SETTING.contain,
    verify=SETTING.verify,
    undo=SETTING.undo,
    own=SETTING.own,
)
