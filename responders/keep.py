"""What to change in infrastructure as code so that a containment stays: the property, in Bicep and in Terraform.

Names are those of Microsoft's Bicep reference and of the azurerm provider, version 4. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Keep:
    """The line that keeps a containment, in either language; empty where the language has no such property."""

    bicep: str
    terraform: str


DENY_RULE = "a securityRules entry with access: 'Deny' before every Allow"
DENY_RULE_TERRAFORM = 'an azurerm_network_security_rule with access = "Deny" before every Allow'

KEEP: Mapping[str, Keep] = {
    "refuse_anonymous_readers": Keep(
        "properties.allowBlobPublicAccess: false", "allow_nested_items_to_be_public = false"
    ),
    "close_container": Keep("properties.publicAccess: 'None'", 'container_access_type = "private"'),
    "deny_public_network": Keep(
        "properties.networkAcls.defaultAction: 'Deny'", 'network_rules { default_action = "Deny" }'
    ),
    "disable_public_network": Keep(
        "properties.publicNetworkAccess: 'Disabled'", "public_network_access_enabled = false"
    ),
    "disable_shared_keys": Keep("properties.allowSharedKeyAccess: false", "shared_access_key_enabled = false"),
    "stop_cross_tenant_copy": Keep(
        "properties.allowCrossTenantReplication: false", "cross_tenant_replication_enabled = false"
    ),
    "restrict_copy_scope": Keep("properties.allowedCopyScope: 'AAD'", 'allowed_copy_scope = "AAD"'),
    "disable_local_users": Keep(
        "properties.isLocalUserEnabled: false, properties.isSftpEnabled: false",
        "local_user_enabled = false, sftp_enabled = false",
    ),
    "limit_sas_lifetime": Keep(
        "properties.sasPolicy.sasExpirationPeriod: '0.01:00:00'", 'sas_policy { expiration_period = "00.01:00:00" }'
    ),
    "block_long_sas": Keep(
        "properties.sasPolicy.expirationAction: 'Block'", 'sas_policy { expiration_action = "Block" }'
    ),
    "require_tls": Keep(
        "properties.minimumTlsVersion: 'TLS1_2', properties.supportsHttpsTrafficOnly: true",
        'min_tls_version = "TLS1_2", https_traffic_only_enabled = true',
    ),
    "keep_deleted_blobs": Keep(
        "properties.isVersioningEnabled: true, properties.deleteRetentionPolicy.enabled: true",
        "blob_properties { versioning_enabled = true, delete_retention_policy { days = 365 } }",
    ),
    "pause_lifecycle": Keep(
        "no Microsoft.Storage/storageAccounts/managementPolicies while the hold lasts",
        "no azurerm_storage_management_policy while the hold lasts",
    ),
    "deny_internet_egress": Keep(DENY_RULE, DENY_RULE_TERRAFORM),
    "deny_peer_prefixes": Keep(DENY_RULE, DENY_RULE_TERRAFORM),
    "quarantine_subnet": Keep(DENY_RULE, DENY_RULE_TERRAFORM),
    "turn_rule_to_deny": Keep("properties.access: 'Deny' of the rule", 'access = "Deny"'),
    "close_peering": Keep(
        "properties.allowVirtualNetworkAccess: false, properties.allowForwardedTraffic: false",
        "allow_virtual_network_access = false, allow_forwarded_traffic = false",
    ),
    "blackhole_route": Keep("a routes entry with nextHopType: 'None'", 'route { next_hop_type = "None" }'),
    "lock_against_deletion": Keep(
        "a Microsoft.Authorization/locks with level: 'CanNotDelete'",
        'azurerm_management_lock, lock_level = "CanNotDelete"',
    ),
    "reject_private_endpoint": Keep(
        "no manual connection of the foreign private endpoint", "no private_service_connection of the foreign endpoint"
    ),
    "deny_vault_network": Keep(
        "properties.networkAcls.defaultAction: 'Deny'", 'network_acls { default_action = "Deny" }'
    ),
    "close_sql_server": Keep("properties.publicNetworkAccess: 'Disabled'", "public_network_access_enabled = false"),
    "delete_firewall_rule": Keep(
        "no Microsoft.Sql/servers/firewallRules over the whole Internet", "no azurerm_mssql_firewall_rule over it"
    ),
    "disable_basic_publishing": Keep(
        "basicPublishingCredentialsPolicies with properties.allow: false",
        "ftp_publish_basic_authentication_enabled = false, webdeploy_publish_basic_authentication_enabled = false",
    ),
    "close_function_network": Keep(
        "properties.publicNetworkAccess: 'Disabled'", "public_network_access_enabled = false"
    ),
    "turn_off_feature": Keep(
        "properties.value of the keyValues with enabled: false",
        "azurerm_app_configuration_feature, enabled = false",
    ),
    "set_tde_protector": Keep(
        "encryptionProtector with properties.serverKeyName of the safe key",
        "azurerm_mssql_server_transparent_data_encryption { key_vault_key_id = the safe key }",
    ),
    "use_service_key": Keep(
        "encryptionProtector with properties.serverKeyType: 'ServiceManaged'",
        "azurerm_mssql_server_transparent_data_encryption without key_vault_key_id",
    ),
    "give_identity": Keep("identity.type: 'SystemAssigned'", 'identity { type = "SystemAssigned" }'),
    "make_vault_immutable": Keep(
        "properties.securitySettings.immutabilitySettings.state: 'Unlocked'", 'immutability = "Unlocked"'
    ),
    "make_instance_vault_immutable": Keep(
        "properties.securitySettings.immutabilitySettings.state: 'Unlocked'",
        'azurerm_data_protection_backup_vault, immutability = "Unlocked"',
    ),
    "assign_policy": Keep(
        "a Microsoft.Authorization/policyAssignments of the policy", "an azurerm_resource_group_policy_assignment of it"
    ),
    "enforce_policy": Keep("properties.enforcementMode: 'Default'", "enforce = true"),
    "limit_exemption": Keep("properties.expiresOn of the policyExemptions, within seven days", "expires_on, likewise"),
    "remove_exemption": Keep("no policyExemptions of that name", "no azurerm_resource_policy_exemption of that name"),
    "refuse_foreign_restores": Keep(
        "properties.restoreSettings.crossSubscriptionRestoreSettings.crossSubscriptionRestoreState: 'Disabled'",
        "azapi_update_resource with the same property: azurerm has none",
    ),
    "refuse_foreign_instance_restores": Keep(
        "properties.featureSettings.crossSubscriptionRestoreSettings.state: 'Disabled'",
        "azapi_update_resource with the same property: azurerm has none",
    ),
    "stop_backup": Keep("properties.protectionState: 'ProtectionStopped'", 'protection_state = "ProtectionStopped"'),
    "restore_diagnostics": Keep(
        "a Microsoft.Insights/diagnosticSettings with logs: [{ categoryGroup: 'allLogs', enabled: true }]",
        'azurerm_monitor_diagnostic_setting { enabled_log { category_group = "allLogs" } }',
    ),
    "export_logs": Keep(
        "properties.enable: true of the dataExports", "enabled = true of the azurerm_log_analytics_data_export_rule"
    ),
    "delete_suppression_rule": Keep(
        "no Microsoft.Security/alertsSuppressionRules of that type of alert",
        "no azapi_resource of that type: azurerm has none",
    ),
    "disable_closing_rule": Keep("properties.triggeringLogic.isEnabled: false", "enabled = false"),
    "restore_analytics_rule": Keep("properties.enabled: true of the rule", "enabled = true"),
}
