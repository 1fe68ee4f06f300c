from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.person import Role
from incident.plan import Approval, Recovery
from responders import measures
from responders.approval import LADDER, Case, Marks, Said, level, needed, roles, sufficient, weighed
from responders.measure import Measure

REFUSE = measures.by_id("refuse_anonymous_readers")
EGRESS = measures.by_id("deny_internet_egress")
NETWORK = measures.by_id("deny_public_network")
LOWERS, FRESH, NOTHING = Marks(lowers=True), Marks(fresh=True), Marks()
SURE = Case(confident="the live state shows it", phi=True)
WORDS = st.sampled_from(["", "so it is"])
CASES = st.builds(
    Case,
    confident=WORDS,
    fresh=WORDS,
    phi=st.booleans(),
    exempt=st.booleans(),
    planned=WORDS,
    pipeline=WORDS,
    life_safety=st.booleans(),
    price=WORDS,
    targets=st.integers(1, 100),
    acted=st.integers(0, 100),
)
MARKS = st.builds(Marks, lowers=st.booleans(), fresh=st.booleans())
MEASURES = st.builds(
    lambda measure, approval, recovery: replace(measure, approval=approval, recovery=recovery),
    st.sampled_from(measures.every()),
    st.sampled_from(Approval),
    st.sampled_from(Recovery),
)
SOC, OWNER = Role.APPROVER_SOC.value, Role.APPROVER_OWNER.value


def test_the_plan_may_let_a_step_run_by_itself_where_everything_speaks_for_it() -> None:
    assert weighed(NETWORK, LOWERS, SURE).approval is Approval.AUTO
    assert weighed(NETWORK, FRESH, Case(fresh="less than an hour old", phi=True)).approval is Approval.AUTO


@pytest.mark.parametrize(
    ("marks", "case"),
    [
        (NOTHING, SURE),
        (FRESH, SURE),
        (LOWERS, replace(SURE, confident="")),
        (LOWERS, replace(SURE, confident="", fresh="less than an hour old")),
        (LOWERS, replace(SURE, phi=False)),
        (LOWERS, replace(SURE, exempt=True)),
        (LOWERS, replace(SURE, planned="CHG-1")),
        (LOWERS, replace(SURE, callers_unknown="no log")),
    ],
    ids=["unmarked", "marked for fresh", "unsure", "fresh alone", "no PHI", "exempt", "planned", "callers unknown"],
)
def test_it_asks_where_anything_is_missing(marks: Marks, case: Case) -> None:
    assert weighed(NETWORK, marks, case).approval is Approval.A1


@pytest.mark.parametrize(
    ("case", "word"),
    [
        (replace(SURE, targets=6), "6 targets"),
        (replace(SURE, life_safety=True), "life-safety"),
        (replace(SURE, acted=20), "within the hour"),
        (replace(SURE, pipeline="REL-9"), "REL-9"),
    ],
)
def test_whatever_speaks_against_it_asks_one_more(case: Case, word: str) -> None:
    raised = weighed(EGRESS, NOTHING, case)

    assert raised.approval is Approval.A1
    assert word in raised.why[-1]
    assert weighed(NETWORK, NOTHING, case).approval is Approval.A2
    assert weighed(NETWORK, LOWERS, case).approval is Approval.A1


def test_what_speaks_against_it_twice_asks_one_more_all_the_same() -> None:
    assert weighed(EGRESS, NOTHING, replace(SURE, targets=6, life_safety=True)).approval is Approval.A1


def test_the_count_of_actions_never_holds_back_strangers_being_shut_out_of_phi() -> None:
    many = replace(SURE, acted=1000)

    assert weighed(REFUSE, NOTHING, many).approval is Approval.AUTO
    assert weighed(measures.by_id("close_container"), NOTHING, many).approval is Approval.AUTO
    assert weighed(REFUSE, NOTHING, replace(many, phi=False)).approval is Approval.A1


@given(MEASURES, MARKS, CASES)
def test_two_approvers_are_never_made_fewer_and_by_hand_stays_by_hand(
    measure: Measure, marks: Marks, case: Case
) -> None:
    reached = weighed(measure, marks, case).approval

    if measure.approval in (Approval.A2, Approval.NEVER):
        assert reached is measure.approval
    assert (reached is Approval.NEVER) == (measure.approval is Approval.NEVER)


@given(MEASURES, MARKS, CASES)
def test_what_cannot_be_taken_back_always_asks(measure: Measure, marks: Marks, case: Case) -> None:
    if measure.recovery is Recovery.NONE:
        assert weighed(measure, marks, case).approval is not Approval.AUTO


@given(MEASURES, MARKS, CASES)
def test_a_level_moves_by_one_at_most_and_says_why(measure: Measure, marks: Marks, case: Case) -> None:
    reached, own = weighed(measure, marks, case), level(measure)

    assert reached.why
    if own is not Approval.NEVER:
        assert abs(LADDER.index(reached.approval) - LADDER.index(own)) <= 1


@given(MEASURES, MARKS, CASES)
def test_confidence_counts_only_where_there_is_phi(measure: Measure, marks: Marks, case: Case) -> None:
    if level(measure) is Approval.A1:
        assert weighed(measure, marks, replace(case, phi=False)).approval is not Approval.AUTO


@given(st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from([(SOC,), (OWNER,), (SOC, OWNER), ()])), max_size=4))
def test_two_approvers_are_two_people_whatever_roles_they_hold(said: set[tuple[str, tuple[str, ...]]]) -> None:
    spoken = [Said(by=by, roles=frozenset(held)) for by, held in said]

    if sufficient(Approval.A2, spoken):
        assert len({each.by for each in spoken}) >= 2
        assert any(SOC in each.roles for each in spoken)
        assert any(OWNER in each.roles for each in spoken)
    assert not sufficient(Approval.NEVER, spoken)


def test_who_holds_both_roles_fills_one_of_them() -> None:
    both, soc = Said(by="a", roles=frozenset({SOC, OWNER})), Said(by="b", roles=frozenset({SOC}))

    assert not sufficient(Approval.A2, [both, both])
    assert sufficient(Approval.A2, [both, soc])
    assert sufficient(Approval.A1, [both])


def test_each_level_names_whose_word_counts() -> None:
    """Fault 7: no level is a stub; one refuses whoever lacks its role, the last refuses everybody."""
    assert roles(Approval.A1) == roles(needed(Approval.AUTO)) == (Role.APPROVER_SOC,)
    assert set(roles(Approval.A2)) == {Role.APPROVER_SOC, Role.APPROVER_OWNER}
    assert roles(Approval.NEVER) == ()
    for approval in Approval:
        assert not sufficient(approval, [])
        assert not sufficient(approval, [Said(by="a", roles=frozenset({Role.ADMIN.value, Role.OPERATE.value}))])


def test_what_costs_more_than_the_budget_asks_one_approver() -> None:
    reached = weighed(measures.by_id("keep_logs"), NOTHING, Case(price="it costs too much"))

    assert (reached.approval, reached.why[-1]) == (Approval.A1, "one more approval: it costs too much")
