from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.holds import Hold, held, releases
from compliance.rows import HoldRule, Unit
from tests.compliance.incidents import dues, oral, reckoned, written

BASE = "2026-10-10"  # 2026-08-11 + 60


def individual(*holds: dict[str, object]) -> tuple[str, str | None]:
    clock = next(clock for clock in reckoned(holds=list(holds)).clocks if clock.id == "US-HIPAA-IND")
    return clock.due.isoformat(), clock.not_before.isoformat() if clock.not_before else None


def test_a_hold_that_ends_in_time_forbids_earlier_notice_and_moves_nothing() -> None:
    assert individual(written("2026-08-20", "2026-09-30")) == (BASE, "2026-09-30")


def test_a_hold_beyond_the_due_date_moves_it_to_the_release_and_adds_nothing() -> None:
    assert individual(written("2026-08-20", "2026-10-25")) == ("2026-10-25", "2026-10-25")


def test_an_oral_hold_ends_after_thirty_days_whatever_was_asked() -> None:
    assert individual(oral("2026-09-25", "2026-12-31")) == ("2026-10-25", "2026-10-25")
    assert individual(oral("2026-09-25")) == ("2026-10-25", "2026-10-25")


def test_an_oral_hold_ends_sooner_where_less_was_asked() -> None:
    assert individual(oral("2026-09-25", "2026-10-14")) == ("2026-10-14", "2026-10-14")


def test_a_written_statement_within_the_thirty_days_takes_over() -> None:
    paper = written("2026-10-25", "2027-01-10")

    assert individual(oral("2026-09-25"), paper) == ("2027-01-10", "2027-01-10")
    assert dues(holds=[oral("2026-09-25"), paper])["US-HIPAA-LE-ORAL:1"] == "2027-01-10"


def test_a_written_statement_on_the_day_of_the_oral_one_takes_over() -> None:
    assert individual(oral("2026-09-25"), written("2026-09-25", "2026-10-20")) == ("2026-10-20", "2026-10-20")


def test_a_written_statement_can_also_end_an_oral_hold_sooner() -> None:
    assert individual(oral("2026-09-25"), written("2026-09-28", "2026-10-05")) == (BASE, "2026-10-05")


def test_a_written_statement_after_the_thirty_days_revives_nothing() -> None:
    assert individual(oral("2026-09-25"), written("2026-10-26", "2027-01-10")) == ("2026-10-25", "2026-10-25")


def test_a_written_statement_about_a_state_leaves_a_federal_oral_hold_as_it_is() -> None:
    paper = written("2026-10-01", "2027-01-10", ["MT"])

    assert individual(oral("2026-09-25"), paper) == ("2026-10-25", "2026-10-25")


def test_a_hold_stated_on_the_due_day_counts_and_one_day_later_does_not() -> None:
    assert individual(written(BASE, "2026-11-01")) == ("2026-11-01", "2026-11-01")
    assert individual(written("2026-10-11", "2026-11-01")) == (BASE, None)


def test_a_federal_hold_binds_no_state() -> None:
    affected = {"FL": 500}

    assert dues(affected=affected, holds=[written("2026-08-20", "2026-12-01")])["FL-AG"] == "2026-09-10"
    named = [written("2026-08-20", "2026-12-01", ["US", "FL"])]
    assert dues(affected=affected, holds=named)["FL-AG"] == "2026-12-01"


def test_a_hold_that_names_only_a_state_binds_no_federal_clock() -> None:
    assert individual(written("2026-08-20", "2026-12-01", ["MT"])) == (BASE, None)


@pytest.mark.parametrize(
    ("state", "clock", "due"),
    [("MD", "MD-IND", "2026-12-08"), ("SD", "SD-IND", "2026-12-31"), ("ME", "ME-IND", "2026-12-10")],
)
def test_some_states_leave_days_after_the_release(state: str, clock: str, due: str) -> None:
    holds = [written("2026-08-20", "2026-12-01", ["US", state])]

    assert dues(affected={state: 5}, data=["ssn"], holds=holds)[clock] == due


def test_puerto_ricos_ten_days_know_no_hold() -> None:
    holds = [written("2026-08-12", "2026-12-01", ["US", "PR"])]

    assert dues(affected={"PR": 5}, holds=holds)["PR-DACO"] == "2026-08-21"


def test_the_limit_of_an_oral_hold_is_numbered_by_its_place_among_the_holds() -> None:
    holds = [written("2026-08-20", "2026-09-01"), oral("2026-09-25")]

    assert dues(holds=holds)["US-HIPAA-LE-ORAL:2"] == "2026-10-25"


def test_what_counts_on_after_a_release_counts_business_days_by_the_holidays() -> None:
    rule = HoldRule(n=3, unit=Unit.BUSINESS)
    ends = releases([Hold(written=True, stated=date(2026, 8, 3), asked=date(2026, 9, 4))])

    assert held(date(2026, 8, 10), rule, ends, {date(2026, 9, 7)})[0] == date(2026, 9, 10)


DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@st.composite
def statements(draw: st.DrawFn) -> Hold:
    stated = draw(DAYS)
    asked = stated + timedelta(days=draw(st.integers(0, 200)))
    return Hold(written=draw(st.booleans()), stated=stated, asked=asked)


@given(DAYS, st.lists(statements(), max_size=4), st.integers(0, 30))
def test_a_hold_never_shortens_and_never_goes_beyond_its_release(due: date, holds: list[Hold], n: int) -> None:
    ends = releases(holds)
    moved, not_before = held(due, HoldRule(n=n), ends)

    assert moved >= due
    assert moved <= max([due, *(end.until + timedelta(days=n) for end in ends)])
    assert not_before is None or not_before <= max(end.until for end in ends)


@given(st.lists(statements(), max_size=4))
def test_an_oral_hold_alone_never_lasts_beyond_thirty_days(holds: list[Hold]) -> None:
    alone = [hold for hold in holds if not hold.written]

    assert all(end.until - end.stated <= timedelta(days=30) for end in releases(alone))


@given(DAYS, st.lists(statements(), max_size=4))
def test_the_order_in_which_holds_are_told_does_not_matter(due: date, holds: list[Hold]) -> None:
    assert held(due, HoldRule(), releases(holds)) == held(due, HoldRule(), releases(holds[::-1]))
