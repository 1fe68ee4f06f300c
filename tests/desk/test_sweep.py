from datetime import UTC, datetime

import pytest

from desk.sweep import sweep
from detection.sweeps import ALERTS, CHANGES, SWEEPS
from incident.errors import Refused
from tests.desk.office import SOC, Office


def writes(office: Office) -> list[str]:
    return [each for each in office.writes() if each != "POST resources"]


async def test_what_no_event_has_told_is_found_contained_and_not_told_twice(office: Office) -> None:
    office.clinic.account("phistore").opens_to_anyone()
    office.clinic.account("closed")
    office.clinic.subnet("phi").opens_egress()

    assert await sweep(office.parts) >= 2

    assert office.clinic.stranger.lists("phistore/scans").is_refused
    rows = await office.parts.ledger.newest()
    found = {name: row.state["status"] for row in rows for name in row.state["classes"]}
    assert (found["storage.public_container"], found["network.nsg_egress"]) == ("contained", "contained")
    [entry] = [
        entry
        for row in rows
        for entry in await office.entries(row.incident, "signal")
        if entry.body["kind"] == "resource-graph-storage_exposure"
    ]
    assert (entry.body["source"], entry.body["operation"]) == ("sweep", "Microsoft.Storage/storageAccounts/write")

    before = writes(office)
    assert await sweep(office.parts) == 0
    assert writes(office) == before
    assert [row.incident for row in await office.parts.ledger.newest()] == [row.incident for row in rows]


async def test_a_row_that_is_no_longer_true_leads_to_no_act(office: Office) -> None:
    office.clinic.account("phistore").opens_to_anyone()
    office.estate.graph_index.lag()
    change = {"properties": {"allowBlobPublicAccess": False}}
    office.estate.person("janitor", "*")
    office.estate.act("janitor", "PATCH", office.clinic.account("phistore").id, change)

    assert await sweep(office.parts) == 3  # the account, and its two changes

    assert writes(office) == []
    assert await office.parts.ledger.newest() == []


async def test_what_people_have_undone_or_still_decide_is_left_to_them(office: Office) -> None:
    incident = await office.leaks()
    await office.undoes(SOC, incident)
    office.governed("ask")
    other = await office.leaks("mirror")
    before = writes(office)

    assert await sweep(office.parts) == 0

    assert writes(office) == before
    assert await office.entries(incident, "undo")
    assert await office.status(other) == "waiting for approval"


async def test_without_the_right_to_ask_it_says_so(office: Office) -> None:
    office.estate.world.directory["read"].grants.discard("Microsoft.ResourceGraph/resources/read")
    with pytest.raises(Refused, match=r"Microsoft\.ResourceGraph/resources/read"):
        await sweep(office.parts)


async def test_pages_are_followed_and_an_answer_that_is_not_whole_counts_as_none(office: Office) -> None:
    for number in range(5):
        office.clinic.account(f"store{number}", tags={})
    office.estate.graph_index.most = 2
    query = SWEEPS[0].query.replace("isnull(anonymous) or anonymous", "true")

    rows = await office.parts.cloud.arm.graph(query, most=10)
    assert [row["id"].rpartition("/")[2] for row in rows] == [f"store{number}" for number in range(5)]
    with pytest.raises(Refused, match="more than 3 rows"):
        await office.parts.cloud.arm.graph(query, most=3)


async def test_a_change_that_was_answered_and_our_own_answer_to_it_are_not_told_again(office: Office) -> None:
    office.clock.at = datetime.now(UTC)
    incident = await office.leaks()
    assert await office.status(incident) == "contained"
    told = await office.entries(incident, "signal")

    assert len(await office.parts.cloud.arm.graph(CHANGES.query, most=10)) > 2
    assert await sweep(office.parts, [CHANGES]) == 0

    assert await office.entries(incident, "signal") == told


async def test_an_alert_that_has_come_is_not_told_again(office: Office) -> None:
    await office.leaving()

    assert await sweep(office.parts, [ALERTS]) == 0
