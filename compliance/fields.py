"""Fields of JSON, each read with its name, so that a complaint can say which one is wrong.

A reader of a field takes the value and the field's name, and answers with the value in its own type.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

YEARS = range(1990, 2201)
"""Years in which an instant or a date can lie; anything else is a slip of the pen."""


class FactsInvalid(ValueError):  # noqa: N818 - the errors of this tree are named for what happened
    """Facts that cannot be read; the message names the field and repeats no value."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.field = name


class Reader:
    """One JSON object, read field by field; it knows where it stands and which of its fields nobody asked for."""

    def __init__(self, raw: object, at: str = "") -> None:
        if not isinstance(raw, dict):
            raise FactsInvalid(at or "input", "an object is needed")
        self.at = at
        self._raw = {key: value for key, value in raw.items() if value is not None}
        self._asked: set[str] = set()
        self._inner: list[Reader] = []

    def name(self, key: str) -> str:
        """The field's name, from the top of the input."""
        return f"{self.at}.{key}" if self.at else key

    def must[T](self, key: str, read: Callable[[Any, str], T]) -> T:
        """A field that has to be there."""
        if key not in self._raw:
            raise FactsInvalid(self.name(key), "is missing")
        self._asked.add(key)
        return read(self._raw[key], self.name(key))

    def one[T](self, key: str, read: Callable[[Any, str], T], default: T) -> T:
        """A field, or the default where it is absent or null."""
        return self.must(key, read) if key in self._raw else default

    def table[T](self, read: Callable[[Any, str], T], suffix: str | tuple[str, ...] = "") -> dict[str, T]:
        """Every field, or every one whose name ends so."""
        return {key: self.must(key, read) for key in self._raw if key.endswith(suffix)}

    def many[T](self, key: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
        """The entries of a list; none where it is absent."""
        found: list[Any] = self.one(key, entries, [])
        return tuple(read(entry, f"{self.name(key)}[{place}]") for place, entry in enumerate(found))

    def inner(self, key: str) -> "Reader":
        """An object within; an empty one where it is absent."""
        self._asked.add(key)
        return self.enter(self._raw.get(key, {}), self.name(key))

    def enter(self, raw: object, at: str) -> "Reader":
        """An object within that stands at another place, such as the entry of a list."""
        self._inner.append(Reader(raw, at))
        return self._inner[-1]

    def unread(self) -> tuple[str, ...]:
        """The fields nobody asked for, at any depth."""
        own = (self.name(key) for key in self._raw if key not in self._asked)
        return (*own, *(name for reader in self._inner for name in reader.unread()))

    def __contains__(self, key: str) -> bool:
        return key in self._raw


def text(value: object, name: str) -> str:
    """A text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise FactsInvalid(name, "a text is needed")
    return value


def whole(value: object, name: str) -> int:
    """A count."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise FactsInvalid(name, "a whole number, zero or more, is needed")
    return value


def truth(value: object, name: str) -> bool:
    """True or false, not something like them."""
    if not isinstance(value, bool):
        raise FactsInvalid(name, "true or false is needed")
    return value


def zone(value: object, name: str) -> ZoneInfo:
    """A zone of the IANA database."""
    key = text(value, name)
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError) as unknown:
        raise FactsInvalid(name, "is not an IANA time zone such as America/New_York") from unknown


def instant(value: object, name: str) -> datetime:
    """An instant with its offset from UTC."""
    written = text(value, name)
    try:
        at = datetime.fromisoformat(written)
    except ValueError as wrong:
        raise FactsInvalid(name, "an instant such as 2026-03-02T10:00:00-05:00 is needed") from wrong
    if at.tzinfo is None:
        raise FactsInvalid(name, "an instant needs its offset from UTC, such as -05:00 or Z")
    _within(at.year, name)
    return at


def day(value: object, name: str) -> date:
    """A day of the calendar."""
    written = text(value, name)
    try:
        found = date.fromisoformat(written)
    except ValueError as wrong:
        raise FactsInvalid(name, "a date such as 2026-03-02 is needed") from wrong
    _within(found.year, name)
    return found


def _within(year: int, name: str) -> None:
    if year not in YEARS:
        raise FactsInvalid(name, f"the year must lie in {YEARS.start} to {YEARS.stop - 1}")


def word[E: StrEnum](words: type[E]) -> Callable[[object, str], E]:
    """One of these words."""

    def read(value: object, name: str) -> E:
        said = text(value, name)
        try:
            return words(said)
        except ValueError as unknown:
            raise FactsInvalid(name, f"is none of {', '.join(words)}") from unknown

    return read


def entries(value: object, name: str) -> list[Any]:
    """A list of anything."""
    if not isinstance(value, list):
        raise FactsInvalid(name, "a list is needed")
    return value
