from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.counting import business_days_after, counted, end_of_day, local_day, years_after
from compliance.rows import Unit

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))


@given(DAYS, st.integers(0, 400))
def test_calendar_days_are_a_plain_sum(day: date, n: int) -> None:
    assert counted(day, n, Unit.CALENDAR).toordinal() == day.toordinal() + n


def test_a_period_that_ends_on_a_weekend_or_holiday_ends_there() -> None:
    saturday = date(2026, 8, 15)

    assert counted(date(2026, 6, 16), 60, Unit.CALENDAR, {saturday}) == saturday


@given(DAYS, st.integers(1, 40), st.sets(DAYS, max_size=40))
def test_business_days_skip_weekends_and_listed_holidays_and_nothing_else(
    day: date, n: int, holidays: set[date]
) -> None:
    end = business_days_after(day, n, holidays)
    between = [day + timedelta(days=gone) for gone in range(1, (end - day).days + 1)]

    assert sum(one.isoweekday() <= 5 and one not in holidays for one in between) == n
    assert end.isoweekday() <= 5
    assert end not in holidays


@given(DAYS, st.integers(1, 40), st.sets(DAYS, max_size=40))
def test_a_missing_holiday_never_makes_a_date_later(day: date, n: int, holidays: set[date]) -> None:
    assert business_days_after(day, n, ()) <= business_days_after(day, n, holidays)


@pytest.mark.parametrize("year", range(2020, 2041))
def test_the_annual_log_is_due_on_the_sixtieth_day_of_the_year(year: int) -> None:
    leap = year % 4 == 0

    for discovered in (date(year - 1, 1, 1), date(year - 1, 12, 31)):
        assert counted(discovered, 60, Unit.YEAR_END) == (date(year, 2, 29) if leap else date(year, 3, 1))


def test_no_leap_day_in_2100() -> None:
    assert counted(date(2099, 7, 4), 60, Unit.YEAR_END) == date(2100, 3, 1)


def test_six_years_from_a_leap_day_end_on_march_1_and_eight_on_the_leap_day() -> None:
    assert years_after(date(2024, 2, 29), 6) == date(2030, 3, 1)
    assert years_after(date(2024, 2, 29), 8) == date(2032, 2, 29)
    assert years_after(date(2025, 5, 31), 6) == date(2031, 5, 31)


def test_hours_are_not_days() -> None:
    with pytest.raises(ValueError, match="not counted in days"):
        counted(date(2026, 1, 1), 24, Unit.HOUR)


@given(DAYS, st.sampled_from(ZONES))
def test_a_day_ends_within_itself_in_every_zone(day: date, zone: str) -> None:
    here = ZoneInfo(zone)
    end = end_of_day(day, here)

    assert end.tzinfo is UTC
    assert local_day(end, here) == day
    assert local_day(end + timedelta(hours=2, seconds=1), here) > day


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC)), st.sampled_from(ZONES))  # noqa: DTZ001 - the strategy adds the zone
def test_an_instant_lies_before_the_end_of_its_local_day(instant: datetime, zone: str) -> None:
    here = ZoneInfo(zone)

    assert instant.replace(microsecond=0) <= end_of_day(local_day(instant, here), here) + timedelta(hours=1)


def test_the_offset_is_the_one_in_force_on_the_due_day() -> None:
    denver = ZoneInfo("America/Denver")

    assert end_of_day(date(2026, 10, 31), denver) == datetime(2026, 11, 1, 5, 59, 59, tzinfo=UTC)
    assert end_of_day(date(2026, 11, 1), denver) == datetime(2026, 11, 2, 6, 59, 59, tzinfo=UTC)


def test_where_clocks_leap_into_midnight_the_day_ends_with_its_last_second() -> None:
    nuuk = ZoneInfo("America/Nuuk")

    assert end_of_day(date(2026, 3, 28), nuuk) == datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
    assert end_of_day(date(2026, 3, 28), nuuk).tzinfo is UTC
