"""What the estate answers, by Microsoft's specification: every operation is asked, none is found at fault."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from drills.estate import Estate
from drills.estate.clinic import GROUP, WATCHER, Clinic
from drills.estate.roles import definition_id
from drills.estate.service import Route
from drills.estate.wire import Asked
from tests.conformance.arm import material
from tests.conformance.arm.gate import judge
from tests.drills.estate.conftest import Clock, Wire

STORAGE, NETWORK = "2023-05-01", "2024-01-01"
type Ask = Callable[..., Awaitable[Any]]


@pytest.mark.conformance
async def test_every_operation_answers_as_specified(estate: Estate, clinic: Clinic, wire: Wire, clock: Clock) -> None:
    if not (material.shared() / "arm" / "spec.tar.xz").is_file():
        pytest.skip("Microsoft's specifications are not here; SHARED names their folder.")
    await _storage(clinic, wire, estate)
    await _keys(clinic, wire)
    await _replication(clinic, wire)
    await _recovery(clinic, wire)
    await _doors(clinic, wire)
    await _roles(clinic, wire)
    await _locks(clinic, wire)
    await _network(clinic, wire, clock)
    await _paths(clinic, wire, clock)
    await _disks(clinic, wire, clock)
    await _claims(clinic, wire, clock)

    verdict = judge(estate.exchanges, material.specification())

    assert verdict.ok, str(verdict)
    assert [route.template for route in _unasked(estate)] == []


async def _storage(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    account = clinic.account("phistore", containers={"scans": 1, "reports": 1})
    containers = f"{account.id}/blobServices/default/containers"
    rules = {"defaultAction": "Deny", "bypass": "AzureServices", "ipRules": [{"value": "198.51.100.0/24"}]}
    rules |= {"virtualNetworkRules": [{"id": clinic.subnet("phi").id}]}
    fresh = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "eastus2"}
    estate.world.page_size = 1
    await wire.ask("GET", f"{clinic.estate.world.scope}/providers/Microsoft.Storage/storageAccounts")
    await wire.ask("GET", f"{GROUP}/providers/Microsoft.Storage/storageAccounts")
    await wire.ask("PUT", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/fresh", fresh)
    await wire.ask("DELETE", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/fresh")
    await wire.ask("GET", account.id)
    await wire.ask("PATCH", account.id, {"properties": {"networkAcls": rules, "allowBlobPublicAccess": True}})
    _, page, _ = await wire.ask("GET", containers)
    await wire.ask("GET", page["nextLink"])
    await wire.ask("PUT", f"{containers}/new", {"properties": {"publicAccess": "None"}})
    await wire.ask("PATCH", f"{containers}/scans", {"properties": {"publicAccess": "Container"}})
    await wire.ask("GET", f"{containers}/scans")
    await wire.ask("GET", f"{containers}/nothing")


async def _keys(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore").id
    await wire.ask("POST", f"{account}/listKeys")
    await wire.ask("POST", f"{account}/regenerateKey", {"keyName": "key1"})
    await wire.ask("POST", f"{account}/revokeUserDelegationKeys")


async def _replication(clinic: Clinic, wire: Wire) -> None:
    source, target = clinic.account("phistore").id, clinic.account("mirror", containers={"scans": 0}).id
    rule = {"sourceContainer": "scans", "destinationContainer": "scans"}
    policy = {"properties": {"sourceAccount": source, "destinationAccount": target, "rules": [rule]}}
    _, made, _ = await wire.ask("PUT", f"{target}/objectReplicationPolicies/default", policy)
    await wire.ask("PUT", f"{source}/objectReplicationPolicies/{made['name']}", policy)
    await wire.ask("GET", f"{source}/objectReplicationPolicies")
    await wire.ask("GET", f"{source}/objectReplicationPolicies/{made['name']}")
    await wire.ask("DELETE", f"{source}/objectReplicationPolicies/{made['name']}")


async def _recovery(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")
    service, container = f"{account.id}/blobServices/default", account.container("scans")
    hold = {"tags": ["hirone"], "allowProtectedAppendWritesAll": True}
    await wire.ask("GET", service)
    await wire.ask("PUT", service, {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 30}}})
    await wire.ask("POST", f"{container}/setLegalHold", hold)
    await wire.ask("GET", container)
    await wire.ask("POST", f"{container}/clearLegalHold", {"tags": ["hirone"]})
    period = {"properties": {"immutabilityPeriodSinceCreationInDays": 2, "allowProtectedAppendWrites": True}}
    policy = f"{container}/immutabilityPolicies/default"
    await wire.ask("GET", policy)
    _, made, _ = await wire.ask("PUT", policy, period)
    await wire.ask("GET", policy)
    await wire.ask("GET", container)
    await wire.ask("DELETE", policy, If_Match='"stale"')
    await wire.ask("DELETE", policy, If_Match=made["etag"])
    await wire.ask("GET", f"{account.id}/managementPolicies/default")
    account.lifecycle_deletes()
    _, lifecycle, _ = await wire.ask("GET", f"{account.id}/managementPolicies/default")
    await wire.ask("DELETE", f"{account.id}/managementPolicies/default")
    policy_alone = {"policy": lifecycle["properties"]["policy"]}
    await wire.ask("PUT", f"{account.id}/managementPolicies/default", {"properties": policy_alone})


async def _doors(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")
    connections, users = f"{account.id}/privateEndpointConnections", f"{account.id}/localUsers"
    one = account.private_endpoint()
    await wire.ask("GET", connections)
    await wire.ask("GET", account.id)
    await wire.ask("GET", one)
    state = {"status": "Rejected", "description": "Containment"}
    await wire.ask("PUT", one, {"properties": {"privateLinkServiceConnectionState": state}})
    await wire.ask("DELETE", one)
    scope = {"permissions": "rl", "service": "blob", "resourceName": "scans"}
    user = {"permissionScopes": [scope], "homeDirectory": "scans", "hasSshPassword": True}
    await wire.ask("PUT", f"{users}/courier", {"properties": user})
    await wire.ask("GET", users)
    await wire.ask("GET", f"{users}/courier")
    await wire.ask("POST", f"{users}/courier/regeneratePassword")
    await wire.ask("DELETE", f"{users}/courier")


async def _roles(clinic: Clinic, wire: Wire) -> None:
    path = f"{clinic.account('phistore').id}/providers/Microsoft.Authorization/roleAssignments"
    one = f"{path}/{uuid4()}"
    role = definition_id(clinic.estate.world, "Storage Blob Data Reader")
    body = {"properties": {"roleDefinitionId": role, "principalId": str(uuid4()), "principalType": "User"}}
    await wire.ask("PUT", one, body, version="2022-04-01")
    await wire.ask("GET", one, version="2022-04-01")
    await wire.ask("GET", path, version="2022-04-01")
    await wire.ask("DELETE", one, version="2022-04-01")
    await wire.ask("DELETE", one, version="2022-04-01")


async def _locks(clinic: Clinic, wire: Wire) -> None:
    for scope in (clinic.account("phistore").id, GROUP):
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        body = {"properties": {"level": "CanNotDelete", "notes": "containment"}}
        for method, place, sent in (
            ("PUT", f"{path}/hir-1", body),
            ("GET", f"{path}/hir-1", None),
            ("GET", path, None),
            ("DELETE", clinic.account("phistore").id, None),
            ("DELETE", f"{path}/hir-1", None),
            ("DELETE", f"{path}/hir-1", None),
        ):
            await wire.ask(method, place, sent, version="2020-05-01" if "/locks" in place else STORAGE)


def following(wire: Wire, clock: Clock, version: str = NETWORK) -> Ask:
    async def ask(method: str, path: str, body: Any = None) -> Any:
        _, answered, headers = await wire.ask(method, path, body, version=version)
        for name in ("Azure-AsyncOperation", "Location"):
            if name in headers:
                await wire.ask("GET", headers[name])
        clock.passes(seconds=1)
        for name in ("Azure-AsyncOperation", "Location"):
            if name in headers:
                await wire.ask("GET", headers[name])
        return answered

    return ask


async def _paths(clinic: Clinic, wire: Wire, clock: Clock) -> None:
    ask, everywhere = following(wire, clock), clinic.estate.world.scope
    hostile, table, nat = clinic.peered_with(), clinic.subnet("phi").routed(), clinic.subnet("phi").leaves_by_nat()
    body = await ask("GET", hostile.peering)
    await ask("PUT", hostile.peering, {"properties": {"remoteVirtualNetwork": {"id": hostile.id}}})
    await ask("GET", hostile.peering.rpartition("/")[0])
    await ask("GET", hostile.peering.rsplit("/", 2)[0])
    await ask("DELETE", hostile.peering)
    assert body["properties"]["peeringState"] == "Connected"
    hole = {"properties": {"addressPrefix": "203.0.113.0/24", "nextHopType": "None"}}
    for path, sent in ((f"{table}/routes/hir-1", hole), (f"{table}-2", {"location": "eastus2", "properties": {}})):
        await ask("PUT", path, sent)
        await ask("GET", path)
        await ask("GET", path.rpartition("/")[0])
        await ask("DELETE", path)
    await ask("GET", f"{everywhere}/providers/Microsoft.Network/routeTables")
    nic = await ask("GET", clinic.vm("pacs").nic)
    sent = {
        "ipConfigurations": nic["properties"]["ipConfigurations"],
        "networkSecurityGroup": {"id": clinic.subnet("phi").nsg},
    }
    await ask("PUT", nic["id"], {"location": "eastus2", "properties": sent})
    await ask("GET", f"{everywhere}/providers/Microsoft.Network/networkInterfaces")
    await ask("POST", f"{nic['id']}/effectiveNetworkSecurityGroups")
    await ask("POST", f"{nic['id']}/effectiveRouteTable")
    hop = {
        "targetResourceId": clinic.vm("pacs").id,
        "sourceIPAddress": "10.20.1.5",
        "destinationIPAddress": "203.0.113.9",
    }
    await ask("POST", f"{WATCHER}/NetworkWatcher_eastus2/nextHop", hop)
    public = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses"
    for path, made in ((public, {"publicIPAllocationMethod": "Static"}), (nat.rpartition("/")[0], {})):
        await ask("GET", path)
        await ask("GET", path.replace("/resourceGroups/clinic", ""))
        await ask("PUT", f"{path}/fresh", {"location": "eastus2", "sku": {"name": "Standard"}, "properties": made})
        await ask("GET", f"{path}/fresh")
        await ask("DELETE", f"{path}/fresh")
    place = {"storageLocation": {"storageId": clinic.account("phistore").id}, "target": clinic.vm("pacs").id}
    captures, logs = (f"{WATCHER}/NetworkWatcher_eastus2/{kind}" for kind in ("packetCaptures", "flowLogs"))
    target = {
        "targetResourceId": clinic.subnet("phi").id.rpartition("/subnets/")[0],
        "storageId": clinic.account("phistore").id,
    }
    await ask("PUT", f"{captures}/one", {"properties": place})
    await ask("PUT", f"{logs}/one", {"location": "eastus2", "properties": target})
    for path in (captures, logs):
        await ask("GET", path)
        await ask("GET", f"{path}/one")
    await ask("POST", f"{captures}/one/stop")
    await ask("DELETE", f"{captures}/one")
    await ask("DELETE", f"{logs}/one")


async def _disks(clinic: Clinic, wire: Wire, clock: Clock) -> None:
    ask, disk = following(wire, clock, "2023-10-02"), clinic.disk("pacs-os").id
    snapshot = f"{GROUP}/providers/Microsoft.Compute/snapshots/copy"
    copy = {"creationData": {"createOption": "Copy", "sourceResourceId": disk}, "incremental": True}
    await ask("PUT", snapshot, {"location": "eastus2", "properties": copy})
    for one in (disk, snapshot):
        await ask("GET", one)
        await ask("GET", one.rpartition("/")[0])
        await ask("GET", one.rpartition("/")[0].replace("/resourceGroups/clinic", ""))
        await ask("POST", f"{one}/beginGetAccess", {"access": "Read", "durationInSeconds": 60})
        await ask("POST", f"{one}/endGetAccess")
    await ask("DELETE", snapshot)


async def _network(clinic: Clinic, wire: Wire, clock: Clock) -> None:
    subnet, machine = clinic.subnet("phi").opens_egress("leak", priority=200), clinic.vm("pacs")
    ask = following(wire, clock)
    deny = {"access": "Deny", "priority": 100, "direction": "Outbound", "protocol": "*", "sourcePortRange": "*"}
    deny |= {"sourceAddressPrefix": "*", "destinationAddressPrefix": "Internet", "destinationPortRange": "*"}
    flow = {"targetResourceId": machine.id, "direction": "Outbound", "protocol": "TCP", "localPort": "*"}
    flow |= {"remotePort": "443", "localIPAddress": "10.20.1.5", "remoteIPAddress": "203.0.113.9"}
    rules = {"securityRules": [{"name": "deny", "properties": deny}], "flushConnection": True}
    network, nic = subnet.id.rpartition("/subnets/")[0], machine.nic
    for kind in (subnet.nsg, network):
        everywhere = kind.rpartition("/")[0].replace("/resourceGroups/clinic", "")
        await ask("GET", everywhere)
        await ask("GET", kind.rpartition("/")[0])
        await ask("GET", kind)
    await ask("PUT", subnet.nsg, {"location": "eastus2", "properties": rules})
    await ask("PUT", f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/fresh", {"location": "eastus2"})
    await ask("PUT", f"{subnet.nsg}/securityRules/more", {"properties": deny | {"priority": 110}})
    await ask("GET", f"{subnet.nsg}/securityRules")
    await ask("GET", f"{subnet.nsg}/securityRules/more")
    await ask("DELETE", f"{subnet.nsg}/securityRules/more")
    await ask("GET", subnet.id)
    properties = {"addressPrefix": "10.20.1.0/24", "networkSecurityGroup": {"id": subnet.nsg}}
    await ask("PUT", subnet.id, {"properties": properties})
    await ask("GET", nic.rpartition("/")[0])
    await ask("GET", nic)
    await ask("POST", f"{WATCHER}/eastus2/ipFlowVerify", flow)


async def _claims(clinic: Clinic, wire: Wire, clock: Clock) -> None:
    account = clinic.account("phistore").id
    incident, alert = clinic.incident("public container", account), clinic.alert(account)
    log = f"{clinic.estate.url}{clinic.estate.world.scope}/providers/Microsoft.Insights/eventtypes/management/values"
    since = clock.now.strftime("%Y-%m-%dT00:00:00Z")
    await wire.ask("GET", f"{log}?api-version=2015-04-01&$filter=eventTimestamp%20ge%20'{since}'")
    await wire.ask("GET", incident["id"], version="2024-03-01")
    await wire.ask("POST", f"{incident['id']}/alerts", version="2024-03-01")
    await wire.ask("POST", f"{incident['id']}/entities", version="2024-03-01")
    await wire.ask("GET", alert["id"], version="2022-01-01")
    await wire.ask("GET", alert["id"].replace("/resourceGroups/clinic", ""), version="2022-01-01")


def _unasked(estate: Estate) -> list[Route]:
    asked = [
        Asked(method=one["liveRequest"]["method"], path=one["id"].split(" ", 2)[2])
        for one in estate.exchanges
        if int(one["liveResponse"]["statusCode"]) < 300
    ]
    routes = [route for service in estate.arm.services for route in service.routes]
    return [route for route in routes if not any(route.match(one) for one in asked)]
