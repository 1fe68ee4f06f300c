"""Sweeps: questions to Azure Resource Graph, as KQL, that find by reading what no event has told.

A row is a claim like any other and less than most: the index lags by minutes. It becomes a signal with the operation
that would have told of it; the rules then read the live resource. What only looks odd in the index costs a few reads.
Names of properties are those of Resource Manager; null means "not set", which strangers may be let in by. What no rule
judges is not asked for.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detection import readers
from detection.fields import text
from detection.hints import hints
from detection.operations import canonical
from detection.resources import specific
from detection.rules import encryption_gap, excessive_graph, overgranted_decrypt, retains_breached_phi
from detection.times import utc
from incident.canonical import digest
from incident.redaction import redact
from incident.signal import Signal

SOURCE = "sweep"


def _row(sweep: "Sweep", row: Mapping[str, Any], now: datetime) -> Signal | None:
    """The row as a signal, the same all day while the row is the same; None for a row that names no resource."""
    resources = specific(row.get("id"))
    if not resources:
        return None
    operation = text(row, "operation") or sweep.operation or None
    return Signal(
        source=SOURCE,
        kind=f"resource-graph-{sweep.id}",
        id=f"{now:%Y-%m-%d}/{resources[0].key}",
        content=digest(dict(row)),
        received_at=now,
        occurred_at=utc(row.get("at")),
        correlation_id=text(row, "correlation"),
        title=sweep.title,
        operation=canonical(operation),
        actor=text(row, "who"),
        resources=resources,
        hints=hints(policy_definition=text(row, "policy")),
        body=redact(dict(row)),
    )


def _alert(_sweep: "Sweep", row: Mapping[str, Any], now: datetime) -> Signal | None:
    """The alert, as Defender would have sent it; None for one that nobody can read."""
    found = readers.read(dict(row), received_at=now)
    return next((each for each in found if isinstance(each, Signal)), None)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A question. Its rows name the resource in `id`; `operation` is what an event about such a row would say.

    A row may say more: the `operation` itself, `at` what time, `who` and under which `correlation`, against which
    `policy`. `read` makes a signal of a row. `ours`: our own containment leaves such rows.
    """

    id: str
    title: str
    query: str
    operation: str = ""
    ours: bool = False
    read: Callable[["Sweep", Mapping[str, Any], datetime], Signal | None] = _row


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


ACCOUNTS = Sweep(
    id="storage_exposure",
    title="A storage account that may admit strangers or plain text",
    operation="Microsoft.Storage/storageAccounts/write",
    query=f"""
resources
| where type =~ 'microsoft.storage/storageaccounts'
| extend anonymous = tobool(properties.allowBlobPublicAccess), tags = tostring(tags)
| extend secure = tobool(properties.supportsHttpsTrafficOnly), oldest = tostring(properties.minimumTlsVersion)
| where isnull(anonymous) or anonymous or secure == false or oldest in ({_listed(encryption_gap.OLD)})
| project id, anonymous, secure, oldest, tags
| order by id asc""",
)
CHANGES = Sweep(
    id="changes",
    title="A change of a resource",
    query="""
resourcechanges
| extend at = todatetime(properties.changeAttributes.timestamp), change = tostring(properties.changeType)
| extend id = tostring(properties.targetResourceId), type = tolower(tostring(properties.targetResourceType))
| where at > ago(20m)
| where type in (
    'microsoft.storage/storageaccounts', 'microsoft.network/networksecuritygroups', 'microsoft.network/virtualnetworks',
    'microsoft.network/routetables', 'microsoft.network/natgateways', 'microsoft.network/publicipaddresses',
    'microsoft.keyvault/vaults', 'microsoft.sql/servers', 'microsoft.web/sites', 'microsoft.recoveryservices/vaults',
    'microsoft.dataprotection/backupvaults', 'microsoft.operationalinsights/workspaces')
| extend said = tostring(properties.changeAttributes.operation)
| extend operation = iff(isempty(said), strcat(type, iff(change == 'Delete', '/delete', '/write')), said)
| extend who = tostring(properties.changeAttributes.changedBy)
| extend correlation = tostring(properties.changeAttributes.correlationId)
| project id, at, operation, who, correlation, change
| order by at asc""",
)
EGRESS = Sweep(
    id="internet_egress",
    title="A rule that lets a network out to the Internet",
    operation="Microsoft.Network/networkSecurityGroups/securityRules/write",
    query="""
resources
| where type =~ 'microsoft.network/networksecuritygroups'
| mv-expand rule = properties.securityRules
| where tostring(rule.properties.direction) =~ 'Outbound' and tostring(rule.properties.access) =~ 'Allow'
| extend destination = tostring(rule.properties.destinationAddressPrefix)
| extend destinations = tostring(rule.properties.destinationAddressPrefixes)
| where destination in~ ('*', 'Internet', '0.0.0.0/0') or destinations has_any ('0.0.0.0/0', 'Internet')
| project id, rule = tostring(rule.name), priority = toint(rule.properties.priority), destination, destinations
| order by id asc, rule asc""",
)
PEERINGS = Sweep(
    id="peerings",
    title="A peering of a network",
    operation="Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    query="""
resources
| where type =~ 'microsoft.network/virtualnetworks'
| mv-expand peering = properties.virtualNetworkPeerings
| where isnotempty(tostring(peering.name))
| extend remote = tolower(tostring(peering.properties.remoteVirtualNetwork.id))
| extend forwarded = tobool(peering.properties.allowForwardedTraffic)
| project id, peering = tostring(peering.name), remote, forwarded
| order by id asc, peering asc""",
)
VAULTS = Sweep(
    id="vault_access",
    title="An access policy that lets one principal both use and destroy keys",
    operation="Microsoft.KeyVault/vaults/write",
    query=f"""
resources
| where type =~ 'microsoft.keyvault/vaults'
| where isnull(tobool(properties.enableRbacAuthorization)) or not(tobool(properties.enableRbacAuthorization))
| mv-expand policy = properties.accessPolicies
| extend keys = tostring(policy.permissions.keys), principal = tostring(policy.objectId)
| where keys has 'all' or (keys has_any ({_listed(overgranted_decrypt.USES)})
    and keys has_any ({_listed(overgranted_decrypt.RULES_OVER)}))
| project id, principal, keys
| order by id asc, principal asc""",
)
WEAK_VAULTS = Sweep(
    id="weak_vaults",
    title="A vault that can be purged with databases, that any network reaches, or that many may use",
    operation="Microsoft.KeyVault/vaults/write",
    query=f"""
resources
| where type =~ 'microsoft.keyvault/vaults'
| extend kept = tobool(properties.enablePurgeProtection), roles = tobool(properties.enableRbacAuthorization)
| extend network = tostring(properties.networkAcls.defaultAction), reached = tostring(properties.publicNetworkAccess)
| extend policies = array_length(properties.accessPolicies)
| extend host = tolower(tostring(split(tostring(properties.vaultUri), '/')[2]))
| join kind=leftouter (
    resources
    | where type =~ 'microsoft.sql/servers'
    | extend host = tolower(tostring(split(tostring(properties.keyId), '/')[2]))
    | where isnotempty(host)
    | summarize servers = count() by host) on host
| where (servers > 0 and (isnull(kept) or not(kept)))
    or (network =~ 'Allow' and reached !~ 'Disabled')
    or (policies > {overgranted_decrypt.MOST} and (isnull(roles) or not(roles)))
| project id, servers, network, reached, policies
| order by id asc""",
)
SERVERS = Sweep(
    id="database_servers",
    title="A database server that the Internet may reach",
    operation="Microsoft.Sql/servers/firewallRules/write",
    query="""
resources
| where type =~ 'microsoft.sql/servers'
| extend reached = tostring(properties.publicNetworkAccess)
| where reached !~ 'Disabled'
| project id, reached
| order by id asc""",
)
SITES = Sweep(
    id="sites",
    title="A function app without an identity of its own, or a site that admits plain http",
    operation="Microsoft.Web/sites/write",
    query="""
resources
| where type =~ 'microsoft.web/sites'
| extend identified = tostring(identity.type), secure = tobool(properties.httpsOnly)
| where secure == false or (['kind'] has 'functionapp' and (isempty(identified) or identified =~ 'None'))
| project id, identified, secure
| order by id asc""",
)
ROLES = Sweep(
    id="role_assignments",
    title="A privileged role given within the day",
    operation="Microsoft.Authorization/roleAssignments/write",
    query=f"""
authorizationresources
| where type =~ 'microsoft.authorization/roleassignments'
| extend role = tolower(tostring(split(tostring(properties.roleDefinitionId), '/')[-1]))
| extend at = todatetime(properties.createdOn), principal = tostring(properties.principalId)
| where at > ago(1d) and role in ({_listed(excessive_graph.PRIVILEGED | overgranted_decrypt.ROLES)})
| project id, at, role, principal
| order by id asc""",
)
BACKUPS = Sweep(
    id="backup_vaults",
    title="A backup vault from which what is deleted may be gone",
    query="""
resources
| where type in~ ('microsoft.recoveryservices/vaults', 'microsoft.dataprotection/backupvaults')
| extend soft = strcat(tostring(properties.securitySettings.softDeleteSettings.softDeleteState),
    tostring(properties.securitySettings.softDeleteSettings.state))
| where soft in~ ('', 'Disabled', 'Off')
| project id, soft, operation = strcat(type, '/write')
| order by id asc""",
)
STOPPED = Sweep(
    id="stopped_backups",
    title="Something that was backed up is not any more",
    ours=True,
    query=f"""
recoveryservicesresources
| where type in~ ({_listed([retains_breached_phi.ITEM, retains_breached_phi.INSTANCE])})
| extend kept = tostring(properties.protectionState), current = tostring(properties.currentProtectionState)
| where kept in ({_listed(retains_breached_phi.STOPPED)}) or current in ({_listed(retains_breached_phi.STOPPED)})
| project id, kept, current, operation = strcat(type, '/write')
| order by id asc""",
)
ALERTS = Sweep(
    id="defender_alerts",
    title="An alert of Defender for Cloud",
    read=_alert,
    query="""
securityresources
| where type =~ 'microsoft.security/locations/alerts'
| extend status = strcat(tostring(properties.Status), tostring(properties.status))
| extend at = todatetime(strcat(tostring(properties.TimeGeneratedUtc), tostring(properties.timeGeneratedUtc)))
| where status in~ ('Active', 'InProgress') and at > ago(2h)
| project id, name, type, properties
| order by id asc""",
)
POLICIES = Sweep(
    id="policy_states",
    title="A resource that does not comply with a policy on encryption",
    query=f"""
policyresources
| where type =~ 'microsoft.policyinsights/policystates'
| where tostring(properties.complianceState) =~ 'NonCompliant'
| extend policy = tolower(tostring(properties.policyDefinitionId))
| where tostring(split(policy, '/')[-1]) in ({_listed(encryption_gap.GUARDING)})
| project id = tostring(properties.resourceId), policy, assignment = tostring(properties.policyAssignmentId)
| order by id asc, policy asc""",
)
EXEMPTIONS = Sweep(
    id="policy_exemptions",
    title="An exemption from a policy that does not end within a week, or to which fewer than two have agreed",
    operation="Microsoft.Authorization/policyExemptions/write",
    query="""
policyresources
| where type =~ 'microsoft.authorization/policyexemptions'
| extend ends = todatetime(properties.expiresOn), assignment = tostring(properties.policyAssignmentId)
| where isnull(ends) or ends > now()
| extend agreed = properties.metadata.approvers
| extend alone = coalesce(array_length(agreed), 0) < 2 or tostring(agreed[0]) =~ tostring(agreed[1])
| where isnull(ends) or ends > now() + 7d or alone
| project id, ends, assignment
| order by id asc""",
)
SWEEPS = (
    ACCOUNTS,
    CHANGES,
    EGRESS,
    PEERINGS,
    VAULTS,
    WEAK_VAULTS,
    SERVERS,
    SITES,
    ROLES,
    BACKUPS,
    STOPPED,
    ALERTS,
    POLICIES,
    EXEMPTIONS,
)


def signal(sweep: Sweep, row: Mapping[str, Any], now: datetime) -> Signal | None:
    """The row as a signal; None where it says too little."""
    return sweep.read(sweep, row, now)
