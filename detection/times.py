"""The times of the wire as aware UTC: ISO 8601 in every spelling, American dates, epochs, .NET dates.

Senders write 7 and 9 digits of a second, a space for the `T`, no zone (UTC is meant), `3/24/2022 2:42:35 PM`,
`/Date(1580000000000)/`, and `0001-01-01T00:00:00` for "never". Azure opened in 2010: an earlier time is a placeholder.
"""

import re
from datetime import UTC, datetime
from typing import Any

OPENED = 2010
AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp])?[Mm]?)?")
EPOCH = re.compile(r"(?:/Date\()?(\d{10}|\d{13})(?:[+-]\d{4})?(?:\)/)?")


def utc(value: Any) -> datetime | None:
    """The time that is meant; None for what is no time, or a placeholder for none."""
    try:
        found = _parsed(str(value).strip()) if isinstance(value, str | int | datetime) else None
        aware = found and (found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
    return aware if aware is not None and aware.year >= OPENED else None


def earliest(*values: Any) -> datetime | None:
    """The earliest of the times that can be read."""
    return min((time for value in values if (time := utc(value))), default=None)


def _parsed(written: str) -> datetime:
    if found := EPOCH.fullmatch(written):
        return datetime.fromtimestamp(int(found[1]) / (1000 if len(found[1]) == 13 else 1), UTC)
    if found := AMERICAN.fullmatch(written):
        return _american(found)
    return datetime.fromisoformat(written)


def _american(found: re.Match[str]) -> datetime:
    month, day, year, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    half = (found[7] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
