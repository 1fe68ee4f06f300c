"""What each identity may do: one custom role per tier, the exact union of what the measures and the reads need.

Nothing is granted by wildcard, nothing that reveals a secret, nothing that takes a tenant over. What may lock and
unlock is a role of its own, to be given or not. Source: MicrosoftDocs/azure-docs, role-based-access-control.
"""

from collections.abc import Iterable
from typing import Any

from responders.measure import Measure, Tier

READS = (
    "Microsoft.AppConfiguration/configurationStores/read",
    "Microsoft.Authorization/policyAssignments/read",
    "Microsoft.Authorization/policyExemptions/read",
    "Microsoft.Authorization/policySetDefinitions/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleEligibilityScheduleInstances/read",
    "Microsoft.Compute/disks/read",
    "Microsoft.Compute/snapshots/read",
    "Microsoft.DataProtection/backupVaults/read",
    "Microsoft.Insights/DiagnosticSettings/Read",
    "Microsoft.Insights/eventtypes/values/Read",
    "Microsoft.KeyVault/vaults/keys/read",
    "Microsoft.KeyVault/vaults/read",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkSecurityGroups/read",
    "Microsoft.Network/routeTables/read",
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/subnets/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
    "Microsoft.OperationalInsights/workspaces/query/StorageBlobLogs/read",
    "Microsoft.OperationalInsights/workspaces/query/read",
    "Microsoft.OperationalInsights/workspaces/read",
    "Microsoft.OperationalInsights/workspaces/tables/read",
    "Microsoft.PolicyInsights/policyStates/read",
    "Microsoft.RecoveryServices/Vaults/backupconfig/read",
    "Microsoft.RecoveryServices/Vaults/read",
    "Microsoft.ResourceGraph/resources/read",
    "Microsoft.Resources/changes/read",
    "Microsoft.Resources/subscriptions/providers/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Security/alerts/read",
    "Microsoft.Security/alertsSuppressionRules/read",
    "Microsoft.Security/locations/alerts/read",
    "Microsoft.SecurityInsights/alertRules/read",
    "Microsoft.SecurityInsights/automationRules/read",
    "Microsoft.SecurityInsights/dataConnectors/read",
    "Microsoft.SecurityInsights/incidents/alerts/action",
    "Microsoft.SecurityInsights/incidents/entities/action",
    "Microsoft.SecurityInsights/incidents/read",
    "Microsoft.Sql/servers/encryptionProtector/read",
    "Microsoft.Sql/servers/firewallRules/read",
    "Microsoft.Sql/servers/databases/read",
    "Microsoft.Sql/servers/read",
    "Microsoft.Storage/locations/usages/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/read",
    "Microsoft.Storage/storageAccounts/blobServices/read",
    "Microsoft.Storage/storageAccounts/managementPolicies/read",
    "Microsoft.Storage/storageAccounts/objectReplicationPolicies/read",
    "Microsoft.Storage/storageAccounts/privateEndpointConnections/read",
    "Microsoft.Storage/storageAccounts/read",
    "Microsoft.Web/sites/Read",
)
"""What rules, corroboration, evidence and `preflight` read, beside what the measures read."""

OF_ITSELF = "Microsoft.Authorization/permissions/read"
"""What every identity of Resource Manager may ask: what it may do itself."""

GRAPH_READS = ("AuditLog.Read.All", "Policy.Read.All")
"""What rules and evidence read of the directory, beside what the measures read."""

TAKEOVER = ("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All")
"""Permissions with which a tenant can be taken over: never given by default; without them a person carries out."""

EVIDENCE = (
    "Microsoft.EventGrid/events/send/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
)
"""Data actions of the evidence identity: notices, and evidence that is added and read, never deleted."""

LOCKS = ("Microsoft.Authorization/locks/delete", "Microsoft.Authorization/locks/write")
SENDS_LOGS = ("Microsoft.OperationalInsights/workspaces/sharedkeys/action",)
"""What a diagnostic setting needs on the workspace that it sends to (LinkedAuthorizationFailed without it). It reads
the workspace's keys, with which rows can be forged: a role of its own, to be given on that one workspace or not."""

DENIED = (
    "Microsoft.Storage/storageAccounts/listkeys/action",
    "Microsoft.Storage/storageAccounts/listAccountSas/action",
    "Microsoft.Storage/storageAccounts/listServiceSas/action",
    "Microsoft.Storage/storageAccounts/delete",
    "Microsoft.KeyVault/vaults/delete",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/elevateAccess/action",
    *LOCKS,
    *SENDS_LOGS,
)
"""What no tier may do (catalogue §7, with the locks named one by one so that they can still be seen)."""

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
SCOPES = ["{scope}"]
BREAK_GLASS = "{breakGlassObjectIds}"
CONDITION = (
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR "
    "(@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals "
    f"{{{OWNER}, {USER_ACCESS_ADMINISTRATOR}}} AND "
    f"@Resource[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {BREAK_GLASS}))"
)


def roles(measures: Iterable[Measure]) -> dict[str, Any]:
    """The roles as infra/roles.json holds them; `{scope}` and `{breakGlassObjectIds}` are filled in where deployed."""
    cards = [permission for measure in measures for permission in measure.permissions]
    needed = {(one.tier, one.action) for one in cards if not one.data}
    uses = _distinct(one.action for one in cards if one.data)
    reads = [action for action in _of(needed, Tier.READ) if not _of_graph(action)]
    contain = [OF_ITSELF, *(action for action in _of(needed, Tier.CONTAIN) if action not in (*LOCKS, *SENDS_LOGS))]
    evidence = [OF_ITSELF, *_of(needed, Tier.EVIDENCE)]
    return {
        "roles": [
            _role("read", "reads what is judged, proved and kept", _distinct([*READS, OF_ITSELF, *reads])),
            {
                **_role("contain", "carries measures out", contain, data=uses),
                "condition": CONDITION,
                "conditionVersion": "2.0",
            },
            _role("evidence", "keeps evidence and sends notices", evidence, data=sorted(EVIDENCE)),
            _role("locks", "locks against deletion; give it to the contain identity or leave it", sorted(LOCKS)),
            _role("logs", "sends logs to a workspace; give it to the contain identity there", sorted(SENDS_LOGS)),
        ],
        "graph": {
            "read": _distinct([*GRAPH_READS, *(one for one in _of(needed, Tier.READ) if _of_graph(one))]),
            "directory": [one for one in _of(needed, Tier.DIRECTORY) if one not in TAKEOVER],
            "takeover": [one for one in _of(needed, Tier.DIRECTORY) if one in TAKEOVER],
        },
    }


def _of_graph(permission: str) -> bool:
    """Whether it is an application permission of Graph: actions of Resource Manager have slashes."""
    return "/" not in permission


def _role(tier: str, does: str, actions: list[str], *, data: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "name": f"Tourniquet {tier}",
        "description": f"The responder's identity that {does}.",
        "actions": actions,
        "dataActions": list(data),
        "assignableScopes": SCOPES,
    }


def _of(needed: Iterable[tuple[Tier, str]], tier: Tier) -> list[str]:
    return _distinct(action for each, action in needed if each is tier)


def _distinct(actions: Iterable[str]) -> list[str]:
    """Each action once, whatever its case: Azure does not tell cases apart."""
    return sorted({action.casefold(): action for action in sorted(actions)}.values(), key=str.casefold)
