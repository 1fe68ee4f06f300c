"""The recorded runs that a measure is to follow, and the recorded states that it is to judge, group by group.

A recording was made for another purpose than ours: where the measure asks for something else, the case says what.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from incident.resource import ResourceId
from incident.target import Before

type Proof = Mapping[str, bool | None]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A recording from the exchange `first` on, and the measure that is to follow it.

    `also`: other groups that hold a part of the same run. `reads`: whether the recorded run reads first. `takes` shapes
    the state that was read, where the recorded run had another beginning than an attack has; `of` leads from the
    resource that is written to the one that the measure is for. `ours`: what the measure asks for, by dotted name, and
    the recorded request does not, or otherwise; `theirs`: what a recorded PUT has besides. `proof`: what verification
    finds afterwards; None where it reads what this recording does not hold. `ends`: whether the recording has the end
    of the operation where the measure looks for it.
    """

    measure: str
    group: str
    file: str
    first: int
    also: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    reads: bool = True
    takes: Callable[[Before], Before] = lambda before: before
    of: Callable[[ResourceId], ResourceId] = lambda written: written
    ours: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()
    proof: Proof | None = None
    ends: bool = True


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A recorded answer to a read, and what the measure's verification says of it; `asks`: whether it then has a call.

    For measures whose request is recorded nowhere, or by another method.
    """

    measure: str
    group: str
    file: str
    first: int
    proof: Proof
    asks: bool = True
    parameters: Mapping[str, str] = field(default_factory=dict)


def opened(**properties: Any) -> Callable[[Before], Before]:
    """The state with these properties."""
    return lambda before: Before({**before.body, "properties": {**before.properties, **properties}})


def protector(of_server: ResourceId) -> ResourceId:
    """What protects the databases of the server that a key is for."""
    server = of_server.climb("microsoft.sql/servers") or of_server
    return server.child("encryptionProtector", "current")


def under_another_key(before: Before) -> Before:
    """A protector by a key of the vault `leaked`, where the recorded key is to be the safe one."""
    vault, key, version = "sqltdebyok000003", "sqltdebyok000005", "3a34ae0cbbcc4cd68128d1b5efa05b8b"
    address = f"https://{vault}.vault.azure.net/keys/{key}/{version}"
    safe = {"vault": {"name": vault}, "key": {"properties": {"keyUriWithVersion": address}}}
    terms = {"serverKeyName": "leaked_tde_1", "serverKeyType": "AzureKeyVault", "autoRotationEnabled": True}
    return Before({**before.body, "properties": terms, "known": False, "safe": safe})


def as_backed_up(before: Before) -> Before:
    """The file share that the recorded run protects, as it is before that run stops its backups."""
    source = "Microsoft.storage/storageAccounts/clitest000003"
    group = before.body["id"].partition("/providers/")[0]
    return opened(protectedItemType="AzureFileShareProtectedItem", sourceResourceId=f"{group}/providers/{source}")(
        before
    )


SAFE_KEY = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/sqltdebyok000003/keys/sqltdebyok000005"
)
LEAKED = {"forensic_tde_key": SAFE_KEY, "exposed_vault": "leaked"}
KEY = "sqltdebyok000003_sqltdebyok000005_3a34ae0cbbcc4cd68128d1b5efa05b8b"
QUARANTINE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/quarantine"

UPDATE, SERVICES = "storage-account-update", "storage-blobservice"
RECORDED = (
    Recorded(
        measure="disable_shared_keys",
        group=UPDATE,
        file="test_storage_account_with_shared_key_access.json",
        first=0,
        proof={"keys_refused": True, "signed_by_key_refused": None},
    ),
    Recorded(
        measure="stop_cross_tenant_copy",
        group=UPDATE,
        file="test_storage_account_allow_cross_tenant_replication.json",
        first=5,
        takes=opened(allowCrossTenantReplication=True),
    ),
    Recorded(
        measure="deny_public_network",
        group=UPDATE,
        file="test_storage_account_resource_access_rules.json",
        first=3,
        ours=frozenset({"properties.networkAcls.bypass", "properties.networkAcls.defaultAction"}),
        proof={"default_denies": False, "stranger_refused": False},
    ),
    Recorded(
        measure="require_tls",
        group=UPDATE,
        file="test_storage_account_with_key_and_sas_policy.json",
        first=11,
        ours=frozenset({"properties.minimumTlsVersion"}),
        proof={"only_current_tls": False},
    ),
    Recorded(
        measure="limit_sas_lifetime",
        group=UPDATE,
        file="test_storage_account_with_key_and_sas_policy.json",
        first=11,
        ours=frozenset(
            {
                "properties.keyPolicy.keyExpirationPeriodInDays",
                "properties.sasPolicy.expirationAction",
                "properties.sasPolicy.sasExpirationPeriod",
            }
        ),
        proof={"lifetimes_limited": False},
    ),
    Recorded(
        measure="rotate_account_keys",
        group="storage-regenerate-key",
        file="test_renew_account_key.json",
        first=1,
        parameters={"key": "key1"},
        reads=False,
    ),
    Recorded(
        measure="keep_deleted_blobs",
        group=SERVICES,
        file="test_storage_account_update_delete_retention_policy.json",
        first=0,
        reads=False,
        ours=frozenset(
            {
                "properties.changeFeed.enabled",
                "properties.containerDeleteRetentionPolicy.days",
                "properties.containerDeleteRetentionPolicy.enabled",
                "properties.deleteRetentionPolicy.days",
                "properties.isVersioningEnabled",
            }
        ),
        theirs=frozenset({"properties.cors.corsRules"}),
    ),
    Recorded(
        measure="hold_container",
        group="storage-legalhold",
        file="test_legal_hold.json",
        first=4,
        reads=False,
        ours=frozenset({"allowProtectedAppendWritesAll", "tags"}),
    ),
    Recorded(
        measure="make_evidence_immutable",
        group="storage-immutability",
        file="test_immutability_policy.json",
        first=3,
        reads=False,
        ours=frozenset({"properties.immutabilityPeriodSinceCreationInDays"}),
        proof={"immutable": False},
    ),
    Recorded(
        measure="reject_private_endpoint",
        group="storage-pec",
        file="test_private_endpoint_connection_storage_account.2021.json",
        first=14,
        ours=frozenset({"properties.privateLinkServiceConnectionState.description"}),
        theirs=frozenset(
            {
                "name",
                "properties.privateEndpoint",
                "properties.privateLinkServiceConnectionState.actionRequired",
                "type",
            }
        ),
    ),
    Recorded(
        measure="turn_rule_to_deny",
        group="nsg-rule",
        file="test_network_nsg.json",
        first=13,
        takes=opened(access="Allow"),
        ours=frozenset(
            {
                "properties.destinationAddressPrefix",
                "properties.destinationPortRange",
                "properties.direction",
                "properties.priority",
                "properties.protocol",
                "properties.sourceAddressPrefix",
                "properties.sourcePortRange",
            }
        ),
        theirs=frozenset({"properties.description"}),
    ),
    Recorded(
        measure="close_peering",
        group="vnet-peering",
        file="test_network_vnet_peering.json",
        first=46,
        ours=frozenset({"properties.allowForwardedTraffic"}),
        theirs=frozenset({"name", "properties.peeringState", "properties.peeringSyncLevel", "type"}),
    ),
    Recorded(
        measure="delete_peering",
        group="vnet-peering",
        file="test_network_vnet_peering.json",
        first=46,
        ours=frozenset({"properties.allowForwardedTraffic"}),
        theirs=frozenset({"name", "properties.peeringState", "properties.peeringSyncLevel", "type"}),
    ),
    Recorded(
        measure="lock_against_deletion",
        group="lock",
        file="test_lock_commands_with_ids.json",
        first=8,
        reads=False,
        ours=frozenset({"properties.notes"}),
        proof={"locked": True},
    ),
    Recorded(
        measure="restore_diagnostics",
        group="diag",
        file="test_monitor_diagnostic_settings_scenario.json",
        first=0,
        parameters={"forensic_workspace": "/subscriptions/s/resourceGroups/g/providers/w/w/soc-logs"},
        reads=False,
        ours=frozenset({"properties.logs", "properties.workspaceId"}),
        theirs=frozenset({"properties.storageAccountId"}),
        proof={"so": False},
    ),
    Recorded(
        measure="assign_policy",
        group="policy-assignment",
        file="test_resource_policy_non_compliance_messages.json",
        first=0,
        parameters={"policy": "404c3081-a854-4457-ae30-26a93ef643f9"},
        reads=False,
        takes=lambda before: Before({**before.body, "absent": True}),
        ours=frozenset(
            {"properties.displayName", "properties.parameters.effect.value", "properties.policyDefinitionId"}
        ),
        proof={"so": False},
    ),
    Recorded(
        measure="remove_role_assignment",
        group="role-assignment",
        file="test_role_assignment_create_update.json",
        first=4,
        reads=False,
        proof={"gone": False},
    ),
    Recorded(
        measure="disable_closing_rule",
        group="sentinel",
        file="test_sentinel_automation_rule_crud.json",
        first=7,
        ours=frozenset({"properties.actions", "properties.displayName", "properties.triggeringLogic.isEnabled"}),
        proof={"so": False},
    ),
    Recorded(
        measure="restore_analytics_rule",
        group="sentinel",
        file="test_sentinel_metadata_crud.json",
        first=5,
        parameters={
            "analytics_rule": '{"kind": "MicrosoftSecurityIncidentCreation", "properties": {"displayName": "testing", '
            '"productFilter": "Microsoft Cloud App Security"}}'
        },
        reads=False,
        takes=lambda before: Before({**before.body, "absent": True}),
        proof={"so": True},
    ),
    Recorded(
        measure="delete_firewall_rule", group="sql-firewall", file="test_sql_firewall_mgmt.json", first=22, reads=False
    ),
    Recorded(
        measure="add_tde_key",
        group="sql-key",
        file="test_sql_tdebyok.2021.json",
        first=78,
        parameters=LEAKED,
        reads=False,
        takes=under_another_key,
        of=protector,
    ),
    Recorded(
        measure="set_tde_protector",
        group="sql-protector",
        file="test_sql_tdebyok.2021.json",
        first=84,
        parameters=LEAKED,
        reads=False,
        takes=under_another_key,
    ),
    Recorded(
        measure="use_service_key",
        group="sql-protector",
        file="test_sql_tdebyok.2021.json",
        first=87,
        parameters={"exposed_vault": "sqltdebyok000003"},
    ),
    Recorded(
        measure="forget_tde_key",
        group="sql-key",
        file="test_sql_tdebyok.2021.json",
        first=101,
        also=("sql-protector",),
        parameters={"exposed_vault": "sqltdebyok000003"},
        takes=opened(serverKeyName=KEY),
        of=protector,
        proof={"moved": True},
    ),
    Recorded(
        measure="close_function_network",
        group="web-config",
        file="test_functionapp_access_restriction_add_ip_address_validation.json",
        first=0,
        ours=frozenset({"properties.publicNetworkAccess"}),
        proof={"set": False},
    ),
    Recorded(measure="stop_function", group="web-stop", file="test_webapp_e2e.json", first=28, reads=False),
    Recorded(
        measure="stop_backup",
        group="backup-item",
        file="test_afs_backup_protection.json",
        first=49,
        reads=False,
        takes=as_backed_up,
        ends=False,
        theirs=frozenset({"properties.policyId"}),
    ),
    Recorded(
        measure="isolate_network_card",
        group="nic",
        file="test_multiple_ipconfigs_remove_by_shorthand.json",
        first=7,
        parameters={"forensic_quarantine_group": QUARANTINE},
        ours=frozenset({"properties.ipConfigurations", "properties.networkSecurityGroup"}),
    ),
    Recorded(
        measure="close_container",
        group="storage-container",
        file="test_storage_container_squash_scenario.json",
        first=18,
        takes=opened(publicAccess="Container"),
    ),
    Recorded(
        measure="lock_immutability",
        group="storage-immutability",
        file="test_immutability_policy.json",
        first=10,
        proof={"locked": True},
    ),
    Recorded(
        measure="make_vault_immutable",
        group="vault",
        file="test_backup_encryption.json",
        first=17,
        ours=frozenset({"properties.securitySettings.immutabilitySettings.state"}),
        proof={"set": False},
    ),
    Recorded(
        measure="refuse_foreign_restores",
        group="vault",
        file="test_backup_encryption.json",
        first=21,
        ours=frozenset({"properties.restoreSettings.crossSubscriptionRestoreSettings.crossSubscriptionRestoreState"}),
        proof={"set": False},
    ),
    Recorded(
        measure="enforce_policy",
        group="policy-assignment",
        file="test_resource_policy_non_compliance_messages.json",
        first=4,
        parameters={"policy": "095e4ed9-c835-4ab6-9439-b5644362a06c"},
        ours=frozenset({"properties.enforcementMode"}),
        theirs=frozenset({"properties.nonComplianceMessages"}),
        proof={"so": False},
    ),
    Recorded(
        measure="remove_app_credential",
        group="graph-app",
        file="test_create_for_rbac_create_cert.json",
        first=5,
        parameters={"credential_key": "88888888-0000-0000-0000-000000000001"},
        ours=frozenset({"keyCredentials"}),
        proof={"gone": True},
    ),
)


INSTANCES = "test_dataprotection_backup_vault_create_and_delete.json"
JUDGED = (
    Judged(
        measure="make_instance_vault_immutable",
        group="dataprotection-vault",
        file=INSTANCES,
        first=2,
        proof={"set": True},
        asks=False,  # it is locked
    ),
    Judged(
        measure="refuse_foreign_instance_restores",
        group="dataprotection-vault",
        file=INSTANCES,
        first=2,
        proof={"set": False},
    ),
    Judged(
        measure="disable_service_principal",
        group="graph-app",
        file="test_app_permission.json",
        first=3,
        proof={"principal_off": False},
    ),
    Judged(
        measure="remove_app_credential",
        group="graph-app",
        file="test_app_permission.json",
        first=10,
        parameters={"credential_key": "63821466-63b8-4320-9d5a-7b45f5e774bc"},
        proof={"gone": False},
    ),
    Judged(
        measure="remove_app_credential",
        group="graph-app",
        file="test_app_permission.json",
        first=10,
        parameters={"credential_key": "another"},
        proof={"gone": True},
        asks=False,
    ),
    Judged(
        measure="remove_vault_principal",
        group="keyvault",
        file="test_webapp_ssl_import.json",
        first=19,
        parameters={"principals": "f8daea97-62e7-4026-becf-13c2ea98e8b4"},
        proof={"gone": False},
    ),
    Judged(
        measure="remove_vault_principal",
        group="keyvault",
        file="test_webapp_ssl_import.json",
        first=8,
        parameters={"principals": "f8daea97-62e7-4026-becf-13c2ea98e8b4"},
        proof={"gone": True},
        asks=False,
    ),
    Judged(
        measure="deny_vault_network",
        group="keyvault",
        file="test_backup_encryption.json",
        first=38,
        proof={"set": False},
    ),
    Judged(
        measure="protect_vault_from_purge",
        group="keyvault",
        file="test_backup_encryption.json",
        first=38,
        proof={"set": False},
    ),
    Judged(
        measure="protect_vault_from_purge",
        group="keyvault",
        file="test_keyvault_mgmt.json",
        first=11,
        proof={"set": True},
        asks=False,
    ),
    Judged(
        measure="keep_logs",
        group="law-table",
        file="test_monitor_log_analytics_workspace_table_retention_validation.json",
        first=6,
        proof={"kept_six_years": False},
    ),
    Judged(
        measure="keep_logs",
        group="law-table",
        file="test_monitor_log_analytics_workspace_table_total_retention_upper_fix.json",
        first=6,
        proof={"kept_six_years": True},
        asks=False,
    ),
    Judged(
        measure="deny_internet_egress",
        group="nsg",
        file="test_network_nsg.json",
        first=3,
        proof={"deny_stands": False, "flows_flushed": False, "settled": True, "stranger_unreachable": None},
    ),
    Judged(measure="close_sql_server", group="sql-server", file="test_aad_admin.json", first=11, proof={"set": False}),
    Judged(
        measure="disable_public_network",
        group="storage-account-create",
        file="test_functionapp_consumption_disabled_public_network_access_storage.json",
        first=6,
        proof={"endpoint_closed": True, "stranger_refused": False},
        asks=False,
    ),
    Judged(
        measure="disable_public_network",
        group="storage-account-create",
        file="test_functionapp_cors.json",
        first=9,
        proof={"endpoint_closed": False, "stranger_refused": False},
    ),
    Judged(
        measure="give_identity",
        group="web-site",
        file="test_functionapp_consumption_e2e.json",
        first=24,
        proof={"principal": False},
    ),
    Judged(
        measure="stop_function",
        group="web-site",
        file="test_functionapp_consumption_e2e.json",
        first=24,
        proof={"stopped": False},
    ),
)
