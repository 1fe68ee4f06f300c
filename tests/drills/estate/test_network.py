from typing import Any

import pytest

from drills.estate import Estate
from drills.estate.clinic import WATCHER, Clinic, Subnet
from tests.drills.estate.conftest import Clock, Wire

VERSION = "2024-01-01"
OUTSIDE = "203.0.113.9:443"


def rule(name: str, priority: int, access: str = "Deny", destination: str = "Internet") -> dict[str, Any]:
    ends = {"sourceAddressPrefix": "*", "destinationAddressPrefix": destination}
    ports = {"protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*"}
    return {
        "name": name,
        "properties": ends | ports | {"access": access, "priority": priority, "direction": "Outbound"},
    }


@pytest.fixture
def subnet(clinic: Clinic) -> Subnet:
    return clinic.subnet("phi").opens_egress("leak", priority=200)


async def put(wire: Wire, subnet: Subnet, *rules: dict[str, Any], **headers: str) -> tuple[int, Any, Any]:
    body = {"location": "eastus2", "properties": {"securityRules": list(rules), "flushConnection": True}}
    return await wire.ask("PUT", subnet.nsg, body, version=VERSION, **headers)


async def test_a_write_is_updating_until_its_operation_has_ended(wire: Wire, subnet: Subnet, clock: Clock) -> None:
    status, body, headers = await put(wire, subnet, rule("deny", 100))
    poll = headers["Azure-AsyncOperation"]

    assert (status, body["properties"]["provisioningState"]) == (200, "Updating")
    assert (await wire.ask("GET", poll))[1] == {"status": "InProgress"}
    clock.passes(seconds=1)
    assert (await wire.ask("GET", poll))[1] == {"status": "Succeeded"}
    _, after, _ = await wire.ask("GET", subnet.nsg, version=VERSION)
    assert after["properties"]["provisioningState"] == "Succeeded"
    assert after["etag"] != body["etag"]


async def test_a_stale_etag_is_refused(wire: Wire, subnet: Subnet) -> None:
    _, body, headers = await wire.ask("GET", subnet.nsg, version=VERSION)

    stale, _, _ = await put(wire, subnet, rule("deny", 100), If_Match='W/"stale"')
    fresh, _, _ = await put(wire, subnet, rule("deny", 100), If_Match=body["etag"])

    assert headers["ETag"] == body["etag"]
    assert (stale, fresh) == (412, 200)


async def test_two_operations_on_one_group_never_race(wire: Wire, subnet: Subnet, clock: Clock) -> None:
    await put(wire, subnet, rule("deny", 100))

    status, body, _ = await wire.ask("PUT", f"{subnet.nsg}/securityRules/more", rule("more", 110), version=VERSION)
    clock.passes(seconds=1)
    later, _, _ = await wire.ask("PUT", f"{subnet.nsg}/securityRules/more", rule("more", 110), version=VERSION)

    assert (status, body["error"]["code"]) == (409, "AnotherOperationInProgress")
    assert later == 201


@pytest.mark.parametrize(("priority", "status"), [(99, 400), (100, 200), (4096, 200), (4097, 400)])
async def test_priorities_run_from_100_to_4096(wire: Wire, subnet: Subnet, priority: int, status: int) -> None:
    assert (await put(wire, subnet, rule("deny", priority)))[0] == status


async def test_a_priority_is_unique_within_its_direction(wire: Wire, subnet: Subnet) -> None:
    status, body, _ = await wire.ask("PUT", f"{subnet.nsg}/securityRules/deny", rule("deny", 200), version=VERSION)

    assert (status, body["error"]["code"]) == (400, "SecurityRuleConflict")


async def test_a_rule_is_put_read_listed_and_deleted(wire: Wire, subnet: Subnet, clock: Clock) -> None:
    path = f"{subnet.nsg}/securityRules/deny"
    made, _, _ = await wire.ask("PUT", path, rule("deny", 100), version=VERSION)
    clock.passes(seconds=1)
    _, listed, _ = await wire.ask("GET", f"{subnet.nsg}/securityRules", version=VERSION)
    going, _, headers = await wire.ask(
        "DELETE", path.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), version=VERSION
    )
    pending, _, _ = await wire.ask("GET", headers["Location"])
    clock.passes(seconds=1)
    gone, _, _ = await wire.ask("GET", headers["Location"])

    assert [one["name"] for one in listed["value"]] == ["deny", "leak"]
    assert (made, going, pending, gone) == (201, 202, 202, 204)
    assert (await wire.ask("GET", path, version=VERSION))[0] == 404
    assert (await wire.ask("DELETE", path, version=VERSION))[0] == 204


async def test_a_group_names_the_subnets_that_it_governs(wire: Wire, subnet: Subnet) -> None:
    _, body, _ = await wire.ask("GET", subnet.nsg, version=VERSION)

    assert body["properties"]["subnets"] == [{"id": subnet.id}]


async def test_a_deny_wins_only_before_the_attackers_rule(
    clinic: Clinic, wire: Wire, subnet: Subnet, clock: Clock
) -> None:
    machine = clinic.vm("pacs")

    await put(wire, subnet, rule("leak", 200, "Allow"), rule("deny", 300))
    clock.passes(seconds=1)
    assert machine.reaches(OUTSIDE)
    await put(wire, subnet, rule("leak", 200, "Allow"), rule("deny", 100))
    clock.passes(seconds=1)

    assert not machine.reaches(OUTSIDE)
    assert machine.reaches("10.20.1.200:443")


async def test_a_detached_group_governs_nothing(clinic: Clinic, wire: Wire, subnet: Subnet, clock: Clock) -> None:
    await put(wire, subnet, rule("deny", 100))
    clock.passes(seconds=1)

    await wire.ask("PUT", subnet.id, {"properties": {"addressPrefix": "10.20.1.0/24"}}, version=VERSION)
    clock.passes(seconds=1)

    assert clinic.vm("pacs").reaches(OUTSIDE)


async def test_a_live_flow_outlives_a_deny_until_connections_are_flushed(
    clinic: Clinic, wire: Wire, subnet: Subnet, clock: Clock
) -> None:
    flow = clinic.vm("pacs").connects(OUTSIDE)
    assert flow.sends()

    await wire.ask("PUT", f"{subnet.nsg}/securityRules/deny", rule("deny", 100), version=VERSION)
    clock.passes(seconds=1)
    assert flow.sends()
    assert not clinic.vm("pacs").reaches(OUTSIDE)
    await put(wire, subnet, rule("leak", 200, "Allow"), rule("deny", 100))
    clock.passes(milliseconds=499)
    assert flow.sends()
    clock.passes(milliseconds=1)

    assert not flow.sends()
    assert not flow.is_open
    assert [passed for _, passed in flow.sent] == [True, True, True, False]


async def test_a_flow_that_is_still_allowed_survives_the_flush(
    clinic: Clinic, wire: Wire, subnet: Subnet, clock: Clock
) -> None:
    flow = clinic.vm("pacs").connects(OUTSIDE)
    assert flow.sends()

    await put(wire, subnet, rule("leak", 200, "Allow"))
    clock.passes(seconds=1)

    assert flow.sends()


@pytest.mark.parametrize(
    ("remote", "access", "name"),
    [("203.0.113.9", "Deny", "securityRules/deny"), ("10.20.1.9", "Allow", "defaultSecurityRules/AllowVnetOutBound")],
)
async def test_network_watcher_names_the_rule_that_decides(  # noqa: PLR0913, PLR0917 fixtures
    clinic: Clinic, wire: Wire, subnet: Subnet, clock: Clock, remote: str, access: str, name: str
) -> None:
    machine = clinic.vm("pacs")
    await put(wire, subnet, rule("deny", 100))
    clock.passes(seconds=1)
    asked = {"targetResourceId": machine.id, "direction": "Outbound", "protocol": "TCP", "localPort": "*"}
    asked |= {"remotePort": "443", "localIPAddress": "10.20.1.5", "remoteIPAddress": remote}

    status, _, headers = await wire.ask("POST", f"{WATCHER}/eastus2/ipFlowVerify", asked, version=VERSION)
    clock.passes(seconds=1)
    _, verdict, _ = await wire.ask("GET", headers["Location"])

    assert status == 202
    assert verdict == {"access": access, "ruleName": name}


async def test_undo_restores_the_group_in_effect(
    clinic: Clinic, wire: Wire, subnet: Subnet, clock: Clock, estate: Estate
) -> None:
    _, before, _ = await wire.ask("GET", subnet.nsg, version=VERSION)
    await put(wire, subnet, rule("deny", 100))
    clock.passes(seconds=1)
    assert estate.snapshot() != clinic.before

    prior = {"location": before["location"], "tags": before["tags"]}
    prior["properties"] = {"securityRules": before["properties"]["securityRules"], "flushConnection": False}
    await wire.ask("PUT", subnet.nsg, prior, version=VERSION)
    clock.passes(seconds=1)

    assert estate.snapshot() == clinic.before
