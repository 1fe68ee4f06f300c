from datetime import UTC, datetime, timedelta

import pytest

from drills import turns
from drills.figures import Exchange
from drills.turns import Turn

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TURNS = (Turn("keys are known", r"^PUT .*/keys/", 2), Turn("access is cut", r"^PUT .*/accessPolicies/remove$", 1))


def put(path: str, began: int, ended: int) -> Exchange:
    moments = {"began": began, "ended": ended}
    told = {name: (START + timedelta(seconds=at)).isoformat() for name, at in moments.items()}
    return {**told, "liveRequest": {"method": "PUT", "url": f"https://arm/{path}?api-version=1"}}


@pytest.mark.parametrize(
    ("second", "cut", "fault"),
    [
        pytest.param((0, 2), (3, 4), "", id="one after the other"),
        pytest.param((5, 6), (3, 4), "access is cut: began before the end of keys are known", id="too early"),
        pytest.param((2, 4), (3, 5), "access is cut: began before the end of keys are known", id="at once"),
    ],
)
def test_what_comes_later_begins_when_all_before_it_has_ended(
    second: tuple[int, int], cut: tuple[int, int], fault: str
) -> None:
    exchanges = [put("a/keys/x", 0, 1), put("b/KEYS/x", *second), put("v/accessPolicies/remove", *cut)]

    assert turns.fault(TURNS, exchanges) == fault


@pytest.mark.parametrize(
    ("exchanges", "fault"),
    [
        pytest.param([], "keys are known: 0 instead of 2", id="nothing was said"),
        pytest.param([put("a/keys/x", 0, 1), put("a/keys/x", 2, 3)], "keys are known: 1 instead of 2", id="one twice"),
    ],
)
def test_a_resource_that_was_left_out_is_a_fault(exchanges: list[Exchange], fault: str) -> None:
    assert turns.fault(TURNS, exchanges) == fault
