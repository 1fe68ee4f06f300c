"""Day arithmetic of the law, in local days; nothing here extends a period because of a weekend or a holiday.

45 CFR 164 Subpart D has no roll-forward rule; 160.526, which rolls, is for hearings. State codes often roll forward,
but a date that relies on it may be late, so none here does.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from compliance.rows import Unit

SATURDAY = 5


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The day it was in the zone: day 0 of a period that begins at the instant."""
    return instant.astimezone(zone).date()


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """23:59:59 of a local day, in UTC, with the offset in force then.

    Where clocks are set forward into midnight, 23:59:59 does not exist and the day's last second is taken; where they
    are set back over it, the first of two.
    """
    named = datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)
    last = datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC) - timedelta(seconds=1)
    return min(named, last)


def counted(start: date, n: int, unit: Unit, holidays: Collection[date] = ()) -> date:
    """The last day of a period of N units whose day 0 is `start`."""
    match unit:
        case Unit.CALENDAR:
            return start + timedelta(days=n)
        case Unit.BUSINESS:
            return business_days_after(start, n, holidays)
        case Unit.YEAR_END:
            return date(start.year, 12, 31) + timedelta(days=n)
        case Unit.YEAR:
            return years_after(start, n)
        case Unit.HOUR | Unit.UNDATED:
            raise ValueError(f"{unit} is not counted in days")


def business_days_after(start: date, n: int, holidays: Collection[date]) -> date:
    """The Nth day after `start` that is no Saturday, Sunday or listed holiday.

    A holiday missing from the list is counted, so the date comes out earlier, never later.
    """
    day = start
    while n:
        day += timedelta(days=1)
        n -= day.weekday() < SATURDAY and day not in holidays
    return day


def years_after(start: date, n: int) -> date:
    """The same day N years later; from February 29, March 1 in a year that has none: the longer of the two readings."""
    try:
        return start.replace(year=start.year + n)
    except ValueError:
        return date(start.year + n, 3, 1)
