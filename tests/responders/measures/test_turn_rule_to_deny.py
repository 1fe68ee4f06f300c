from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.turn_rule_to_deny import MEASURE
from tests.conftest import policy_of
from tests.responders.line import Line, Wish, only


async def test_the_attackers_own_rule_stays_where_it_stood_and_denies(line: Line, clinic: Clinic) -> None:
    subnet = clinic.subnet("phi").opens_egress(rule="exfil", priority=105)
    incident = await line.plan(Wish(MEASURE, f"{subnet.nsg}/securityRules/exfil"))

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is not None
    assert state.outcome.value == "contained", state.why
    group = line.estate.world.store.read(subnet.nsg) or {}
    [rule] = [one for one in group["properties"]["securityRules"] if one["name"] == "exfil"]
    assert (rule["properties"]["access"], rule["properties"]["priority"]) == ("Deny", 105)
    assert not clinic.vm("phi-vm").reaches("203.0.113.9:443")


def test_a_rule_of_the_inside_alone_is_refused() -> None:
    target_rule = Target(resource=ResourceId("/subscriptions/s"), incident="i")
    inside = {"sourceAddressPrefix": "VirtualNetwork", "destinationAddressPrefix": "VirtualNetwork"}

    assert MEASURE.guard(target_rule, Before({"properties": inside}), policy_of()) is not None
    assert MEASURE.guard(target_rule, Before({"properties": {"sourceAddressPrefix": "*"}}), policy_of()) is None
