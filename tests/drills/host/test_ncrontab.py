from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.host.ncrontab import Schedule, ScheduleError

START = datetime(2026, 1, 30, 10, 17, 42, 500_000, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("expression", "next_run"),
    [
        ("* * * * * *", "2026-01-30T10:17:43"),
        ("0 * * * * *", "2026-01-30T10:18:00"),
        ("*/20 * * * * *", "2026-01-30T10:18:00"),
        ("50 17 10 * * *", "2026-01-30T10:17:50"),
        ("0 */5 * * * *", "2026-01-30T10:20:00"),
        ("0 5/15 * * * *", "2026-01-30T10:20:00"),
        ("0 0 9-17/4 * * *", "2026-01-30T13:00:00"),
        ("0 30 8,20 * * *", "2026-01-30T20:30:00"),
        ("0 0 3 * * *", "2026-01-31T03:00:00"),
        ("0 0 3 1 * *", "2026-02-01T03:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 8 * * Mon-Fri", "2026-02-02T08:00:00"),
        ("0 0 8 * * 0", "2026-02-01T08:00:00"),
        ("0 0 8 13 * Friday", "2026-02-13T08:00:00"),
        ("0 0 0 1 March *", "2026-03-01T00:00:00"),
        ("30 9 * * *", "2026-01-31T09:30:00"),
    ],
)
def test_the_next_run_is_the_first_moment_that_fits_every_field(expression: str, next_run: str) -> None:
    assert Schedule.parse(expression).after(START) == datetime.fromisoformat(next_run).replace(tzinfo=UTC)


def test_a_moment_of_another_zone_is_read_as_utc() -> None:
    there = START.astimezone(timezone(timedelta(hours=-5)))

    assert Schedule.parse("0 0 12 * * *").after(there) == datetime(2026, 1, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * *",
        "00:05:00",
        "60 * * * * *",
        "* * 24 * * *",
        "0 0 0 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "5-1 * * * * *",
        "*/0 * * * * *",
        "x * * * * *",
        "1,,2 * * * * *",
        "-1 * * * * *",
    ],
)
def test_what_is_not_ncrontab_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleError):
        Schedule.parse(expression)


def test_a_day_that_never_comes_is_an_error_and_not_a_loop() -> None:
    with pytest.raises(ScheduleError, match="never comes due"):
        Schedule.parse("0 0 0 31 2 *").after(START)


@given(moment=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)))  # noqa: DTZ001  # made aware below
def test_nothing_between_a_moment_and_its_next_run_fits(moment: datetime) -> None:
    schedule = Schedule.parse("15,45 */7 * * * *")
    start = moment.replace(tzinfo=UTC)

    due = schedule.after(start)
    seconds = int((due - start).total_seconds())
    between = (start.replace(microsecond=0) + timedelta(seconds=n) for n in range(1, seconds))

    assert (due.second, due.minute % 7, due.microsecond) in {(15, 0, 0), (45, 0, 0)}
    assert not any(each.second in {15, 45} and each.minute % 7 == 0 for each in between)
