"""What this process has seen lately: how long it serves, whom it serves never, and who goes first."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from desk.recent import BURST, LOOK, LOOKS, NEVER, RARELY, Heat, Memory, Recent
from detection.facts import Facts, Failed, Read
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
READ = Read(ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/phi"))
STATE = Before({"properties": {}})


@pytest.fixture
def recent() -> Recent:
    recent = Recent()
    recent.saw(READ, STATE, NOW)
    return recent


def after(recent: Recent, seconds: float, serves: timedelta = RARELY, written: datetime | None = None) -> Memory:
    return Memory(recent, NOW + timedelta(seconds=seconds), serves, written)


def spend(recent: Recent, now: datetime) -> None:
    for _ in range(LOOKS):
        recent.may_look(now)


@pytest.mark.parametrize(("seconds", "served"), [(0, True), (10, True), (11, False)])
def test_a_sight_serves_ten_seconds(recent: Recent, seconds: float, served: bool) -> None:
    assert (after(recent, seconds).recall(READ) is STATE) is served


def test_each_look_at_the_same_serves_longer_than_the_one_before_to_a_limit(recent: Recent) -> None:
    lengths = []
    for minute in range(1, 6):
        recent.saw(READ, STATE, NOW + timedelta(minutes=minute))
        lengths.append(recent.sights[READ].serves)

    assert lengths == [3 * LOOK, 9 * LOOK, 27 * LOOK, RARELY, RARELY]


def test_a_sight_after_a_long_time_serves_briefly_again(recent: Recent) -> None:
    recent.saw(READ, STATE, NOW + RARELY)

    assert recent.sights[READ].serves == LOOK


def test_a_signal_of_its_own_is_served_no_longer_than_ten_seconds_whatever_a_storm_is(recent: Recent) -> None:
    recent.saw(READ, STATE, NOW + timedelta(minutes=1))

    assert after(recent, 60 + 20).recall(READ) is STATE
    assert after(recent, 60 + 20, serves=LOOK).recall(READ) is None
    assert after(recent, 60, serves=NEVER).recall(READ) is None


def test_nothing_serves_a_signal_that_tells_of_a_later_write(recent: Recent) -> None:
    assert after(recent, 5, written=NOW + timedelta(seconds=1)).recall(READ) is None
    assert after(recent, 5, written=NOW - timedelta(seconds=1)).recall(READ) is STATE


def test_where_looks_are_scarce_an_older_sight_serves_a_storm_and_nobody_else(recent: Recent) -> None:
    memory = after(recent, 3600)
    spend(recent, memory.now)

    assert after(recent, 3600, serves=LOOK).recall(READ) is None
    assert memory.recall(READ) is STATE
    assert memory.since == NOW


def test_what_was_recalled_is_told_from_what_was_read(recent: Recent) -> None:
    memory, other = after(recent, 1), Read(READ.resource, "blobServices/default/containers")
    memory.recall(READ)

    assert memory.live(Facts({READ: STATE, other: Failed("no")})) == Facts({other: Failed("no")})


def test_three_signals_about_a_resource_are_taken_in_each_for_itself_and_a_fourth_is_a_storm() -> None:
    heat = Heat()

    assert [heat.hears(second, quiet=30) for second in range(BURST + 1)] == [False] * BURST + [True]
    assert heat.hears(100, quiet=30) is False


def test_while_one_is_being_taken_in_the_next_is_one_of_many() -> None:
    heat = Heat()
    heat.hears(0, quiet=30)

    with heat.alone():
        assert heat.hears(1, quiet=30) is True


async def test_all_else_stands_back_until_the_first_call_about_a_new_cause_is_answered(recent: Recent) -> None:
    cause = recent.cause(frozenset({"new"}))
    with recent.first(cause):
        others = asyncio.create_task(recent.stand_back())
        await asyncio.sleep(0)
        assert not others.done()
        cause.eased()
        await others
        await recent.stand_back()


async def test_nobody_stands_back_for_a_cause_that_failed(recent: Recent) -> None:
    with pytest.raises(OSError, match="gone"), recent.first(recent.cause(frozenset({"new"}))):
        raise OSError("gone")

    await recent.stand_back()


def told(**change: object) -> Signal:
    plain = {"source": "defender", "kind": "k", "id": "1", "content": "c", "received_at": NOW, "resources": ()}
    return Signal(**plain | change)  # type: ignore[arg-type]  # the fields, by name


def test_signals_that_name_no_resource_are_one_matter_by_their_cause_alone(recent: Recent) -> None:
    one, other = frozenset({"user a"}), frozenset({"user b"})

    assert recent.heat(told(), one) is recent.heat(told(), one)
    assert recent.heat(told(), one) is not recent.heat(told(), other)
    assert recent.heat(told(resources=(READ.resource,)), one) is recent.heat(told(resources=(READ.resource,)), other)


def test_the_incident_of_an_alert_is_remembered_until_a_table_says_that_it_is_another(recent: Recent) -> None:
    alert, correlation = "alert:a", "correlation:b"
    recent.leads([alert, correlation], "inc-1")
    assert recent.led([alert, correlation]) == {"inc-1"}
    assert recent.led([alert, "alert:new"]) == {"inc-1", None}

    recent.leads([correlation], None)
    assert recent.led([alert]) == {"inc-1"}
    assert recent.led([alert, correlation]) == {"inc-1", None}
