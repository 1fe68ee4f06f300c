from dataclasses import replace

import pytest

from desk.boards import KIND
from desk.health import health
from drills.estate import Estate
from drills.estate.faults import cut_after, refused, when
from incident.settings import Settings
from tests.desk.office import Office


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


async def test_boards_that_are_away_hold_up_nothing_and_are_told_later(office: Office) -> None:
    office.estate.faults.add(when(path="boards"), refused(403, "Forbidden"))
    incident = await office.leaks()
    assert await office.status(incident) == "contained"
    for _ in range(2):
        await office.passes(minutes=10)
    assert office.estate.boards.items == {}
    assert len(await office.entries(incident, KIND)) == 1

    office.estate.faults.clear()
    await office.passes(hours=2)
    assert len(office.estate.boards.items) == 1


async def test_without_a_project_nothing_is_owed_and_health_says_so(office: Office) -> None:
    office.parts = replace(office.parts, settings=replace(office.parts.settings, boards_url=""))
    incident = await office.leaks()
    await office.passes(minutes=10)
    assert office.estate.boards.items == {}
    assert await office.entries(incident, KIND) == []
    assert any("Azure Boards" in warning for warning in (await health(office.parts)).warnings)
