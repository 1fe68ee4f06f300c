import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.canonical import canonical, digest, plain

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Word(StrEnum):
    ONE = "one"


@dataclass(frozen=True)
class Held:
    word: Word
    at: datetime


def test_keys_are_sorted_nothing_is_spaced_and_letters_stay_letters() -> None:
    assert canonical({"ü": 1, "a": [1, None, True]}) == '{"a":[1,null,true],"ü":1}'.encode()


def test_dataclasses_enums_times_and_sets_become_json() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    said = plain({"held": Held(Word.ONE, at), "day": date(2026, 3, 1), "set": {"b", "a"}, 3: (1,)})

    assert said == {
        "held": {"word": "one", "at": "2026-03-01T12:00:00+00:00"},
        "day": "2026-03-01",
        "set": ["a", "b"],
        "3": [1],
    }


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_say_has_no_hash(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        digest({"n": number})


@given(VALUES)
def test_what_comes_back_from_json_has_the_same_hash(value: Any) -> None:
    assert digest(json.loads(canonical(value))) == digest(value)


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_another_zone_is_another_text() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    assert digest(at) != digest(at.astimezone(timezone(timedelta(hours=1))))
