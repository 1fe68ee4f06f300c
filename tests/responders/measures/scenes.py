"""One scene per measure: what the clinic is like before, on what the measure acts, and with which parameters.

Tests over all measures play each of them. A scene that has the canaries minted first makes the attacker's eye see.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from cloud import Cloud
from drills.estate.clinic import GROUP, Clinic, DatabaseServer, Vault
from drills.estate.databases import named
from drills.estate.settable import resource
from drills.estate.thieves import Holding
from drills.estate.world import SUBSCRIPTION
from responders.security_rules import rule

FORENSIC_ADDRESS = "198.18.7.9"
STORE = "phistore"
NETWORK = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`resource` sets the clinic up and says on what the measure acts; `{incident}` stands for the incident's id."""

    resource: Callable[[Clinic], str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    canaries: bool = False
    undone: bool = True  # whether there is an undo
    repeats: bool = False  # whether the same again is done again


def minted(clinic: Clinic, account: str = STORE) -> dict[str, dict[str, str]]:
    """A canary of each kind for the account, in a container that holds nothing, by the account's name."""
    thief = clinic.thief
    clinic.account(account)
    delegator = clinic.reader(account, "Storage Blob Data Contributor")
    clinic.account(account).has_policy("scans", "canary")
    bearers = {
        "account_sas": thief.with_account_sas(account),
        "service_sas": thief.with_service_sas(account, "scans"),
        "policy_sas": thief.with_service_sas(account, "scans", policy="canary"),
        "delegation_sas": thief.with_user_delegation_sas(account, "scans", delegator),
    }
    app = clinic.function_app("intake")
    return {
        account: {kind: f"scans?{_query(bearer)}" for kind, bearer in bearers.items()},
        "intake": {"function_key": app.link("canary")},
    }


def hatched(cloud: Cloud, clinic: Clinic) -> None:
    """The canaries are in the responder's settings."""
    cloud.clients.settings = replace(cloud.settings, canaries=json.dumps(minted(clinic)))


def _query(bearer: Holding) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in (bearer.query or {}).items())


def _account(clinic: Clinic) -> str:
    return clinic.account(STORE).id


def _with(**properties: object) -> Callable[[Clinic], str]:
    """The account, with these properties."""

    def resource(clinic: Clinic) -> str:
        account = clinic.account(STORE)
        clinic.attacks("PATCH", account.id, {"properties": properties}, "2023-05-01")
        return account.id

    return resource


def _role(clinic: Clinic) -> str:
    account = clinic.account(STORE)
    clinic.reader(STORE)
    found = clinic.estate.world.store.of_type("Microsoft.Authorization/roleAssignments", account.id)
    return str(found[0]["id"])


def _quarantine(clinic: Clinic) -> str:
    """A security group that denies everything both ways, on no subnet."""
    group = clinic.subnet("phi").nsg.replace("phi-nsg", "quarantine-nsg")
    rules = [rule(f"deny-{way.lower()}", "Deny", way) for way in ("Inbound", "Outbound")]
    placed = [{**one, "properties": {**one["properties"], "priority": 110}} for one in rules]
    clinic.attacks("PUT", group, {"location": "eastus2", "properties": {"securityRules": placed}}, "2024-01-01")
    return group


def _isolated(clinic: Clinic) -> str:
    _quarantine(clinic)
    return clinic.vm("phi-vm").nic


def _exported(clinic: Clinic) -> str:
    disk = clinic.disk("pacs")
    disk.exported()
    return disk.id


def _replicated(clinic: Clinic) -> str:
    account = clinic.account(STORE).replicates_to(clinic.foreign_account())
    found = clinic.estate.world.store.of_type("Microsoft.Storage/storageAccounts/objectReplicationPolicies", account.id)
    return str(found[0]["id"])


USER = "0a0a0a0a-0000-4000-8000-000000000001"
APP = "0b0b0b0b-0000-4000-8000-000000000002"
BLOCKED = "0c0c0c0c-0000-4000-8000-000000000003"
KEY = "0d0d0d0d-0000-4000-8000-000000000004"
DIRECTORY = "/providers/Microsoft.aadiam"


def _entry(kind: str, **state: object) -> Callable[[Clinic], str]:
    """An object of the directory."""

    def resource(clinic: Clinic) -> str:
        name = USER if kind == "users" else APP
        enabled = {} if kind == "applications" else {"accountEnabled": True}
        clinic.estate.graph.has(kind, {**enabled, "appId": f"client-{APP}", **state}, name)
        return f"{DIRECTORY}/{kind}/{name}"

    return resource


def _below(kind: str, **state: object) -> Callable[[Clinic], str]:
    """Something that an application or service principal holds, under the id that Graph gives it."""

    def resource(clinic: Clinic) -> str:
        return f"{DIRECTORY}/{kind}/{clinic.estate.graph.has(kind, dict(state))}"

    return resource


def _member(clinic: Clinic) -> str:
    _entry("users")(clinic)
    clinic.estate.graph.has("groups", {"displayName": "IR-Block"}, BLOCKED)
    return f"{DIRECTORY}/groups/{BLOCKED}/members/{USER}"


PROVIDERS = f"{GROUP}/providers"
ENTRY = {"tenantId": APP, "objectId": USER, "permissions": {"keys": ["decrypt", "purge"], "secrets": ["get"]}}


def _settable(path: str, **properties: object) -> Callable[[Clinic], str]:
    """A resource of which only its properties matter."""

    def place(clinic: Clinic) -> str:
        clinic.estate.world.store.seed(resource(f"{PROVIDERS}/{path}", **properties))
        return f"{PROVIDERS}/{path}"

    return place


def _vault(clinic: Clinic) -> Vault:
    return clinic.key_vault("exports-kv", enableRbacAuthorization=True)


SAFE_KEY = f"{PROVIDERS}/Microsoft.KeyVault/vaults/safe-kv/keys/databases"
EVIDENCE_SERVER = f"{PROVIDERS}/Microsoft.Sql/servers/evidence"
SHARED_VAULT = "shared-kv"


def _protected(clinic: Clinic) -> DatabaseServer:
    """A server whose key lies in a shared vault, and a vault that nobody but the server reaches."""
    server = clinic.database_server("ehr")
    closed = {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []}
    safe = clinic.key_vault("safe-kv", enablePurgeProtection=True, networkAcls=closed).with_key("databases")
    safe.has_always_admitted(server.identity, "get", "wrapKey", "unwrapKey")
    return server


def _known(clinic: Clinic) -> str:
    """The server knows the safe key."""
    server, safe = _protected(clinic), clinic.key_vault("safe-kv")
    uri = safe.uri("databases")
    clinic.estate.world.store.seed(resource(f"{server.id}/keys/{named(uri)}", serverKeyType="AzureKeyVault", uri=uri))
    return server.protector


def _copied(clinic: Clinic) -> str:
    clinic.estate.world.store.seed(resource(EVIDENCE_SERVER))
    return clinic.database_server("ehr").database("records")


def _app(clinic: Clinic) -> str:
    return clinic.function_app("intake").id


_VAULT, _SERVER, _SITE = (
    "Microsoft.KeyVault/vaults/clinic-kv",
    "Microsoft.Sql/servers/ehr",
    "Microsoft.Web/sites/intake",
)
SETTABLE_SCENES: dict[str, Scene] = {
    "deny_vault_network": Scene(resource=_settable(_VAULT)),
    "protect_vault_from_purge": Scene(resource=_settable(_VAULT), undone=False),
    "remove_vault_principal": Scene(
        resource=_settable(_VAULT, accessPolicies=[ENTRY, {**ENTRY, "objectId": APP}]), parameters={"principals": USER}
    ),
    "rotate_vault_key": Scene(resource=lambda clinic: _vault(clinic).key("exports"), undone=False, repeats=True),
    "disable_key_version": Scene(resource=lambda clinic: _vault(clinic).version("exports")),
    "add_tde_key": Scene(
        resource=lambda clinic: _protected(clinic).protector,
        parameters={"forensic_tde_key": SAFE_KEY, "exposed_vault": SHARED_VAULT},
        undone=False,
    ),
    "set_tde_protector": Scene(
        resource=_known, parameters={"forensic_tde_key": SAFE_KEY, "exposed_vault": SHARED_VAULT}
    ),
    "use_service_key": Scene(
        resource=lambda clinic: _protected(clinic).protector, parameters={"exposed_vault": SHARED_VAULT}
    ),
    "copy_database": Scene(resource=_copied, parameters={"forensic_sql_server": EVIDENCE_SERVER}, undone=False),
    "close_sql_server": Scene(resource=_settable(_SERVER, publicNetworkAccess="Enabled")),
    "delete_firewall_rule": Scene(
        resource=_settable(
            f"{_SERVER}/firewallRules/all",
            startIpAddress="0.0.0.0",  # noqa: S104 - the beginning of a range
            endIpAddress="255.255.255.255",
        )
    ),
    "disable_basic_publishing": Scene(
        resource=_settable(f"{_SITE}/basicPublishingCredentialsPolicies/ftp", allow=True)
    ),
    "close_function_network": Scene(resource=_settable(f"{_SITE}/config/web")),
    "stop_function": Scene(resource=_settable(_SITE, state="Running")),
    "give_identity": Scene(resource=_app),
    "turn_off_feature": Scene(resource=lambda clinic: clinic.function_app("intake").asks_flag("serves-south")),
    "rotate_function_keys": Scene(resource=_app, canaries=True, undone=False, repeats=True),
    "keep_logs": Scene(
        resource=_settable(
            "Microsoft.OperationalInsights/workspaces/soc-logs/tables/StorageBlobLogs", totalRetentionInDays=90
        ),
        undone=False,
    ),
    "make_vault_immutable": Scene(resource=_settable("Microsoft.RecoveryServices/vaults/nightly")),
}

_SENTINEL = "Microsoft.OperationalInsights/workspaces/soc-logs/providers/Microsoft.SecurityInsights"
_SUPPRESSION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Security/alertsSuppressionRules/quiet"
CLOSING = {
    "displayName": "tidy up",
    "order": 1,
    "triggeringLogic": {"isEnabled": True, "triggersOn": "Incidents", "triggersWhen": "Created", "conditions": []},
    "actions": [{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {"status": "Closed"}}],
}
ANALYTICS = {
    "displayName": "Anonymous reads",
    "enabled": True,
    "severity": "High",
    "query": "StorageBlobLogs | where AuthenticationType == 'Anonymous'",
    "queryFrequency": "PT5M",
    "queryPeriod": "PT1H",
    "triggerOperator": "GreaterThan",
    "triggerThreshold": 0,
    "suppressionEnabled": False,
    "suppressionDuration": "PT1H",
}


def _suppressed(clinic: Clinic) -> str:
    silenced = {"alertType": "Storage.Blob_OpenACL", "reason": "Noise", "state": "Enabled"}
    clinic.estate.world.store.seed(resource(_SUPPRESSION, **silenced))
    return _SUPPRESSION


_ASSIGNED = f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/hir-1-https"
_SECURE = {"policy": "404c3081-a854-4457-ae30-26a93ef643f9"}


def _assigned(clinic: Clinic, mode: str = "DoNotEnforce") -> str:
    definition = f"/providers/Microsoft.Authorization/policyDefinitions/{_SECURE['policy']}"
    said = {"displayName": "Secure transfer", "parameters": {"effect": {"value": "Deny"}}, "scope": GROUP}
    clinic.estate.world.store.seed(resource(_ASSIGNED, policyDefinitionId=definition, enforcementMode=mode, **said))
    return _ASSIGNED


def _exempted(clinic: Clinic) -> str:
    place = f"{_account(clinic)}/providers/Microsoft.Authorization/policyExemptions/for-the-scanner"
    clinic.estate.world.store.seed(
        resource(
            place, policyAssignmentId=_assigned(clinic), exemptionCategory="Waiver", expiresOn="2028-01-01T00:00:00Z"
        )
    )
    return place


POLICY_SCENES: dict[str, Scene] = {
    "assign_policy": Scene(resource=lambda _clinic: _ASSIGNED, parameters=_SECURE),
    "enforce_policy": Scene(resource=_assigned, parameters=_SECURE),
    "limit_exemption": Scene(resource=_exempted, parameters={"exempt_until": "2026-11-27"}),
    "remove_exemption": Scene(resource=_exempted, parameters={"exempt_by": "fewer than two"}),
}

_ITEM = "backupFabrics/Azure/protectionContainers/vm/protectedItems/pacs"
_NIGHTLY = f"{PROVIDERS}/Microsoft.RecoveryServices/vaults/nightly"
_WEEKLY = "Microsoft.DataProtection/backupVaults/weekly"


def _backed_up(clinic: Clinic) -> str:
    clinic.vault("nightly")
    return f"{_NIGHTLY}/{_ITEM}"


BACKUP_SCENES: dict[str, Scene] = {
    "keep_recovery_point": Scene(resource=_backed_up, parameters={"dispose_after": "2033-11-22"}, undone=False),
    "refuse_foreign_restores": Scene(resource=lambda clinic: (_backed_up(clinic), _NIGHTLY)[1]),
    "refuse_foreign_instance_restores": Scene(resource=_settable(_WEEKLY)),
    "make_instance_vault_immutable": Scene(resource=_settable(_WEEKLY)),
    "stop_backup": Scene(resource=_backed_up),
    "suspend_backups": Scene(
        resource=_settable(
            f"{_WEEKLY}/backupInstances/pacs-disk",
            currentProtectionState="ProtectionConfigured",
            objectType="BackupInstance",
            dataSourceInfo={"resourceID": f"{PROVIDERS}/Microsoft.Compute/disks/pacs"},
            policyInfo={"policyId": f"{PROVIDERS}/{_WEEKLY}/backupPolicies/daily"},
        )
    ),
}

_SOC = f"{PROVIDERS}/Microsoft.OperationalInsights/workspaces/soc-logs"


def _exported_tables(clinic: Clinic) -> str:
    for table in ("StorageBlobLogs", "Heartbeat"):
        clinic.estate.world.store.seed(resource(f"{_SOC}/tables/{table}", totalRetentionInDays=90))
    return f"{_SOC}/dataExports/hir-{{incident}}"


LOGGING_SCENES: dict[str, Scene] = {
    "restore_diagnostics": Scene(
        resource=lambda clinic: (
            f"{clinic.account(STORE).id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/hir-1"
        ),
        parameters={"forensic_workspace": _SOC},
    ),
    "export_logs": Scene(
        resource=_exported_tables,
        parameters={"forensic_account": f"{PROVIDERS}/Microsoft.Storage/storageAccounts/evidence"},
    ),
}

SILENCING_SCENES: dict[str, Scene] = {
    "delete_suppression_rule": Scene(resource=_suppressed),
    "disable_closing_rule": Scene(resource=_settable(f"{_SENTINEL}/automationRules/tidy", **CLOSING)),
    "restore_analytics_rule": Scene(
        resource=lambda _clinic: f"{PROVIDERS}/{_SENTINEL}/alertRules/anonymous-reads",
        parameters={"analytics_rule": json.dumps({"kind": "Scheduled", "properties": ANALYTICS})},
    ),
}

DIRECTORY_SCENES: dict[str, Scene] = {
    "revoke_sessions": Scene(resource=_entry("users"), undone=False, repeats=True),
    "disable_user": Scene(resource=_entry("users")),
    "block_user": Scene(resource=_member),
    "disable_service_principal": Scene(resource=_entry("servicePrincipals")),
    "remove_app_role": Scene(
        resource=_below(
            f"servicePrincipals/{APP}/appRoleAssignments", principalId=APP, resourceId="graph", appRoleId="mail"
        )
    ),
    "remove_app_credential": Scene(
        resource=_entry("applications", passwordCredentials=[{"keyId": KEY}, {"keyId": "another"}]),
        parameters={"credential_key": KEY},
        undone=False,
    ),
    "remove_federated_credential": Scene(
        resource=_below(f"applications/{APP}/federatedIdentityCredentials", name="ci", issuer="https://issuer.example")
    ),
    "remove_consent": Scene(
        resource=_below("oauth2PermissionGrants", clientId=APP, consentType="AllPrincipals", resourceId="r", scope="s")
    ),
    "confirm_user_compromised": Scene(resource=lambda _clinic: f"{DIRECTORY}/riskyUsers/{USER}"),
    "confirm_app_compromised": Scene(resource=lambda _clinic: f"{DIRECTORY}/riskyServicePrincipals/{APP}"),
}

SCENES: dict[str, Scene] = {
    "refuse_anonymous_readers": Scene(resource=lambda clinic: clinic.account(STORE).opens_to_anyone().id),
    "close_container": Scene(resource=lambda clinic: clinic.account(STORE).opens_to_anyone().container("scans")),
    "deny_public_network": Scene(resource=_account, parameters={"forensic_address": FORENSIC_ADDRESS}, canaries=True),
    "disable_public_network": Scene(resource=_account, canaries=True),
    "disable_shared_keys": Scene(resource=_account, canaries=True),
    "rotate_account_keys": Scene(resource=_account, canaries=True, undone=False, repeats=True),
    "revoke_delegation_keys": Scene(resource=_account, canaries=True, undone=False, repeats=True),
    "limit_sas_lifetime": Scene(resource=_account, undone=False),
    "block_long_sas": Scene(resource=lambda clinic: clinic.account(STORE).logs_long_sas().id, canaries=True),
    "drop_stored_policy": Scene(
        resource=lambda clinic: clinic.account(STORE).has_policy("scans", "partners").container("scans"), canaries=True
    ),
    "disable_local_users": Scene(resource=lambda clinic: clinic.account(STORE).local_user().id),
    "stop_cross_tenant_copy": Scene(resource=_account),
    "restrict_copy_scope": Scene(resource=_account, undone=False),
    "delete_replication_policy": Scene(
        resource=_replicated,
    ),
    "hold_container": Scene(resource=lambda clinic: clinic.account(STORE).container("scans")),
    "pause_lifecycle": Scene(
        resource=lambda clinic: f"{clinic.account(STORE).lifecycle_deletes().id}/managementPolicies/default"
    ),
    "keep_deleted_blobs": Scene(resource=lambda clinic: f"{clinic.account(STORE).id}/blobServices/default"),
    "reject_private_endpoint": Scene(resource=lambda clinic: clinic.account(STORE).private_endpoint()),
    "require_tls": Scene(resource=_with(supportsHttpsTrafficOnly=False, minimumTlsVersion="TLS1_0")),
    "make_evidence_immutable": Scene(
        resource=lambda clinic: f"{clinic.account(STORE).container('scans')}/immutabilityPolicies/default"
    ),
    "remove_role_assignment": Scene(resource=_role, undone=False),
    "deny_internet_egress": Scene(resource=lambda clinic: clinic.subnet("phi").opens_egress().nsg),
    "deny_peer_prefixes": Scene(
        resource=lambda clinic: clinic.subnet("phi").opens_egress(destination="10.66.0.0/16").nsg,
        parameters={"prefixes": "10.66.0.0/16, 10.67.8.0/24"},
    ),
    "quarantine_subnet": Scene(
        resource=lambda clinic: clinic.subnet("phi").opens_egress().nsg,
        parameters={"forensic_prefix": "10.99.0.0/28"},
    ),
    "turn_rule_to_deny": Scene(
        resource=lambda clinic: f"{clinic.subnet('phi').opens_egress().nsg}/securityRules/allow-all-out"
    ),
    "close_peering": Scene(resource=lambda clinic: clinic.peered_with().peering),
    "delete_peering": Scene(resource=lambda clinic: clinic.peered_with().peering, undone=False),
    "blackhole_route": Scene(
        resource=lambda clinic: f"{clinic.subnet('phi').routed()}/routes/hir-{{incident}}-203-0-113-0-24",
        parameters={"prefix": "203.0.113.0/24"},
    ),
    "isolate_network_card": Scene(
        resource=_isolated, parameters={"forensic_quarantine_group": f"{NETWORK}/quarantine-nsg"}
    ),
    "capture_packets": Scene(
        resource=lambda clinic: (clinic.subnet("phi"), clinic.vm("phi-vm").nic)[1],
        parameters={"forensic_account": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/evidence"},
    ),
    "revoke_disk_access": Scene(resource=_exported, undone=False),
    "snapshot_disk": Scene(
        resource=lambda clinic: clinic.disk("pacs").id, parameters={"forensic_group": GROUP}, undone=False
    ),
    "lock_against_deletion": Scene(
        resource=lambda clinic: f"{clinic.account(STORE).id}/providers/Microsoft.Authorization/locks/hir-{{incident}}"
    ),
    **DIRECTORY_SCENES,
    **SETTABLE_SCENES,
    **SILENCING_SCENES,
    **POLICY_SCENES,
    **BACKUP_SCENES,
    **LOGGING_SCENES,
}
