from dataclasses import replace
from datetime import timedelta

import pytest

from desk.alarms import Watched, last
from desk.boards import KIND
from desk.health import health
from desk.watch import watch
from drills.estate import Estate
from drills.estate.faults import cut_after, refused, when
from incident.settings import Settings
from ledger.audit import open_work, rebuild
from tests.desk.office import SOC, Office


@pytest.fixture
def settings(settings: Settings, estate: Estate) -> Settings:
    return replace(settings, boards_url=estate.boards_url)


async def test_an_incident_gets_one_work_item_in_neutral_words_even_when_the_reply_is_lost(office: Office) -> None:
    office.estate.faults.add(when(method="POST", path="workitems", nth=1), cut_after())
    incident = await office.leaks()
    assert await office.status(incident) == "contained"
    assert office.estate.boards.items == {}
    for _ in range(3):
        await office.passes(minutes=10)

    [(number, fields)] = office.estate.boards.items.items()
    assert fields["System.Tags"] == f"tourniquet; {incident}"
    assert "phistore" not in str(fields) + str(office.estate.boards.comments)
    failed, shown = await office.entries(incident, KIND)
    assert (failed.body["item"], bool(failed.body["why"])) == (None, True)
    assert shown.body == {"item": number, "status": "contained", "why": ""}


async def test_boards_that_are_away_hold_up_nothing_are_an_alarm_and_are_told_later(office: Office) -> None:
    office.estate.faults.add(when(path="boards"), refused(403, "Forbidden"))
    incident = await office.leaks()
    assert await office.status(incident) == "contained"
    for _ in range(2):
        await office.passes(minutes=10)
    assert office.estate.boards.items == {}
    assert len(await office.entries(incident, KIND)) == 1
    await watch(office.parts)
    said = "Azure Boards cannot be told: 1 incidents could not be said there again and again"
    assert [fault.partition(" (since")[0] for fault in (await health(office.parts)).faults] == [said]

    office.estate.faults.clear()
    await office.passes(hours=2)
    assert len(office.estate.boards.items) == 1
    office.clock.passes(seconds=1)
    await watch(office.parts)
    assert "boards" not in [alarm.name for alarm in (await last(office.parts) or Watched(at=office.clock())).alarms]


async def test_a_later_status_is_a_comment_on_the_same_work_item_and_the_same_status_is_none(office: Office) -> None:
    office.governed("ask")
    incident = await office.leaks()
    await office.passes(minutes=2)
    assert office.estate.boards.comments == []

    waiting = [state for state in await office.steps(incident) if state.hold == "approval"]
    await office.says(SOC, incident, *waiting, approve=False, reason="a test")
    for _ in range(2):
        await office.passes(minutes=10)

    [item] = office.estate.boards.items
    assert [comment["id"] for comment in office.estate.boards.comments] == [item]
    assert "rejected" in office.estate.boards.comments[0]["text"]
    said = [entry.body["status"] for entry in await office.entries(incident, KIND)]
    assert said == ["waiting for approval", await office.status(incident)]


async def test_what_boards_are_owed_is_owed_again_after_the_open_work_was_lost_and_rebuilt(office: Office) -> None:
    ledger = office.parts.ledger
    incident = await office.leaks()
    for work in await ledger.due(office.clock.at + timedelta(days=60)):
        await ledger.settle(work.id)
    await office.passes(minutes=10)
    assert office.estate.boards.items == {}

    assert incident in [name async for name, _ in rebuild(ledger)]
    await office.passes(minutes=10)
    assert len(office.estate.boards.items) == 1

    kinds = {work.kind for work in open_work(await ledger.chain(incident))}
    assert KIND not in kinds


async def test_without_a_project_nothing_is_owed_and_health_says_so(office: Office) -> None:
    office.parts = replace(office.parts, settings=replace(office.parts.settings, boards_url=""))
    incident = await office.leaks()
    await office.passes(minutes=10)
    assert office.estate.boards.items == {}
    assert await office.entries(incident, KIND) == []
    assert any("Azure Boards" in warning for warning in (await health(office.parts)).warnings)
