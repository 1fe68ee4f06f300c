from typing import Any

import pytest

from drills.estate import Estate
from drills.estate.clinic import Clinic, Subnet
from drills.estate.faults import cut_after, when
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.deny_internet_egress import MEASURE, _denied
from tests.conftest import Wire, policy_of
from tests.responders.conftest import Run, declared

OUTSIDE = "203.0.113.9:443"
INSIDE = "10.20.1.200:443"
VERSION = "2024-01-01"
GROUP = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n")
TARGET = Target(resource=GROUP, incident="i")
VNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets"


def rules(clinic: Clinic, name: str = "phi") -> dict[str, dict[str, Any]]:
    found = clinic.estate.effective(clinic.subnet(name).nsg)["properties"]["securityRules"]
    return {rule["name"]: rule["properties"] for rule in found}


def ours(clinic: Clinic) -> dict[str, Any]:
    return next(rule for name, rule in rules(clinic).items() if name.startswith("hir-"))


def group(*existing: dict[str, Any], **properties: Any) -> Before:
    return Before({"id": GROUP.text, "location": "l", "properties": {"securityRules": list(existing), **properties}})


def rule(
    name: str, priority: int, access: str = "Allow", to: str = "Internet", way: str = "Outbound"
) -> dict[str, Any]:
    properties = {"priority": priority, "access": access, "destinationAddressPrefix": to, "direction": way}
    return {"name": name, "properties": properties}


def governing(*subnets: str) -> Before:
    return group(subnets=[{"id": f"{VNET}/{name}"} for name in subnets])


async def test_a_subnet_cannot_get_out_any_more_and_gets_out_again_exactly_as_it_did(clinic: Clinic, run: Run) -> None:
    clinic.subnet("phi").opens_egress(priority=200)
    assert clinic.vm("phi-vm").reaches(OUTSIDE)

    outcome = await run(MEASURE, "phi")

    assert outcome.contained
    assert not clinic.vm("phi-vm").reaches(OUTSIDE)
    assert clinic.vm("phi-vm").reaches(INSIDE)
    assert ours(clinic)["priority"] == 100
    assert await run.undone(outcome) == clinic.before
    assert clinic.vm("phi-vm").reaches(OUTSIDE)


async def test_it_needs_what_its_card_declares_and_no_more(clinic: Clinic, run: Run) -> None:
    clinic.subnet("phi").opens_egress()

    outcome = await run(MEASURE, "phi")
    await run.undone(outcome)

    assert outcome.contained
    assert run.used() == declared(MEASURE)


async def test_live_flows_end_with_the_same_write(clinic: Clinic, run: Run, wire: Wire) -> None:
    clinic.subnet("phi").opens_egress(priority=200)
    flow = clinic.vm("phi-vm").connects(OUTSIDE)
    assert flow.sends()

    await run(MEASURE, "phi")

    assert not flow.sends()
    assert [request.method for request in wire.sent] == ["PUT"]


@pytest.mark.parametrize("destination", ["Internet", "*", "0.0.0.0/0", "203.0.113.0/24"])
async def test_an_allow_at_100_is_turned_to_deny_where_it_stands(clinic: Clinic, run: Run, destination: str) -> None:
    clinic.subnet("phi").opens_egress("leak", priority=100, destination=destination)

    outcome = await run(MEASURE, "phi")

    assert outcome.contained
    assert (rules(clinic)["leak"]["access"], rules(clinic)["leak"]["priority"]) == ("Deny", 100)
    assert ours(clinic)["priority"] == 101
    assert not clinic.vm("phi-vm").reaches(OUTSIDE)
    assert clinic.vm("phi-vm").reaches(INSIDE)
    assert await run.undone(outcome) == clinic.before
    assert rules(clinic)["leak"]["access"] == "Allow"


async def test_a_chain_of_allows_is_turned_and_what_leads_inside_is_not(clinic: Clinic, run: Run) -> None:
    subnet = clinic.subnet("phi")
    subnet.opens_egress("first", 100).opens_egress("inside", 101, "VirtualNetwork").opens_egress("third", 102, "*")

    outcome = await run(MEASURE, "phi")

    assert outcome.contained
    assert {name: rules(clinic)[name]["access"] for name in ("first", "inside", "third")} == {
        "first": "Deny",
        "inside": "Allow",
        "third": "Deny",
    }
    assert ours(clinic)["priority"] == 103
    assert not clinic.vm("phi-vm").reaches(OUTSIDE)
    assert await run.undone(outcome) == clinic.before


async def test_a_standing_deny_further_down_is_kept(clinic: Clinic, run: Run) -> None:
    clinic.subnet("phi").denies_egress().opens_egress("leak", 3000)

    outcome = await run(MEASURE, "phi")

    assert outcome.contained
    assert rules(clinic)["deny-internet"]["priority"] == 4000
    assert await run.undone(outcome) == clinic.before


async def test_a_second_containment_of_one_incident_finds_its_rule_and_does_nothing(clinic: Clinic, run: Run) -> None:
    clinic.subnet("phi").opens_egress()
    first = await run(MEASURE, "phi")
    target = first.state.step.target

    now = await MEASURE.read(run.line.cloud, target)

    assert MEASURE.contain(target, now) == ()


async def test_who_wrote_in_between_is_read_and_cut_off_too(clinic: Clinic, run: Run, wire: Wire) -> None:
    subnet = clinic.subnet("phi").opens_egress("leak", 200)

    def faster(nth: int) -> None:
        if nth == 1:
            subnet.opens_egress("faster", 100)

    wire.leaving = faster

    outcome = await run(MEASURE, "phi")

    assert outcome.contained
    assert rules(clinic)["faster"]["access"] == "Deny"
    assert [entry.body["result"] for entry in await outcome.entries("outcome")][:1] == ["stale"]
    first, second = (request.headers["If-Match"] for request in wire.sent)
    assert first != second
    assert await run.undone(outcome) == clinic.before
    assert clinic.vm("phi-vm").reaches(OUTSIDE)


async def test_our_own_write_that_got_no_answer_is_not_taken_for_somebody_elses(
    estate: Estate, clinic: Clinic, run: Run
) -> None:
    clinic.subnet("phi").opens_egress("leak", 200)
    estate.faults.add(when(method="PUT", path="networkSecurityGroups", nth=1), cut_after())

    outcome = await run(MEASURE, "phi")

    assert outcome.contained
    results = [entry.body["result"] for entry in await outcome.entries("outcome")]
    assert results == ["interrupted", "stale", "succeeded"]
    assert await run.undone(outcome) == clinic.before
    assert clinic.vm("phi-vm").reaches(OUTSIDE)


async def test_an_undo_that_got_no_answer_is_read_back(estate: Estate, clinic: Clinic, run: Run) -> None:
    clinic.subnet("phi").opens_egress("leak", 200)
    outcome = await run(MEASURE, "phi")
    estate.faults.add(when(method="PUT", path="networkSecurityGroups", nth=1), cut_after())

    assert await run.undone(outcome) == clinic.before
    assert [entry.body["outcome"] for entry in await outcome.entries("step")] == ["contained", "undone"]


async def test_an_undo_keeps_what_somebody_else_has_added_since(clinic: Clinic, run: Run) -> None:
    clinic.subnet("phi").opens_egress("leak", 200)
    outcome = await run(MEASURE, "phi")
    clinic.subnet("phi").opens_egress("later", 300, "VirtualNetwork")

    after = await run.undone(outcome)

    assert after == clinic.before
    assert ours(clinic)["access"] == "Deny"
    [refusal] = await outcome.entries("undo_refused")
    [difference] = refusal.body["difference"]
    assert difference["at"] == "properties.securityRules"
    assert [len(difference[side]) for side in ("before", "ours", "now")] == [1, 2, 3]


async def test_no_proof_no_containment_when_azure_says_done_and_does_nothing(
    estate: Estate, clinic: Clinic, run: Run
) -> None:
    clinic.subnet("phi").opens_egress()
    estate.faults.add(when(method="PUT", path="networkSecurityGroups"), estate.faults.lies())

    outcome = await run(MEASURE, "phi")

    assert outcome.unproved
    assert outcome.why == "not so: deny_stands, flows_flushed, stranger_unreachable"


async def test_a_group_without_a_machine_is_done_but_not_proved(estate: Estate, clinic: Clinic, run: Run) -> None:
    clinic.subnet("phi").opens_egress()
    estate.world.store.remove(clinic.vm("phi-vm").nic)

    outcome = await run(MEASURE, "phi")

    assert outcome.unproved
    assert outcome.why == "could not be tried: stranger_unreachable"
    assert "Deny" in {one["access"] for one in rules(clinic).values()}


async def test_a_group_on_a_network_card_is_proved_through_that_card(estate: Estate, clinic: Clinic, run: Run) -> None:
    subnet = clinic.subnet("phi").opens_egress()
    _moved_to_the_card(estate, clinic, subnet)

    outcome = await run(MEASURE, "phi")

    assert outcome.contained
    assert not clinic.vm("phi-vm").reaches(OUTSIDE)


def _moved_to_the_card(estate: Estate, clinic: Clinic, subnet: Subnet) -> None:
    for resource, reference in ((subnet.id, None), (clinic.vm("phi-vm").nic, {"id": subnet.nsg})):
        state = estate.world.store.read(resource) or {}
        state["properties"]["networkSecurityGroup"] = reference
        if reference is None:
            del state["properties"]["networkSecurityGroup"]
        estate.world.store.seed(state)
    clinic.remember()


@pytest.mark.parametrize(
    "reserved", ["GatewaySubnet", "AzureFirewallSubnet", "AzureBastionSubnet", "RouteServerSubnet"]
)
def test_subnets_that_azure_runs_itself_are_refused(reserved: str) -> None:
    refusal = MEASURE.guard(TARGET, governing("phi", reserved), policy_of())

    assert refusal is not None
    assert reserved in refusal.why


def test_a_subnet_that_is_never_touched_keeps_its_group_untouched() -> None:
    refusal = MEASURE.guard(TARGET, governing("phi", "ventilators"), policy_of(never_touch=[f"{VNET}/Ventilators"]))

    assert refusal is not None
    assert "ventilators" in refusal.why
    assert MEASURE.guard(TARGET, governing("phi"), policy_of(never_touch=[f"{VNET}/Ventilators"])) is None


@pytest.mark.parametrize(
    ("existing", "place", "turned"),
    [
        ([], 100, set()),
        ([rule("a", 100, "Deny", "10.0.0.0/8")], 101, set()),
        ([rule("a", 100, way="Inbound")], 100, set()),
        ([rule("a", 100), rule("b", 101), rule("c", 103)], 102, {"a", "b"}),
        ([rule("a", 100, to="Storage.EastUS2"), rule("b", 101, "Deny")], 102, {"a"}),
        ([rule("a", 100, to="10.1.0.0/16")], 101, set()),
    ],
)
def test_the_deny_takes_the_first_free_place_and_whatever_leads_out_before_it_is_turned(
    existing: list[dict[str, Any]], place: int, turned: set[str]
) -> None:
    written = {one["name"]: one["properties"] for one in _denied(TARGET, group(*existing))}
    allowed = {one["name"] for one in existing if one["properties"]["access"] == "Allow"}

    assert written["hir-i-deny-out"]["priority"] == place
    assert {name for name in allowed if written[name]["access"] == "Deny"} == turned
