from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incident.entry import GENESIS, Draft, Entry

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry() -> Entry:
    return Entry.of(Draft(kind="signal", at=AT, body={"a": 1}), incident="i", sequence=1, previous=GENESIS)


def test_an_untouched_entry_carries_the_hash_that_is_expected() -> None:
    assert entry().hash == entry().expected


@pytest.mark.parametrize(
    "change",
    [
        {"incident": "j"},
        {"sequence": 2},
        {"kind": "plan"},
        {"at": AT + timedelta(microseconds=1)},
        {"by": "somebody"},
        {"body": {"a": 2}},
        {"previous": "1" * 64},
        {"schema": 2},
    ],
)
def test_whatever_is_changed_shows(change: dict[str, Any]) -> None:
    assert replace(entry(), **change).expected != entry().hash


def test_the_hash_is_what_it_has_always_been() -> None:
    assert (
        entry().hash
        == Entry.of(Draft(kind="signal", at=AT, body={"a": 1}), incident="i", sequence=1, previous=GENESIS).hash
    )
