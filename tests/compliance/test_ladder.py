from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.ladder import Rung, next_rung, rungs, rungs_between
from compliance.rows import Kind
from tests.compliance.incidents import reckoned

START = datetime(2026, 8, 11, 20, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Duty:
    start: datetime
    due_at: datetime
    kind: Kind = Kind.DEADLINE


def lasting(**length: float) -> Duty:
    return Duty(START, START + timedelta(**length))


def names(duty: Duty, n: int = 10) -> list[str]:
    return [rung.name for rung in islice(rungs(duty), n)]


def test_a_sixty_day_clock_has_the_whole_ladder() -> None:
    assert names(lasting(days=60), 9) == [
        "half",
        "14d",
        "7d",
        "72h",
        "24h",
        "4h",
        "overdue-1",
        "overdue-2",
        "overdue-3",
    ]


def test_each_rung_stands_where_its_name_says() -> None:
    duty = lasting(days=60)
    before = {rung.name: duty.due_at - rung.at for rung in islice(rungs(duty), 8)}

    assert before == {
        "half": timedelta(days=30),
        "14d": timedelta(days=14),
        "7d": timedelta(days=7),
        "72h": timedelta(days=3),
        "24h": timedelta(days=1),
        "4h": timedelta(hours=4),
        "overdue-1": timedelta(0),
        "overdue-2": timedelta(days=-1),
    }


@pytest.mark.parametrize(
    ("hours", "ladder"),
    [
        (72, ["half", "24h", "4h", "overdue-1"]),
        (73, ["72h", "half", "24h", "4h", "overdue-1"]),
        (24, ["half", "4h", "overdue-1"]),
        (8, ["4h", "overdue-1"]),
        (4, ["half", "overdue-1"]),
        (0, ["overdue-1"]),
    ],
)
def test_rungs_before_the_start_are_not_on_the_ladder(hours: int, ladder: list[str]) -> None:
    assert names(lasting(hours=hours), len(ladder)) == ladder


def test_a_clock_already_overdue_has_overdue_rungs_alone() -> None:
    duty = Duty(START, START - timedelta(days=3))

    assert names(duty, 2) == ["overdue-1", "overdue-2"]
    assert next_rung(duty, START) == Rung(name="overdue-5", at=START + timedelta(days=1))


def test_what_only_ends_is_never_overdue() -> None:
    hold = Duty(START, START + timedelta(days=5), Kind.HOLD_LIMIT)

    assert names(hold) == ["72h", "half", "24h", "4h", "ended"]
    assert next_rung(hold, hold.due_at) is None


def test_overdue_rungs_know_that_they_are() -> None:
    assert [rung.overdue for rung in islice(rungs(lasting(hours=4)), 2)] == [False, True]


def test_a_reckoned_clock_has_a_ladder() -> None:
    clock = next(clock for clock in reckoned().clocks if clock.id == "US-HIPAA-IND")
    rung = next_rung(clock, clock.start)

    assert rung is not None
    assert rung.name == "half"


LENGTHS = st.timedeltas(timedelta(days=-3), timedelta(days=400))


@given(LENGTHS, st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), max_size=12))
def test_none_is_skipped_and_none_repeated_however_long_the_outages(
    length: timedelta, outages: list[timedelta]
) -> None:
    duty = Duty(START, START + length)
    ticks = [START]
    for outage in outages:
        ticks.append(ticks[-1] + outage)
    told = [rung for after, now in pairwise(ticks) for rung in rungs_between(duty, after, now)]

    assert told == list(rungs_between(duty, START, ticks[-1]))
    assert len({rung.name for rung in told}) == len(told)


@given(LENGTHS)
def test_the_next_rung_leads_through_the_whole_ladder(length: timedelta) -> None:
    duty = Duty(START, START + length)
    expected = list(islice((rung for rung in rungs(duty) if rung.at > START), 9))
    walked: list[Rung] = []
    while len(walked) < 9 and (rung := next_rung(duty, walked[-1].at if walked else START)):
        walked.append(rung)

    assert walked == expected
