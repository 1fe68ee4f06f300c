"""The times of the wire."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from detection.times import earliest, utc


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T09:00:00Z",
        "2026-03-02T09:00:00.0000000Z",
        "2026-03-02T09:00:00.000000999Z",
        "2026-03-02T09:00:00",
        "2026-03-02 09:00:00+00:00",
        "2026-03-02 09:00:00.000000999",
        "2026-03-02T04:00:00-05:00",
        "3/2/2026 9:00:00 AM",
        "03/02/2026 09:00:00",
        "03/02/2026 09:00",
        " 2026-03-02T09:00:00Z ",
        "1772442000",
        1772442000,
        "1772442000000",
        "/Date(1772442000000)/",
        "/Date(1772442000000+0000)/",
        datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    ],
)
def test_every_spelling_of_nine_o_clock_is_nine_o_clock(written: Any) -> None:
    assert utc(written) == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("written", "hour"), [("12:05:00 AM", 0), ("12:05:00 PM", 12), ("2:05:00 PM", 14)])
def test_american_halves_of_the_day(written: str, hour: int) -> None:
    assert utc(f"3/24/2022 {written}") == datetime(2022, 3, 24, hour, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "None",
        "null",
        "soon",
        "0001-01-01T00:00:00",
        "1601-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "13/13/2026",
        "25:00",
        True,
        [],
        {},
        10**30,
        "²²²²²²²²²²",
    ],
)
def test_what_is_no_time_or_a_placeholder_is_none(written: Any) -> None:
    assert utc(written) is None


@given(some.text() | some.integers() | some.floats() | some.none() | some.booleans())
def test_nothing_raises_and_everything_found_is_utc(written: Any) -> None:
    found = utc(written)

    assert found is None or found.tzinfo is UTC


@given(some.datetimes(min_value=datetime(2010, 1, 2), max_value=datetime(9999, 12, 30), timezones=some.timezones()))  # noqa: DTZ001 - bounds of a strategy are naive
def test_iso_times_come_back_as_they_were(moment: datetime) -> None:
    assert utc(moment.isoformat()) == moment.astimezone(UTC)


def test_the_earliest_of_those_that_can_be_read() -> None:
    assert earliest("soon", "2026-03-02", "2026-03-01", None) == datetime(2026, 3, 1, tzinfo=UTC)
    assert earliest("soon") is None
