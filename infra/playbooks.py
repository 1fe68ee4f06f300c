"""The measures that an ARM template can express, as playbooks for the hour in which the responder itself is down.

A playbook is a measure's own request, rehearsed on a resource that stands open, laid over what stands: a PUT replaces a
resource, so everything else that may be written is read at deployment and sent back (`kept`). What the service manages
is not: nested values of that sort are sent back as they were read, as `az resource update` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INCIDENT = "INCIDENT"
"""Stands for the incident while a request is rehearsed."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of resource: its version, by which parameters it is named, and what a PUT has to carry.

    `around`: what stands beside the properties. `kept`: the properties that may be written; `left`: those that may be
    as well and stay without being sent.
    """

    type: str
    version: str
    named: tuple[str, ...]
    around: Mapping[str, Any]
    kept: tuple[str, ...]
    left: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Playbook:
    """A measure on a resource with the properties `open`. `parameters`: the measure's, each by its marker.

    `raised`: numbers that are never lowered. `stays`: dotted names that the measure sends back as it has read them.
    """

    measure: str
    kind: Kind
    open: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    raised: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


def standing(name: str) -> str:
    """Something of the resource as it stands; null where it has none."""
    return f"[tryGet(parameters('standing'), '{name}')]"


PLACED: Mapping[str, Any] = {
    "location": "[parameters('standing').location]",
    "tags": "[coalesce(tryGet(parameters('standing'), 'tags'), createObject())]",
}
STORAGE = Kind(
    type="Microsoft.Storage/storageAccounts",
    version="2024-01-01",
    named=("account",),
    around={
        **PLACED,
        "kind": "[parameters('standing').kind]",
        "sku": {"name": "[parameters('standing').sku.name]"},
        "identity": standing("identity"),
    },
    kept=(
        "accessTier",
        "allowBlobPublicAccess",
        "allowCrossTenantReplication",
        "allowSharedKeyAccess",
        "allowedCopyScope",
        "azureFilesIdentityBasedAuthentication",
        "customDomain",
        "defaultToOAuthAuthentication",
        "dnsEndpointType",
        "enableExtendedGroups",
        "encryption",
        "immutableStorageWithVersioning",
        "isHnsEnabled",
        "isLocalUserEnabled",
        "isNfsV3Enabled",
        "isSftpEnabled",
        "keyPolicy",
        "largeFileSharesState",
        "minimumTlsVersion",
        "networkAcls",
        "publicNetworkAccess",
        "routingPreference",
        "sasPolicy",
        "supportsHttpsTrafficOnly",
    ),
)
VAULT = Kind(
    type="Microsoft.KeyVault/vaults",
    version="2023-07-01",
    named=("vault",),
    around=PLACED,
    kept=(
        "accessPolicies",
        "enablePurgeProtection",
        "enableRbacAuthorization",
        "enableSoftDelete",
        "enabledForDeployment",
        "enabledForDiskEncryption",
        "enabledForTemplateDeployment",
        "networkAcls",
        "publicNetworkAccess",
        "sku",
        "softDeleteRetentionInDays",
        "tenantId",
    ),
    left=("createMode", "provisioningState", "vaultUri"),
)
SERVER = Kind(
    type="Microsoft.Sql/servers",
    version="2021-11-01",
    named=("server",),
    around={**PLACED, "identity": standing("identity")},
    kept=(
        "administratorLogin",
        "administrators",
        "federatedClientId",
        "keyId",
        "minimalTlsVersion",
        "primaryUserAssignedIdentityId",
        "publicNetworkAccess",
        "restrictOutboundNetworkAccess",
        "version",
    ),
)
TABLE = Kind(
    type="Microsoft.OperationalInsights/workspaces/tables",
    version="2023-09-01",
    named=("workspace", "table"),
    around={},
    kept=("plan", "retentionInDays", "totalRetentionInDays"),
    left=("restoredLogs", "schema", "searchResults"),
)
GROUP = Kind(
    type="Microsoft.Network/networkSecurityGroups",
    version="2024-01-01",
    named=("group",),
    around=PLACED,
    kept=("flushConnection", "securityRules"),
)

PLAYBOOKS = (
    Playbook(measure="refuse_anonymous_readers", kind=STORAGE),
    Playbook(
        measure="deny_public_network",
        kind=STORAGE,
        parameters={"forensic_subnet": "forensicSubnets", "forensic_address": "forensicAddresses"},
        stays=("networkAcls.resourceAccessRules",),
    ),
    Playbook(measure="disable_public_network", kind=STORAGE),
    Playbook(measure="disable_shared_keys", kind=STORAGE),
    Playbook(measure="disable_local_users", kind=STORAGE, open={"isSftpEnabled": True, "isLocalUserEnabled": True}),
    Playbook(measure="stop_cross_tenant_copy", kind=STORAGE),
    Playbook(measure="deny_internet_egress", kind=GROUP),
    Playbook(measure="quarantine_subnet", kind=GROUP, parameters={"forensic_prefix": "forensicPrefix"}),
    Playbook(measure="deny_vault_network", kind=VAULT),
    Playbook(measure="protect_vault_from_purge", kind=VAULT),
    Playbook(measure="close_sql_server", kind=SERVER),
    Playbook(measure="keep_logs", kind=TABLE, raised=("totalRetentionInDays",)),
)
