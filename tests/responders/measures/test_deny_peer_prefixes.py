import pytest

from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Refusal
from responders.measures.deny_peer_prefixes import MEASURE
from tests.conftest import policy_of
from tests.responders.line import Line, Wish, only


def group(prefixes: str) -> Target:
    place = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/wards"
    return Target(resource=ResourceId(place), incident="i", parameters={"prefixes": prefixes})


async def test_a_rule_that_names_the_prefix_at_the_lowest_priority_is_beaten_and_comes_back(
    line: Line, clinic: Clinic
) -> None:
    hostile = clinic.peered_with()
    subnet = clinic.subnet("phi").names(hostile.prefix, priority=100)
    clinic.remember()
    incident = await line.plan(Wish(MEASURE, subnet.nsg, parameters={"prefixes": hostile.prefix}))

    contained = only((await line.go(incident)).steps.values())

    assert contained.outcome is not None
    assert contained.outcome.value == "contained", contained.why
    assert not clinic.vm("phi-vm").reaches("10.99.0.4:443")
    await line.undo(incident)
    assert line.estate.snapshot() == clinic.before
    assert clinic.vm("phi-vm").reaches("10.99.0.4:443")


@pytest.mark.parametrize("prefixes", ["nonsense", "10.99.0.0/16, 10.0.0.0/33", "10.99.0.0/24"])
def test_what_is_no_prefix_or_holds_the_investigators_is_refused(prefixes: str) -> None:
    policy = policy_of(forensics={"prefix": "10.99.0.0/28"})

    assert isinstance(MEASURE.guard(group(prefixes), Before({}), policy), Refusal)


def test_reserved_subnets_are_left_alone() -> None:
    network = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
    before = Before({"properties": {"subnets": [{"id": f"{network}/subnets/AzureBastionSubnet"}]}})

    assert isinstance(MEASURE.guard(group("10.66.0.0/16"), before, policy_of()), Refusal)
