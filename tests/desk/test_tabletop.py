import pytest

from desk.tabletop import class_of, packet, page, quarter_of
from detection import rules
from incident.errors import Unknown
from responders.plans import PLANS
from tests.conftest import START, policy_of

QUARTER = "2026-Q4"


def test_every_class_has_its_turn_once_in_as_many_quarters_as_there_are_classes() -> None:
    every = [rule.id for rule in rules.every()]
    turns = [class_of(f"{2026 + number // 4}-Q{number % 4 + 1}") for number in range(len(every))]

    assert sorted(turns) == every
    assert class_of(quarter_of(START.date())) == class_of(QUARTER)


@pytest.mark.parametrize("incident_class", sorted(PLANS))
def test_a_class_has_a_packet_with_plan_levels_clocks_and_questions(incident_class: str) -> None:
    found = packet(policy_of(scope={"tags": {"own": "tag"}}), QUARTER, START, incident_class)

    planned = {name for wave in PLANS[incident_class] for name in wave.measures}
    assert found["steps"]
    assert len({step["code"] for step in found["steps"]}) <= len(planned)
    assert all(step["breaks"] for step in found["steps"])
    asked = [step for step in found["steps"] if step["approval"] in ("one approver", "two approvers")]
    assert all(step["approvers"] for step in asked)
    told = "\n".join(page(found))
    assert all(f"{step['code']} {step['title']}" in told for step in found["steps"])


def test_the_clocks_are_those_of_the_law_for_the_example_facts() -> None:
    found = packet(policy_of(), QUARTER, START)

    due = {clock["id"]: clock["due"] for clock in found["clocks"]}
    assert found["begins"] == "2026-10-02T16:45:00-04:00"
    assert due["US-HIPAA-IND"] == due["US-HIPAA-HHS-500"] == "2026-12-01"
    assert found == packet(policy_of(), QUARTER, START)


def test_what_the_policy_only_watches_is_said_to_be_held_back() -> None:
    steps = packet(policy_of("watch"), QUARTER, START)["steps"]

    assert {step["hold"] for step in steps} == {"watch"}


@pytest.mark.parametrize(("quarter", "named"), [("2026-Q5", ""), ("soon", ""), (QUARTER, "no.class")])
def test_what_is_no_quarter_or_class_is_refused(quarter: str, named: str) -> None:
    with pytest.raises(Unknown):
        packet(policy_of(), quarter, START, named)
