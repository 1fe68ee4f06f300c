import base64
import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from desk import queued
from desk.alarms import PERIOD, Watched, last
from desk.health import health
from desk.intake import Left, Receipt
from desk.replay import parked, replay
from desk.watch import watch
from drills.estate.activity import event_of
from drills.estate.faults import refused, when
from incident.entry import Draft, Entry
from incident.errors import LedgerUnavailable
from incident.person import Role
from incident.settings import Settings
from ledger import IndexRow, Ledger, Work
from ledger.audit import open_work, rebuild, record
from ledger.verify import verify
from tests.desk.office import DEPUTY, Office, person
from tests.ledger.wire import Refused, writes

AT_THE_DESK = person("analyst", Role.OPERATE)


@dataclass
class Line:
    """The office, the queue path to it, and the timer of the watch."""

    office: Office
    whole: bool = True

    async def looks(self) -> Watched:
        """A period passes, the watch looks, and its canary goes the way of every message, while that is whole."""
        self.office.clock.passes(seconds=PERIOD.total_seconds())
        message = await watch(self.office.parts)
        if self.whole:
            await queued.take(self.office.parts, message.encode())
        found = await last(self.office.parts)
        assert found is not None
        return found

    async def alarms(self) -> dict[str, str]:
        return {alarm.name: alarm.why for alarm in (await self.looks()).alarms}

    async def entries(self, *kinds: str) -> list[Entry]:
        """Of every day's chain of the watch."""
        chains = {f"watch-{(self.office.clock.at - timedelta(days=day)):%Y%m%d}" for day in range(3)}
        found = [entry for chain in sorted(chains) for entry in await self.office.parts.ledger.entries(chain, *kinds)]
        return sorted(found, key=lambda entry: entry.at)


@pytest.fixture
def line(office: Office) -> Line:
    return Line(office)


async def test_silence_on_the_queue_path_is_told_within_two_periods_and_its_end_as_well(line: Line) -> None:
    parts = line.office.parts
    for _ in range(3):
        assert await line.alarms() == {}
    assert (await health(parts)).ok

    line.whole, stopped = False, line.office.clock.at
    while not (told := [entry for entry in await line.entries("notice") if entry.body["data"]["alarm"] == "canary"]):
        await line.looks()

    assert told[0].at - stopped <= 2 * PERIOD + timedelta(seconds=1)
    assert told[0].body["published"]
    assert [event["data"]["alarm"] for event in line.office.notices("Watch.Alarm")] == ["canary"]
    found = await health(parts)
    assert not found.ok
    assert found.faults[0].startswith("the queue path is silent: the canary of ")

    await line.looks()
    assert len(line.office.notices("Watch.Alarm")) == 1

    line.whole = True
    await line.looks()
    assert await line.alarms() == {}
    assert (await health(parts)).ok
    assert [entry.kind for entry in await line.entries("alarm", "alarm_over")] == ["alarm", "alarm_over"]
    assert verify(await record(parts.ledger, f"watch-{line.office.clock.at:%Y%m%d}")) is None


async def test_an_alarm_is_told_again_on_the_next_day_and_a_watch_that_stops_is_missed(line: Line) -> None:
    line.whole = False
    await line.looks()
    await line.looks()
    line.office.clock.passes(hours=2)
    assert await line.alarms() != {}

    days = {event["id"]: event["data"]["since"] for event in line.office.notices("Watch.Alarm")}
    assert (len(days), len(set(days.values()))) == (2, 1)

    line.office.clock.passes(minutes=12)
    (fault,) = (await health(line.office.parts)).faults
    assert fault.startswith("the watch has not looked since")


async def test_what_waits_too_long_or_for_a_person_is_an_alarm_until_it_is_seen_to(line: Line) -> None:
    ledger, now = line.office.parts.ledger, line.office.clock.at
    await queued.put_aside(line.office.parts, b"no signal")
    overdue = Work(incident="inc-late", kind="incident", due=now - timedelta(minutes=30))
    await ledger.owe(overdue)

    found = await line.alarms()

    assert found == {
        "backlog": "1 pieces of work are overdue by more than ten minutes",
        "parked": "1 signals could not be taken in",
    }
    assert len((await health(line.office.parts)).faults) == 2

    await ledger.settle(overdue.id)
    for left in await parked(line.office.parts):
        await ledger.lot.unpark(left.id)
    assert await line.alarms() == {}


async def test_a_backlog_that_grows_is_an_alarm_and_one_that_shrinks_is_none(line: Line) -> None:
    ledger = line.office.parts.ledger
    await line.looks()
    due = line.office.clock.at + PERIOD - timedelta(seconds=10)
    owed = [Work(incident=f"inc-{number}", kind="incident", due=due) for number in range(60)]
    for work in owed:
        await ledger.owe(work)
    assert await line.alarms() == {"backlog": "60 pieces of work are due, 0 were before"}

    for work in owed[:5]:
        await ledger.settle(work.id)
    assert await line.alarms() == {}


async def test_an_approval_that_expires_unanswered_is_an_alarm_until_somebody_decides(line: Line) -> None:
    office = line.office
    incident = await office.leaving()
    assert await line.alarms() == {}

    await office.passes(minutes=10)
    await office.passes(minutes=10)
    assert incident in (await line.alarms())["approvals"]

    await office.passes(minutes=1)
    waiting = [state for state in await office.steps(incident) if state.hold == "approval"]
    await office.says(DEPUTY, incident, *waiting, approve=False, reason="a test")
    assert "approvals" not in await line.alarms()


async def test_a_broken_chain_is_named_however_old_it_is_and_a_sound_one_is_anchored(line: Line) -> None:
    ledger, at = line.office.parts.ledger, line.office.clock.at
    names = [f"inc-{number:02d}" for number in range(15)]
    for age, name in enumerate(names):
        await ledger.begin(name, [Draft(kind="signal", at=at, body={"n": 1})], state={})
        await ledger.index(IndexRow(incident=name, opened=at - timedelta(days=age), state={}))
    assert await line.alarms() == {}
    assert [anchor.sequence for anchor in await ledger.anchors.of("inc-00")] == [1]

    row = await ledger.tables.read("entries", "inc-14", "0000000001")
    assert row is not None
    await ledger.tables.put("entries", {**row.values, "body": '{"n":2}'})
    assert (await line.alarms())["chain"] == "inc-14: changed at entry 1"
    assert "inc-14" in (await line.alarms())["chain"]


async def test_a_notice_that_could_not_be_published_is_published_once_the_topic_is_back(line: Line) -> None:
    office = line.office
    office.estate.faults.add(when(path="topic"), refused(503, "Unavailable"))
    incident = await office.leaks()
    unsent = await office.entries(incident, "notice")
    assert unsent
    assert not any(entry.body["published"] for entry in unsent)
    for _ in range(4):
        await office.passes(minutes=10)
    assert "notices" in await line.alarms()

    office.estate.faults.clear()
    await office.passes(hours=2)

    sent = [entry.body for entry in (await office.entries(incident, "notice"))[len(unsent) :]]
    assert [body["published"] for body in sent] == [True] * len(unsent)
    told = [event["id"] for event in office.estate.topic_events if event["source"].endswith(incident)]
    assert sorted(told) == sorted(entry.body["id"] for entry in unsent)
    assert "notices" not in await line.alarms()
    await office.passes(hours=3)
    assert len([event for event in office.estate.topic_events if event["source"].endswith(incident)]) == len(told)
    assert await office.parts.ledger.due(office.clock.at + timedelta(days=9)) == []


async def test_a_notice_is_owed_again_after_the_open_work_was_lost_and_rebuilt(line: Line) -> None:
    office, ledger = line.office, line.office.parts.ledger
    office.estate.faults.add(when(path="topic"), refused(503, "Unavailable"))
    owing = await office.leaks()
    office.estate.faults.clear()
    untold = {entry.body["id"] for entry in await office.entries(owing, "notice")}
    for work in await ledger.due(office.clock.at + timedelta(days=60)):
        await ledger.settle(work.id)

    assert dict([each async for each in rebuild(ledger)])[owing]
    await office.passes(minutes=10)
    told = [event["id"] for event in office.estate.topic_events if event["source"].endswith(owing)]
    assert untold
    assert untold <= set(told)

    assert not [work for work in open_work(await ledger.chain(owing)) if work.kind == "notice"]


async def test_a_rebuild_owes_no_notice_where_no_topic_was(line: Line) -> None:
    office = line.office
    office.parts = replace(office.parts, settings=replace(office.parts.settings, events_topic=""))
    incident = await office.leaks()
    chain = await office.parts.ledger.chain(incident)
    assert [entry for entry in chain.entries if entry.kind == "notice"]
    assert not [work for work in open_work(chain) if work.kind == "notice"]


async def test_a_message_that_keeps_failing_is_parked_with_the_reason_and_replayed_by_one_command(
    line: Line, settings: Settings
) -> None:
    office = line.office
    office.clinic.account("phistore").opens_to_anyone()
    message = base64.b64encode(json.dumps(event_of(office.estate.log.records[-1])).encode())
    cut = Refused(writes, times=0)
    away = await Ledger.open(settings, policies=[cut])
    cut.times = 1000
    with pytest.raises(LedgerUnavailable):
        await queued.take(replace(office.parts, ledger=away), message)
    await away.close()

    assert (await queued.put_aside(office.parts, message)).reason.endswith("try again")
    assert (await queued.put_aside(office.parts, b"")).reason == queued.UNSAID

    assert len(await parked(office.parts)) == 2
    receipt, left = sorted(await replay(office.parts, AT_THE_DESK), key=lambda each: isinstance(each, Left))
    assert isinstance(receipt, Receipt)
    assert await office.status(str(receipt.incident)) == "contained"
    assert isinstance(left, Left)
    assert [each.id for each in await parked(office.parts)] == [left.parked]


async def test_a_notice_too_long_for_its_row_stops_no_rebuild(line: Line) -> None:
    office = line.office
    incident = await office.leaks()
    body = {"id": "1", "published": False, "why": "the topic is away", "data": "x" * 40_000}
    await office.parts.ledger.append(incident, [Draft(kind="notice", at=office.clock.at, body=body)])
    assert not [work for work in open_work(await office.parts.ledger.chain(incident)) if work.kind == "notice"]
