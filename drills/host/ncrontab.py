"""NCRONTAB schedules: `{second} {minute} {hour} {day} {month} {day of week}`, in UTC.

Day and day of week must both fit, unlike in cron. A five-field expression runs at second 0; `5/15` means from 5 in
steps of 15. Source: learn.microsoft.com/azure/azure-functions/functions-bindings-timer, "NCRONTAB expressions".
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 6),
)
NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "day of week": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
FURTHEST = timedelta(days=366 * 8)
"""29 February comes within eight years."""

_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


class ScheduleError(ValueError):
    """An expression that is not NCRONTAB, or that never comes due."""


@dataclass(frozen=True)
class Schedule:
    """The values that each of the six fields admits."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @classmethod
    def parse(cls, expression: str) -> "Schedule":
        """A schedule of five or six fields."""
        words = expression.split()
        if len(words) == 5:
            words = ["0", *words]
        if len(words) != 6:
            raise ScheduleError(f"{expression!r} has {len(words)} fields; NCRONTAB has six")
        return cls(*(_field(word, *field) for word, field in zip(words, FIELDS, strict=True)))

    def after(self, moment: datetime) -> datetime:
        """The first occurrence after a moment."""
        due = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        furthest = due + FURTHEST
        while due < furthest:
            if not self._fits_day(due):
                due = due.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif due.hour not in self.hours:
                due = due.replace(minute=0, second=0) + timedelta(hours=1)
            elif due.minute not in self.minutes:
                due = due.replace(second=0) + timedelta(minutes=1)
            elif due.second not in self.seconds:
                due += timedelta(seconds=1)
            else:
                return due
        raise ScheduleError("the schedule never comes due")

    def _fits_day(self, due: datetime) -> bool:
        return due.month in self.months and due.day in self.days and due.isoweekday() % 7 in self.weekdays


def _field(word: str, name: str, lowest: int, highest: int) -> frozenset[int]:
    return frozenset().union(*(_item(item, name, lowest, highest) for item in word.split(",")))


def _item(item: str, name: str, lowest: int, highest: int) -> frozenset[int]:
    matched = _ITEM.fullmatch(item)
    if not matched:
        raise ScheduleError(f"{item!r} is not a {name}")
    step = int(matched["step"] or 1)
    first = _value(matched["first"], name) if matched["first"] else lowest
    last = _value(matched["last"], name) if matched["last"] else highest
    if matched["first"] and not matched["last"] and not matched["step"]:
        last = first
    if step < 1 or not lowest <= first <= last <= highest:
        raise ScheduleError(f"{item!r} is not a {name} between {lowest} and {highest}")
    return frozenset(range(first, last + 1, step))


def _value(word: str, name: str) -> int:
    names = NAMES.get(name, ())
    if word[:3].lower() in names:
        return names.index(word[:3].lower()) + (name == "month")
    if not word.isdecimal():
        raise ScheduleError(f"{word!r} is not a {name}")
    return int(word)
