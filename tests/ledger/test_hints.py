from datetime import UTC, datetime, timedelta

import pytest

from ledger import IndexRow, Ledger, Rung, Work
from tests.ledger.conftest import NOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def empty(ledger: Ledger) -> Ledger:
    """A ledger whose hints are gone."""
    for table in ("work", "incidents", "deadlines"):
        async for row in ledger.tables.query(table, "PartitionKey ge ''"):
            await ledger.tables.delete(table, row["PartitionKey"], row["RowKey"])
    return ledger


def work(number: int, kind: str = "resume") -> Work:
    return Work(incident=f"inc-{number}", kind=kind, due=NOW + number * HOUR, body={"number": number})


async def test_work_is_due_from_its_time_on_most_overdue_first(empty: Ledger) -> None:
    for number in (5, 3, 4, 1, 2):
        await empty.owe(work(number))
    assert await empty.due(NOW + 3 * HOUR) == [work(1), work(2), work(3)]
    assert await empty.due(NOW + 9 * HOUR, limit=2) == [work(1), work(2)]


async def test_settled_work_is_gone_and_what_follows_is_there(empty: Ledger) -> None:
    await empty.owe(work(1))
    await empty.owe(work(2))
    await empty.settle(work(2).id)
    later = Work(incident="inc-1", kind="resume", due=NOW + 8 * HOUR)
    await empty.settle(work(1).id, then=later)
    await empty.settle(work(1).id)
    assert await empty.due(NOW + 9 * HOUR) == [later]
    await empty.settle(later.id, then=later)
    assert await empty.due(NOW + 9 * HOUR) == [later]


async def test_incidents_are_listed_newest_first_and_in_pages(empty: Ledger) -> None:
    rows = [IndexRow(incident=f"inc-{n}", opened=NOW + n * HOUR, state={"n": n}) for n in range(25)]
    for row in rows:
        await empty.index(row)
    await empty.index(IndexRow(incident="inc-24", opened=NOW + 24 * HOUR, state={"n": "changed"}))
    newest = await empty.newest(10)
    assert [row.incident for row in newest] == [f"inc-{n}" for n in range(24, 14, -1)]
    assert newest[0].state == {"n": "changed"}
    assert await empty.newest(10, before=newest[-1]) == rows[14:4:-1]
    assert await empty.newest(10, before=rows[0]) == []


def rung(number: int, at: datetime) -> Rung:
    return Rung(incident=f"inc-{number}", clock="US-HIPAA-IND", name="72h", at=at, deadline=at + 3 * DAY)


async def due(ledger: Ledger, now: datetime) -> list[str]:
    return [one.incident async for one in ledger.deadlines.due(now)]


async def test_a_rung_is_due_from_its_time_on_and_only_once_advanced_gone(empty: Ledger) -> None:
    deadlines = empty.deadlines
    await deadlines.put(rung(1, NOW + HOUR), now=NOW)
    assert await due(empty, NOW) == []
    [first] = [one async for one in deadlines.due(NOW + HOUR)]
    assert first.deadline == NOW + HOUR + 3 * DAY
    assert await due(empty, NOW + 2 * HOUR) == ["inc-1"]
    await deadlines.advance(first, rung(1, NOW + 2 * DAY), now=NOW + 2 * HOUR)
    assert await due(empty, NOW + DAY) == []
    assert await due(empty, NOW + 2 * DAY) == ["inc-1"]


async def test_rungs_of_many_days_are_found_after_downtime(empty: Ledger) -> None:
    for number in range(5):
        await empty.deadlines.put(rung(number, NOW + number * DAY), now=NOW)
    assert await due(empty, NOW + 3 * DAY) == ["inc-0", "inc-1", "inc-2", "inc-3"]


async def test_a_rung_whose_day_has_passed_is_found_after_the_watermark_rose(empty: Ledger) -> None:
    assert await empty.deadlines.rise(NOW) == "2026-03-01"
    await empty.deadlines.put(rung(1, NOW - 30 * DAY), now=NOW)
    assert await due(empty, NOW) == ["inc-1"]
    assert await due(empty, NOW + 5 * DAY) == ["inc-1"]


async def test_a_rung_put_late_in_the_day_by_a_slow_clock_is_found_on_the_next(empty: Ledger) -> None:
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    await empty.deadlines.rise(midnight + timedelta(seconds=30))
    await empty.deadlines.put(rung(1, midnight - HOUR), now=midnight - timedelta(seconds=30))
    assert await due(empty, midnight + timedelta(minutes=1)) == ["inc-1"]


async def test_the_watermark_stops_at_the_first_day_with_something_left(empty: Ledger) -> None:
    await empty.deadlines.put(rung(1, NOW + DAY), now=NOW)
    assert await empty.deadlines.rise(NOW + 9 * DAY) == "2026-03-03"
    [left] = [one async for one in empty.deadlines.due(NOW + 9 * DAY)]
    await empty.deadlines.advance(left, None, now=NOW + 9 * DAY)
    assert await empty.deadlines.rise(NOW + 9 * DAY) == "2026-03-10"


def test_repetitions_of_a_reminder_share_their_event_id_and_others_do_not() -> None:
    one = rung(1, NOW)
    assert one.event_id == rung(1, NOW + DAY).event_id
    assert one.event_id != rung(2, NOW).event_id
