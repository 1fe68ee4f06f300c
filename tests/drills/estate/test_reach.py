"""Who reaches whom: peerings, routes, interfaces, disks; live connections, and what the flow log tells."""

from typing import Any

import pytest

from drills.estate import Estate
from drills.estate.clinic import WATCHER, Clinic
from tests.drills.estate.conftest import Clock, Wire

VERSION, COMPUTE = "2024-01-01", "2023-10-02"
THEIRS, OUTSIDE = "10.99.0.5", "203.0.113.9"


async def ended(wire: Wire, clock: Clock, headers: Any) -> Any:
    clock.passes(seconds=1)
    _, body, _ = await wire.ask("GET", headers["Location"])
    return body


async def put_peering(wire: Wire, path: str, remote: str, **flags: bool) -> tuple[int, Any]:
    body = {"properties": flags | {"remoteVirtualNetwork": {"id": remote}}}
    status, answered, _ = await wire.ask("PUT", path, body, version=VERSION)
    return status, answered


async def test_a_peering_connects_and_opens_the_tag_virtual_network(clinic: Clinic, wire: Wire) -> None:
    hostile, machine = clinic.peered_with("hostile"), clinic.vm("phi-vm")

    _, body, _ = await wire.ask("GET", hostile.peering, version=VERSION)

    assert body["properties"]["peeringState"] == "Connected"
    assert machine.reaches(f"{THEIRS}:443")
    assert machine.is_reached_from(THEIRS)


async def test_a_peering_switched_off_is_no_full_cut_while_a_rule_names_its_prefix(
    clinic: Clinic, wire: Wire, clock: Clock
) -> None:
    hostile, machine = clinic.peered_with("hostile"), clinic.vm("phi-vm")

    assert (await put_peering(wire, hostile.peering, hostile.id, allowVirtualNetworkAccess=False))[0] == 200
    clock.passes(seconds=1)
    assert not machine.reaches(f"{THEIRS}:443")
    assert not machine.is_reached_from(THEIRS)

    clinic.subnet("phi").names(hostile.prefix)
    assert machine.reaches(f"{THEIRS}:443")
    assert machine.is_reached_from(THEIRS)


async def test_a_deleted_peering_cuts_live_connections_and_leaves_the_other_side_disconnected(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    hostile = clinic.peered_with("hostile")
    flow = clinic.vm("phi-vm").connects(f"{THEIRS}:443")
    assert flow.sends()

    status, _, headers = await wire.ask("DELETE", hostile.peering, version=VERSION)
    assert (status, await ended(wire, clock, headers)) == (202, None)

    assert not flow.sends()
    assert estate.effective(hostile.twin)["properties"]["peeringState"] == "Disconnected"
    assert (await wire.ask("DELETE", hostile.peering, version=VERSION))[0] == 204
    refused = await put_peering(wire, hostile.peering, hostile.id)
    assert refused[1]["error"]["code"] == "RemotePeeringIsDisconnected"


async def test_a_peering_wants_the_right_to_peer_on_the_remote_network(
    clinic: Clinic, wire: Wire, estate: Estate
) -> None:
    hostile = clinic.peered_with("hostile")
    estate.grant("contain", "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write")
    wire.principal = "contain"

    status, body = await put_peering(wire, hostile.peering, hostile.id)

    assert (status, hostile.id in body["error"]["message"]) == (403, True)


async def test_undoing_brings_the_peering_back_as_it_was(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    hostile = clinic.peered_with("hostile")
    _, before, _ = await wire.ask("GET", hostile.peering, version=VERSION)
    await put_peering(wire, hostile.peering, hostile.id, allowVirtualNetworkAccess=False, allowForwardedTraffic=False)
    clock.passes(seconds=1)
    assert estate.snapshot() != clinic.before

    await wire.ask("PUT", hostile.peering, before, version=VERSION, If_Match="*")
    clock.passes(seconds=1)

    assert estate.snapshot() == clinic.before


async def test_a_blackhole_stops_live_connections_for_its_prefix_alone(
    clinic: Clinic, wire: Wire, clock: Clock
) -> None:
    table, machine = clinic.subnet("phi").routed(), clinic.vm("phi-vm")
    flow, other = machine.connects(f"{OUTSIDE}:443"), machine.connects("198.51.100.9:443")
    assert flow.sends()
    assert other.sends()
    hole = {"properties": {"addressPrefix": "203.0.113.0/24", "nextHopType": "None"}}

    status, _, _ = await wire.ask("PUT", f"{table}/routes/hir-1", hole, version=VERSION)
    clock.passes(seconds=1)

    assert status == 201
    assert not flow.sends()
    assert other.sends()
    _, _, headers = await wire.ask("DELETE", f"{table}/routes/hir-1", version=VERSION)
    await ended(wire, clock, headers)
    assert flow.sends()


@pytest.mark.parametrize(
    "route",
    [
        {"addressPrefix": "nowhere", "nextHopType": "None"},
        {"addressPrefix": "203.0.113.0/24", "nextHopType": "Nirvana"},
        {"addressPrefix": "203.0.113.0/24", "nextHopType": "VirtualAppliance"},
        {"addressPrefix": "198.51.100.0/24", "nextHopType": "Internet"},
    ],
)
async def test_a_route_that_azure_refuses_is_refused(
    clinic: Clinic, wire: Wire, clock: Clock, route: dict[str, str]
) -> None:
    table = clinic.subnet("phi").routed()
    known = {"properties": {"addressPrefix": "198.51.100.0/24", "nextHopType": "None"}}
    await wire.ask("PUT", f"{table}/routes/known", known, version=VERSION)
    clock.passes(seconds=1)

    assert (await wire.ask("PUT", f"{table}/routes/new", {"properties": route}, version=VERSION))[0] == 400


async def test_a_table_in_use_is_not_deleted(clinic: Clinic, wire: Wire) -> None:
    table = clinic.subnet("phi").routed()

    status, body, _ = await wire.ask("DELETE", table, version=VERSION)

    assert (status, body["error"]["code"]) == (400, "InUseRouteTableCannotBeDeleted")


async def test_the_effective_routes_tell_what_is_overridden_and_the_next_hop_follows(
    clinic: Clinic, wire: Wire, clock: Clock
) -> None:
    table, machine = clinic.subnet("phi").routed(), clinic.vm("phi-vm")
    clinic.peered_with("hostile")
    hole = {"properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}}
    await wire.ask("PUT", f"{table}/routes/hir-1", hole, version=VERSION)
    clock.passes(seconds=1)

    _, _, headers = await wire.ask("POST", f"{machine.nic}/effectiveRouteTable", version=VERSION)
    found = {
        (one["addressPrefix"][0], one["nextHopType"], one["state"])
        for one in (await ended(wire, clock, headers))["value"]
    }
    asked = {"targetResourceId": machine.id, "sourceIPAddress": "10.20.1.4", "destinationIPAddress": OUTSIDE}
    _, _, headers = await wire.ask("POST", f"{WATCHER}/NetworkWatcher_eastus2/nextHop", asked, version=VERSION)

    assert {("0.0.0.0/0", "None", "Active"), ("0.0.0.0/0", "Internet", "Invalid")} <= found
    assert {("10.20.0.0/16", "VnetLocal", "Active"), ("10.99.0.0/16", "VnetLocal", "Active")} <= found
    assert await ended(wire, clock, headers) == {"nextHopType": "None", "routeTableId": table}


async def test_an_interface_under_another_group_obeys_both(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    quarantine, machine = clinic.subnet("quarantine").denies_egress(priority=100), clinic.vm("phi-vm")
    _, nic, _ = await wire.ask("GET", machine.nic, version=VERSION)
    changed = {
        "location": nic["location"],
        "properties": nic["properties"] | {"networkSecurityGroup": {"id": quarantine.nsg}},
    }
    assert machine.reaches(f"{OUTSIDE}:443")

    status, _, _ = await wire.ask("PUT", machine.nic, changed, version=VERSION, If_Match=nic["etag"])
    clock.passes(seconds=1)
    _, _, headers = await wire.ask("POST", f"{machine.nic}/effectiveNetworkSecurityGroups", version=VERSION)
    groups = (await ended(wire, clock, headers))["value"]

    assert status == 200
    assert not machine.reaches(f"{OUTSIDE}:443")
    assert [one["networkSecurityGroup"]["id"] for one in groups] == [quarantine.nsg, clinic.subnet("phi").nsg]
    assert "securityRules/deny-internet" in {one["name"] for one in groups[0]["effectiveSecurityRules"]}
    _, now, _ = await wire.ask("GET", machine.nic, version=VERSION)
    await wire.ask("PUT", machine.nic, nic, version=VERSION, If_Match=now["etag"])
    clock.passes(seconds=1)
    assert estate.snapshot() == clinic.before


async def test_an_interface_wants_the_right_to_join_what_it_names(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    machine = clinic.vm("phi-vm")
    _, nic, _ = await wire.ask("GET", machine.nic, version=VERSION)
    estate.grant("contain", "Microsoft.Network/networkInterfaces/write")
    wire.principal = "contain"

    status, body, _ = await wire.ask("PUT", machine.nic, nic, version=VERSION)

    assert (status, "subnets/join/action" in body["error"]["message"]) == (403, True)


async def test_the_flow_log_tells_what_passed_and_what_did_not(clinic: Clinic, estate: Estate) -> None:
    subnet, machine = clinic.subnet("phi"), clinic.vm("phi-vm")
    machine.reaches(f"{OUTSIDE}:443")
    assert estate.flow_log == []
    clinic.flow_logged()

    machine.connects(f"{OUTSIDE}:443").sends(size=9000)
    subnet.denies_egress(priority=100)
    machine.reaches(f"{OUTSIDE}:443")

    told = [(row["FlowStatus"], row["DestIp"], row["AclRule"], row["BytesSrcToDest"]) for row in estate.flow_log]
    assert told == [("Allowed", OUTSIDE, "AllowInternetOutBound", 9000), ("Denied", OUTSIDE, "deny-internet", 0)]
    assert {row["FlowType"] for row in estate.flow_log} == {"ExternalPublic"}


async def test_a_capture_is_of_a_machine_that_is_there(clinic: Clinic, wire: Wire) -> None:
    path = f"{WATCHER}/NetworkWatcher_eastus2/packetCaptures/hir-1"
    place = {"storageLocation": {"storageId": clinic.account("evidence").id}}
    machine = clinic.vm("phi-vm").id

    lost, body, _ = await wire.ask("PUT", path, {"properties": place | {"target": f"{machine}x"}}, version=VERSION)
    made, _, _ = await wire.ask("PUT", path, {"properties": place | {"target": machine}}, version=VERSION)

    assert (lost, body["error"]["code"], made) == (400, "ResourceNotFound", 201)


async def test_new_flow_logs_of_security_groups_are_refused(clinic: Clinic, wire: Wire) -> None:
    terms = {"targetResourceId": clinic.subnet("phi").nsg, "storageId": clinic.account("evidence").id}
    path = f"{WATCHER}/NetworkWatcher_eastus2/flowLogs/old"

    assert (await wire.ask("PUT", path, {"location": "eastus2", "properties": terms}, version=VERSION))[0] == 400


async def test_the_sas_of_a_disk_ends_when_access_ends(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    disk = clinic.disk("pacs-os")
    export = disk.exported()
    assert export.reads().size == 4096
    assert (await wire.ask("GET", disk.id, version=COMPUTE))[1]["properties"]["diskState"] == "ActiveSAS"

    status, _, _ = await wire.ask("POST", f"{disk.id}/endGetAccess", version=COMPUTE)

    assert (status, export.reads().code) == (202, "AuthenticationFailed")
    assert (await wire.ask("GET", disk.id, version=COMPUTE))[1]["properties"]["diskState"] == "Unattached"
    assert "sig=" not in str(estate.exchanges)


async def test_the_sas_of_a_disk_is_told_once_and_captured_never(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    body = {"access": "Read", "durationInSeconds": 60}

    _, _, headers = await wire.ask("POST", f"{clinic.disk('pacs-os').id}/beginGetAccess", body, version=COMPUTE)
    told = await ended(wire, clock, headers)

    assert told["accessSAS"].startswith(f"{estate.url}/disk/")
    assert told["accessSAS"] not in str(estate.exchanges)
    assert "/disk/" not in str([one["liveResponse"]["body"] for one in estate.exchanges])


async def test_a_copy_of_a_disk_wants_the_right_to_export_it(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    disk = clinic.disk("pacs-os")
    path = disk.id.replace("/resourceGroups/clinic/", "/resourceGroups/forensics/").replace("/disks/", "/snapshots/")
    copy = {"createOption": "Copy", "sourceResourceId": disk.id}
    body = {"location": "eastus2", "properties": {"creationData": copy, "networkAccessPolicy": "DenyAll"}}
    estate.grant("contain", "Microsoft.Compute/snapshots/write", "Microsoft.Compute/snapshots/beginGetAccess/action")
    wire.principal = "contain"
    assert (await wire.ask("PUT", path, body, version=COMPUTE))[0] == 403
    wire.principal = "operator"

    status, made, _ = await wire.ask("PUT", path, body, version=COMPUTE)
    clock.passes(seconds=1)

    assert (status, made["properties"]["provisioningState"]) == (202, "Updating")
    assert (await wire.ask("GET", path, version=COMPUTE))[1]["properties"]["provisioningState"] == "Succeeded"
    wanted = {"access": "Read", "durationInSeconds": 60}
    assert (await wire.ask("POST", f"{path}/beginGetAccess", wanted, version=COMPUTE))[0] == 409
