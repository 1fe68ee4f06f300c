"""The rows read from `law/*.yaml` and checked field by field, and a user's own on top of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from compliance.rows import STATES, DataScope, Hipaa, HoldRule, Kind, Row, Shelter, Threshold, Unit

LAW = Path(__file__).parent / "law"


class RowInvalid(ValueError):  # noqa: N818 - the errors of this tree are named for what happened
    """A row of the law that cannot be used; the message names the row and the field."""


def _date(value: object) -> date | None:
    if value is None or type(value) is date:
        return value
    raise ValueError(f"{value!r} is not a date")


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is neither true nor false")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"{value!r} is not a whole number")


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError("a text is needed")


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(_text, value))
    raise ValueError("a list is needed")


def _jurisdiction(value: object) -> str:
    if value in STATES or value == "US":
        return str(value)
    raise ValueError(f"{value!r} is neither US nor a State")


_READERS: Mapping[str, Any] = {
    "jurisdiction": _jurisdiction,
    "threshold": lambda text: Threshold.read(_text(text)),
    "duration": _count,
    "unit": Unit,
    "verified": _truth,
    "kind": Kind,
    "first_day_counts": _truth,
    "hold": lambda text: HoldRule.read(_text(text)),
    "hipaa": Hipaa,
    "hipaa_verified": _truth,
    "data": DataScope,
    "project_from": _names,
    "shelter": lambda names: frozenset(map(Shelter, _names(names))),
    "effective_from": _date,
    "effective_until": _date,
    "enabled": _truth,
    "counsel_reviewed": _date,
    "flag": lambda value: value if value is None else _text(value),
    "not_later_than": lambda value: value if value is None else _text(value),
    "notes": str,
}
_NEEDED = tuple(f.name for f in fields(Row) if f.default is MISSING and f.default_factory is MISSING)
_KNOWN = frozenset(f.name for f in fields(Row))


def read_row(raw: Mapping[str, Any]) -> Row:
    """A row from its written form. Raises `RowInvalid`, naming the row and the field."""
    name = raw.get("id", "a row without an id")
    for missing in (need for need in _NEEDED if need not in raw):
        raise RowInvalid(f"{name}: {missing} is missing")
    return Row(**{key: _field(name, key, value) for key, value in raw.items()})


def _field(row: str, key: str, value: object) -> Any:
    if key not in _KNOWN:
        raise RowInvalid(f"{row}: {key} is not a field of a row")
    try:
        return _READERS.get(key, _text)(value)
    except (TypeError, ValueError) as wrong:
        raise RowInvalid(f"{row}: {key}: {wrong}") from wrong


def read_rows(text: str) -> tuple[Row, ...]:
    """The rows of one file: a mapping of `defaults` and `rows`."""
    page = yaml.load(text, Loader=yaml.CSafeLoader)
    return tuple(read_row({**page["defaults"], **raw}) for raw in page["rows"])


@cache
def shipped() -> tuple[Row, ...]:
    """The law as delivered, in the order of the files."""
    return tuple(row for path in sorted(LAW.glob("[0-9]*.yaml")) for row in read_rows(path.read_text("utf-8")))


def merged(rows: Sequence[Row], overrides: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """The rows with a user's own on top.

    An override that names a row changes the fields it gives, in each version of that row; any other is a row of its
    own and must be complete. Raises `RowInvalid`.
    """
    for raw in overrides:
        rows = _overridden(rows, raw)
    return tuple(rows)


def _overridden(rows: Sequence[Row], raw: Mapping[str, Any]) -> Sequence[Row]:
    if all(row.id != raw.get("id") for row in rows):
        return (*rows, read_row(raw))
    changes = {key: _field(raw["id"], key, value) for key, value in raw.items()}
    return [replace(row, **changes) if row.id == raw["id"] else row for row in rows]
