"""A tour of what the estate offers besides the first operations: everything is asked for once, by raw requests."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from detection import analytics
from detection.analytics.deployed import body
from drills.estate.clinic import GROUP, WATCHER, WORKSPACE, Clinic
from drills.estate.databases import named
from drills.estate.governance import SECURE_TRANSFER
from drills.estate.places import THEIRS
from drills.estate.roles import definition_id
from drills.estate.settable import resource
from tests.responders.measures.scenes import CLOSING, SCENES

type Ask = Callable[..., Awaitable[Any]]

LASTING = {"objectType": "IaasVMBackupRequest", "recoveryPointExpiryTimeInUTC": "2033-11-22T00:00:00Z"}
NETWORK = "/providers/Microsoft.Network"
WATCHING = f"{WATCHER}/NetworkWatcher_eastus2"
OFFERED = {
    f"{group}_{name}"
    for group, names in {
        "AlertRules": "CreateOrUpdate Delete Get",
        "AlertsSuppressionRules": "Delete Get Update",
        "DiagnosticSettings": "CreateOrUpdate Delete Get List",
        "BackupInstances": "Get ResumeBackups SuspendBackups TriggerRestore",
        "BackupVaults": "Get Update",
        "OperationStatusBackupVaultContext": "Get",
        "Backups": "Trigger",
        "ProtectedItemOperationStatuses": "Get",
        "PolicyAssignments": "Create Delete Get",
        "PolicyExemptions": "CreateOrUpdate Delete Get",
        "PolicySetDefinitions": "GetBuiltIn",
        "ProtectedItems": "CreateOrUpdate Delete Get",
        "RecoveryPoints": "List",
        "Restores": "Trigger",
        "AutomationRules": "CreateOrUpdate Delete Get",
        "IncidentComments": "CreateOrUpdate Get List",
        "Incidents": "CreateOrUpdate",
        "BlobContainers": (
            "ClearLegalHold CreateOrUpdateImmutabilityPolicy DeleteImmutabilityPolicy"
            " GetImmutabilityPolicy SetLegalHold"
        ),
        "BlobServices": "GetServiceProperties SetServiceProperties",
        "Databases": "CreateOrUpdate Get ListByServer",
        "Disks": "Get GrantAccess List ListByResourceGroup RevokeAccess",
        "EncryptionProtectors": "CreateOrUpdate Get",
        "FirewallRules": "CreateOrUpdate Delete Get ListByServer",
        "FlowLogs": "CreateOrUpdate Delete Get List",
        "Keys": "Get GetVersion List",
        "LocalUsers": "CreateOrUpdate Delete Get List RegeneratePassword",
        "ManagementLocks": (
            "CreateOrUpdateAtResourceGroupLevel CreateOrUpdateByScope DeleteAtResourceGroupLevel"
            " DeleteByScope GetAtResourceGroupLevel GetByScope ListAtResourceGroupLevel ListByScope"
        ),
        "ManagementPolicies": "CreateOrUpdate Delete Get",
        "NatGateways": "CreateOrUpdate Delete Get List ListAll",
        "NetworkInterfaces": "CreateOrUpdate GetEffectiveRouteTable ListAll ListEffectiveNetworkSecurityGroups",
        "NetworkWatchers": "GetNextHop",
        "ObjectReplicationPolicies": "CreateOrUpdate Delete Get List",
        "PacketCaptures": "Create Delete Get List Stop",
        "PrivateEndpointConnections": "Delete Get List Put",
        "PublicIPAddresses": "CreateOrUpdate Delete Get List ListAll",
        "RoleAssignments": "Create Delete Get ListForResource",
        "RoleEligibilityScheduleInstances": "Get ListForScope",
        "RoleEligibilityScheduleRequests": "Create",
        "RouteTables": "CreateOrUpdate Delete Get List ListAll",
        "Routes": "CreateOrUpdate Delete Get List",
        "ServerKeys": "CreateOrUpdate Get",
        "Servers": "CreateOrUpdate Get List Update",
        "Snapshots": "CreateOrUpdate Delete Get GrantAccess List ListByResourceGroup RevokeAccess",
        "StorageAccounts": "ListKeys RegenerateKey RevokeUserDelegationKeys",
        "Tables": "CreateOrUpdate Get ListByWorkspace Update",
        "Vaults": "CreateOrUpdate Get Update UpdateAccessPolicy",
        "TransparentDataEncryptions": "Get",
        "VirtualNetworkPeerings": "CreateOrUpdate Delete Get List",
        "Workspaces": "Get",
        "WebApps": (
            "CreateOrUpdateFunctionSecret CreateOrUpdateHostSecret GenerateNewSitePublishingPassword Get"
            " GetConfiguration GetFtpAllowed ListFunctions Start Stop Update UpdateConfiguration UpdateFtpAllowed"
        ),
    }.items()
    for name in names.split()
}


async def keys(clinic: Clinic, ask: Ask) -> None:
    account = clinic.account("phistore").id
    await ask("POST", f"{account}/listKeys")
    await ask("POST", f"{account}/regenerateKey", {"keyName": "key1"})
    await ask("POST", f"{account}/revokeUserDelegationKeys")


async def replication(clinic: Clinic, ask: Ask) -> None:
    source, target = clinic.account("phistore").id, clinic.account("mirror", containers={"scans": 0}).id
    rule = {"sourceContainer": "scans", "destinationContainer": "scans"}
    policy = {"properties": {"sourceAccount": source, "destinationAccount": target, "rules": [rule]}}
    await ask("PUT", f"{target}/objectReplicationPolicies/default", policy)
    (made,) = (await ask("GET", f"{target}/objectReplicationPolicies"))["value"]
    one = f"{source}/objectReplicationPolicies/{made['name']}"
    await ask("PUT", one, policy)
    await ask("GET", one)
    await ask("DELETE", one)


async def recovery(clinic: Clinic, ask: Ask) -> None:
    account = clinic.account("phistore")
    service, container = f"{account.id}/blobServices/default", account.container("scans")
    await ask("GET", service)
    await ask("PUT", service, {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 30}}})
    await ask("POST", f"{container}/setLegalHold", {"tags": ["hirone"], "allowProtectedAppendWritesAll": True})
    await ask("GET", container)
    await ask("POST", f"{container}/clearLegalHold", {"tags": ["hirone"]})
    policy = f"{container}/immutabilityPolicies/default"
    period = {"immutabilityPeriodSinceCreationInDays": 2, "allowProtectedAppendWrites": True}
    await ask("GET", policy)
    await ask("PUT", policy, {"properties": period})
    made = await ask("GET", policy)
    await ask("GET", container)
    assert await ask("DELETE", policy, if_match='"stale"') is None
    await ask("DELETE", policy, if_match=made["etag"])
    lifecycle = f"{account.id}/managementPolicies/default"
    assert await ask("GET", lifecycle) is None
    account.lifecycle_deletes()
    held = await ask("GET", lifecycle)
    await ask("DELETE", lifecycle)
    await ask("PUT", lifecycle, {"properties": {"policy": held["properties"]["policy"]}})


async def doors(clinic: Clinic, ask: Ask) -> None:
    account = clinic.account("phistore")
    one, users = account.private_endpoint(), f"{account.id}/localUsers"
    await ask("GET", one.rpartition("/")[0])
    await ask("GET", account.id)
    await ask("GET", one)
    state = {"status": "Rejected", "description": "Containment"}
    await ask("PUT", one, {"properties": {"privateLinkServiceConnectionState": state}})
    await ask("DELETE", one)
    scope = {"permissions": "rl", "service": "blob", "resourceName": "scans"}
    user = {"permissionScopes": [scope], "homeDirectory": "scans", "hasSshPassword": True}
    await ask("PUT", f"{users}/courier", {"properties": user})
    await ask("GET", users)
    await ask("GET", f"{users}/courier")
    await ask("POST", f"{users}/courier/regeneratePassword")
    await ask("DELETE", f"{users}/courier")


async def roles(clinic: Clinic, ask: Ask) -> None:
    path = f"{clinic.account('phistore').id}/providers/Microsoft.Authorization/roleAssignments"
    one, role = f"{path}/{uuid4()}", definition_id(clinic.estate.world, "Storage Blob Data Reader")
    await ask("PUT", one, {"properties": {"roleDefinitionId": role, "principalId": str(uuid4())}})
    await ask("GET", one)
    await ask("GET", path)
    await ask("DELETE", one)
    await ask("DELETE", one)


async def eligibilities(clinic: Clinic, ask: Ask) -> None:
    who, kind = clinic.user("tour-nurse").principal, "providers/Microsoft.Authorization/roleEligibilitySchedule"
    held = clinic.estate.makes_eligible(who, "Reader", GROUP)
    await ask("GET", held)
    await ask("GET", f"{GROUP}/{kind}Instances")
    terms = {"principalId": who.oid, "roleDefinitionId": definition_id(clinic.estate.world, "Reader")}
    await ask("PUT", f"{GROUP}/{kind}Requests/{uuid4()}", {"properties": {**terms, "requestType": "AdminRemove"}})


async def locks(clinic: Clinic, ask: Ask) -> None:
    account = clinic.account("phistore").id
    for scope in (account, GROUP):
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        await ask("PUT", f"{path}/hir-1", {"properties": {"level": "CanNotDelete", "notes": "containment"}})
        await ask("GET", f"{path}/hir-1")
        await ask("GET", path)
        assert await ask("DELETE", account) is None
        await ask("DELETE", f"{path}/hir-1")
        await ask("DELETE", f"{path}/hir-1")


async def peerings(clinic: Clinic, ask: Ask) -> None:
    hostile = clinic.peered_with()
    assert (await ask("GET", hostile.peering))["properties"]["peeringState"] == "Connected"
    await ask("PUT", hostile.peering, {"properties": {"remoteVirtualNetwork": {"id": hostile.id}}})
    await ask("GET", hostile.peering.rpartition("/")[0])
    await ask("GET", hostile.peering.rsplit("/", 2)[0])
    await ask("DELETE", hostile.peering)


async def paths(clinic: Clinic, ask: Ask) -> None:
    table, nat = clinic.subnet("phi").routed(), clinic.subnet("phi").leaves_by_nat()
    hole = {"properties": {"addressPrefix": "203.0.113.0/24", "nextHopType": "None"}}
    for path, sent in ((f"{table}/routes/hir-1", hole), (f"{table}-2", {"location": "eastus2", "properties": {}})):
        await ask("PUT", path, sent)
        await ask("GET", path)
        await ask("GET", path.rpartition("/")[0])
        await ask("DELETE", path)
    await ask("GET", table)
    await ask("GET", f"{clinic.estate.world.scope}{NETWORK}/routeTables")
    sku = {"location": "eastus2", "sku": {"name": "Standard"}}
    public = {"publicIPAllocationMethod": "Static"}
    for path, made in ((f"{GROUP}{NETWORK}/publicIPAddresses", public), (nat.rpartition("/")[0], {})):
        await ask("GET", path)
        await ask("GET", path.replace("/resourceGroups/clinic", ""))
        await ask("PUT", f"{path}/fresh", sku | {"properties": made})
        await ask("GET", f"{path}/fresh")
        await ask("DELETE", f"{path}/fresh")


async def interfaces(clinic: Clinic, ask: Ask) -> None:
    machine, group = clinic.vm("pacs"), {"networkSecurityGroup": {"id": clinic.subnet("phi").nsg}}
    nic = await ask("GET", machine.nic)
    sent = {"ipConfigurations": nic["properties"]["ipConfigurations"]} | group
    await ask("PUT", machine.nic, {"location": "eastus2", "properties": sent})
    await ask("GET", f"{clinic.estate.world.scope}{NETWORK}/networkInterfaces")
    await ask("POST", f"{machine.nic}/effectiveNetworkSecurityGroups")
    await ask("POST", f"{machine.nic}/effectiveRouteTable")
    hop = {"targetResourceId": machine.id, "sourceIPAddress": "10.20.1.5", "destinationIPAddress": "203.0.113.9"}
    await ask("POST", f"{WATCHING}/nextHop", hop)


async def captures(clinic: Clinic, ask: Ask) -> None:
    account, network = clinic.account("phistore").id, clinic.subnet("phi").id.rpartition("/subnets/")[0]
    capture = {"storageLocation": {"storageId": account}, "target": clinic.vm("pacs").id}
    log = {"targetResourceId": network, "storageId": account}
    await ask("PUT", f"{WATCHING}/packetCaptures/one", {"properties": capture})
    await ask("PUT", f"{WATCHING}/flowLogs/one", {"location": "eastus2", "properties": log})
    await ask("POST", f"{WATCHING}/packetCaptures/one/stop")
    for kind in ("packetCaptures", "flowLogs"):
        await ask("GET", f"{WATCHING}/{kind}")
        await ask("GET", f"{WATCHING}/{kind}/one")
        await ask("DELETE", f"{WATCHING}/{kind}/one")


async def disks(clinic: Clinic, ask: Ask) -> None:
    disk, snapshot = clinic.disk("pacs-os").id, f"{GROUP}/providers/Microsoft.Compute/snapshots/copy"
    copy = {"creationData": {"createOption": "Copy", "sourceResourceId": disk}, "incremental": True}
    await ask("PUT", snapshot, {"location": "eastus2", "properties": copy})
    for one in (disk, snapshot):
        await ask("GET", one)
        await ask("GET", one.rpartition("/")[0])
        await ask("GET", one.rpartition("/")[0].replace("/resourceGroups/clinic", ""))
        await ask("POST", f"{one}/beginGetAccess", {"access": "Read", "durationInSeconds": 60})
        await ask("POST", f"{one}/endGetAccess")
    await ask("DELETE", snapshot)


async def incidents(clinic: Clinic, ask: Ask) -> None:
    one = clinic.incident("Anonymous access to PHI", clinic.account("phistore").id)["id"]
    held = await ask("GET", one)
    kept = {name: held["properties"][name] for name in ("title", "severity", "status")}
    await ask("PUT", one, {"etag": held["etag"], "properties": kept})
    await ask("PUT", f"{one}/comments/{uuid4()}", {"properties": {"message": "contained"}})
    (comment,) = (await ask("GET", f"{one}/comments"))["value"]
    await ask("GET", comment["id"])


async def databases(clinic: Clinic, ask: Ask) -> None:
    server, vault = clinic.database_server("records"), clinic.key_vault("exports-kv")
    vault.has_always_admitted(server.identity, "unwrapKey")
    uri = vault.uri("exports")
    key, sent = f"{server.id}/keys/{named(uri)}", {"serverKeyType": "AzureKeyVault", "uri": uri}
    assert await ask("GET", key) is None
    await ask("PUT", key, {"properties": sent})
    await ask("GET", key)
    await ask("PUT", server.protector, {"properties": {"serverKeyType": "AzureKeyVault", "serverKeyName": named(uri)}})
    await ask("GET", server.protector)
    await ask("GET", f"{server.id}/databases")
    await ask("GET", f"{server.database('billing')}/transparentDataEncryption/current")
    copy = {"createMode": "Copy", "sourceDatabaseId": server.database("billing")}
    await ask("PUT", server.database("copy"), {"location": "eastus2", "properties": copy})
    await ask("GET", server.database("copy"))
    await ask("GET", f"{clinic.estate.world.scope}/providers/Microsoft.Sql/servers")


async def settable(clinic: Clinic, ask: Ask) -> None:
    store, held = clinic.estate.world.store, f"{GROUP}/providers"
    vault, server = f"{held}/Microsoft.KeyVault/vaults/clinic-kv", f"{held}/Microsoft.Sql/servers/ehr"
    site, recovery = f"{held}/Microsoft.Web/sites/intake", f"{held}/Microsoft.RecoveryServices/vaults/nightly"
    table = f"{held}/Microsoft.OperationalInsights/workspaces/soc-logs/tables/StorageBlobLogs"
    ways = f"{site}/basicPublishingCredentialsPolicies"
    flag = clinic.function_app("portal").asks_flag("serves-north")
    await ask("GET", flag.partition("/keyValues/")[0])
    told = (await ask("GET", flag))["properties"]
    await ask("PUT", flag, {"properties": {name: told[name] for name in ("value", "contentType", "tags")}})
    for one in (vault, server, site, f"{site}/config/web", f"{ways}/ftp", recovery, table):
        store.seed(resource(one, **({"allow": True} if one.startswith(ways) else {})))
        await ask("GET", one)
    needed = {"tenantId": str(uuid4()), "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    await ask("PUT", vault, {"location": "eastus2", "properties": needed})
    await ask("PUT", server, {"location": "eastus2", "properties": {"publicNetworkAccess": "Enabled"}})
    await ask("PUT", table, {"properties": {"totalRetentionInDays": 90}})
    await ask("PATCH", vault, {"properties": {"enablePurgeProtection": True}})
    entry = {"tenantId": str(uuid4()), "objectId": str(uuid4()), "permissions": {"keys": ["get"]}}
    for operation in ("add", "remove"):
        await ask("PUT", f"{vault}/accessPolicies/{operation}", {"properties": {"accessPolicies": [entry]}})
    keys = clinic.key_vault("exports-kv")
    await ask("GET", f"{keys.id}/keys")
    await ask("GET", keys.key("exports"))
    await ask("GET", keys.version("exports"))
    await databases(clinic, ask)
    await ask("PATCH", server, {"properties": {"publicNetworkAccess": "Disabled"}})
    rule = f"{server}/firewallRules/vpn"
    await ask("PUT", rule, {"properties": {"startIpAddress": "203.0.113.9", "endIpAddress": "203.0.113.9"}})
    await ask("GET", rule)
    await ask("GET", f"{server}/firewallRules")
    await ask("DELETE", rule)
    await ask("PATCH", f"{site}/config/web", {"properties": {"publicNetworkAccess": "Disabled"}})
    await ask("PUT", f"{ways}/ftp", {"properties": {"allow": False}})
    await ask("POST", f"{site}/stop")
    await ask("POST", f"{site}/start")
    app = clinic.function_app("portal").id
    await ask("GET", f"{app}/functions")
    await ask("PUT", f"{app}/host/default/functionkeys/default", {"properties": {"name": "default"}})
    await ask("PUT", f"{app}/functions/receive/keys/default", {"properties": {"name": "default"}})
    await ask("POST", f"{app}/newpassword")
    for kind in ("SystemAssigned", "None"):
        await ask("PATCH", app, {"identity": {"type": kind}})
    await ask("PATCH", table, {"properties": {"totalRetentionInDays": 2556}})
    immutable = {"immutabilitySettings": {"state": "Unlocked"}}
    await ask("PATCH", recovery, {"properties": {"securitySettings": immutable}})


async def silencing(clinic: Clinic, ask: Ask) -> None:
    sentinel, subscription = f"{WORKSPACE}/providers/Microsoft.SecurityInsights", clinic.estate.world.scope
    quiet = {"alertType": "*", "reason": "Noise", "state": "Enabled"}
    rules = {
        f"{sentinel}/automationRules/tidy": {"properties": CLOSING},
        f"{subscription}/providers/Microsoft.Security/alertsSuppressionRules/quiet": {"properties": quiet},
    } | {f"{sentinel}/alertRules/{rule.id}": body(rule) for rule in analytics.every()}
    for path, sent in rules.items():
        await ask("PUT", path, sent)
    assert clinic.incident("Nobody reads this")["properties"]["status"] == "Closed"
    assert clinic.alert(clinic.account("phistore").id)["properties"]["status"] == "Dismissed"
    for path in rules:
        await ask("GET", path)
        await ask("DELETE", path)


async def logging(clinic: Clinic, ask: Ask) -> None:
    settings = f"{clinic.account('phistore').id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
    to = {"workspaceId": WORKSPACE, "logs": [{"categoryGroup": "audit", "enabled": True}]}
    for number in range(5):
        await ask("PUT", f"{settings}/to-soc-{number}", {"properties": to})
    assert await ask("PUT", f"{settings}/one-too-many", {"properties": to}) is None
    assert await ask("PUT", f"{settings}/to-soc-0", {"properties": {"logs": []}}) is None
    assert len((await ask("GET", settings))["value"]) == 5
    await ask("GET", f"{settings}/to-soc-0")
    for number in range(5):
        await ask("DELETE", f"{settings}/to-soc-{number}")
    clinic.estate.world.store.seed(resource(f"{WORKSPACE}-logs"))
    await ask("GET", f"{WORKSPACE}-logs")
    await ask("GET", f"{WORKSPACE}-logs/tables")  # the specification wants four letters
    export = f"{WORKSPACE}/dataExports/hir-1"
    account = {"resourceId": clinic.account("phistore").id}
    await ask("PUT", export, {"properties": {"destination": account, "tableNames": ["StorageBlobLogs"]}})
    await ask("GET", export)
    await ask("DELETE", export)


async def backups(clinic: Clinic, ask: Ask) -> None:
    vault = clinic.vault("weekly")
    item = f"{vault}/backupFabrics/Azure/protectionContainers/vm/protectedItems/pacs"
    held = (await ask("GET", item))["properties"]
    await ask("POST", f"{item}/backup", {"properties": LASTING})
    (_, point) = (await ask("GET", f"{item}/recoveryPoints"))["value"]
    restore = {"objectType": "IaasVMRestoreRequest", "recoveryType": "RestoreDisks", "targetResourceGroupId": THEIRS}
    await ask("POST", f"{point['id']}/restore", {"properties": restore})
    apart = {"restoreSettings": {"crossSubscriptionRestoreSettings": {"crossSubscriptionRestoreState": "Disabled"}}}
    await ask("PATCH", vault, {"properties": apart})
    assert await ask("POST", f"{point['id']}/restore", {"properties": restore}) is None
    protected = {name: held[name] for name in ("protectedItemType", "sourceResourceId")}
    for what in ({"protectionState": "ProtectionStopped"}, {"policyId": held["policyId"]}):
        await ask("PUT", item, {"properties": protected | what})
    await ask("DELETE", item)
    instance = SCENES["suspend_backups"].resource(clinic)
    await ask("GET", instance)
    await ask("POST", f"{instance}/suspendBackups", {})
    await ask("POST", f"{instance}/resumeBackups")
    await instances(SCENES["refuse_foreign_instance_restores"].resource(clinic), instance, ask)


async def instances(vault: str, instance: str, ask: Ask) -> None:
    target = {"objectType": "Datasource", "resourceID": f"{THEIRS}/providers/Microsoft.Compute/disks/taken"}
    taken = {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": "1",
        "sourceDataStoreType": "OperationalStore",
        "restoreTargetInfo": {
            "objectType": "RestoreTargetInfo",
            "recoveryOption": "FailIfExists",
            "datasourceInfo": target,
        },
    }
    await ask("GET", vault)
    await ask("POST", f"{instance}/restore", taken)
    apart = {"featureSettings": {"crossSubscriptionRestoreSettings": {"state": "Disabled"}}}
    await ask("PATCH", vault, {"properties": apart})
    assert await ask("POST", f"{instance}/restore", taken) is None


async def policies(clinic: Clinic, ask: Ask) -> None:
    account = clinic.account("phistore").id
    assignment = SCENES["assign_policy"].resource(clinic)
    definition = f"/providers/Microsoft.Authorization/policyDefinitions/{SECURE_TRANSFER}"
    deny = {"policyDefinitionId": definition, "parameters": {"effect": {"value": "Deny"}}}
    plain = {"properties": {"supportsHttpsTrafficOnly": False}}
    await ask("PUT", assignment, {"properties": deny | {"enforcementMode": "Default"}})
    assert await ask("PATCH", account, plain) is None
    initiative = "/providers/Microsoft.Authorization/policySetDefinitions/hipaa"
    members = [{"policyDefinitionId": definition, "policyDefinitionReferenceId": "https"}]
    clinic.estate.world.store.seed(resource(initiative, policyDefinitions=members))
    await ask("GET", initiative)
    exemption = f"{account}/providers/Microsoft.Authorization/policyExemptions/for-the-scanner"
    waived = {"policyAssignmentId": assignment, "exemptionCategory": "Waiver"}
    await ask("PUT", exemption, {"properties": waived | {"expiresOn": "2099-01-01T00:00:00Z"}})
    assert await ask("PATCH", account, plain) == {}
    for one in (exemption, assignment):
        await ask("GET", one)
        await ask("DELETE", one)


STOPS = (
    policies,
    backups,
    logging,
    silencing,
    incidents,
    keys,
    replication,
    recovery,
    doors,
    roles,
    eligibilities,
    locks,
    peerings,
    paths,
    interfaces,
    captures,
    disks,
    settable,
)
