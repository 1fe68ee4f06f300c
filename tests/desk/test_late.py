"""Rows of the logs that arrive after containment: read again three times, and what they change."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk import scope
from desk.clocks import owed
from desk.duties import duties
from desk.facts import record_facts
from desk.reread import GROWN
from desk.status import status
from incident.entry import Entry
from incident.person import Role
from tests.desk.office import Office, person

OFFICER = person("officer", Role.COMPLIANCE)
INDEX = "path,customer,state,person\nscans/{person}.dcm,own,NY,{person}\n"


@pytest.fixture(autouse=True)
def today(office: Office) -> datetime:
    """The desk's clock is a little ahead of the estate's, so that no row is of the future."""
    office.clock.at = datetime.now(UTC) + timedelta(minutes=5)
    office.governed(paged=office.clock.at)
    return office.clock.at


@contextmanager
def late(office: Office) -> Iterator[None]:
    """What is read inside stands in the log only afterwards."""
    log = office.estate.world.traffic.storage_log
    known = list(log)
    office.clinic.account("phistore").opens_to_anyone()
    assert office.clinic.stranger.reads("phistore/scans/0001.dcm").status == 200
    held = [row for row in log if row not in known]
    log[:] = known
    yield
    log.extend(held)


async def last(office: Office, incident: str, kind: str) -> Entry:
    return (await office.entries(incident, kind))[-1]


def closing(now: datetime) -> dict[str, Any]:
    span = {"from": (now - timedelta(days=2)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}
    return {
        "ground": "no_access",
        "reasons": "nobody has read",
        "window": span,
        "logging": span | {"sources": ["StorageBlobLogs"], "gaps": 0, "evidence": "query"},
    }


async def test_a_row_that_comes_late_moves_discovery_standing_and_clocks_and_reopens_a_closing(office: Office) -> None:
    """45 CFR 164.404(a)(2): what diligence would have shown counts; missing logs are never evidence of no access."""
    office.clinic.account("phistore")
    assert office.clinic.thief.with_key("phistore").reads("phistore/scans/0002.dcm").status == 200
    with late(office):
        incident = await office.told()
        assert (await last(office, incident, "disclosure")).body["access"] == "none_seen"
        await record_facts(office.parts, OFFICER, incident, {"closing": closing(office.clock())})
        assert not duties(await office.entries(incident))["US-HIPAA-IND"].running

    await office.passes(minutes=16)

    disclosed = (await last(office, incident, "disclosure")).body
    assert (disclosed["access"], disclosed["objects"], disclosed["anonymous"]) == ("seen", 2, 1)
    assert (await last(office, incident, "standing")).body["standing"] == "presumed"
    ways = (await last(office, incident, "discovery")).body["ways"]
    assert ways["should_have_known_at"] == disclosed["first"] < ways["first_signal_time"]
    again = duties(await office.entries(incident))["US-HIPAA-IND"]
    assert again.running
    assert "discovery" in again.why
    assert [event["data"]["objects"] for event in office.notices(GROWN)] == [2]
    assert owed(await office.entries(incident))


async def test_the_logs_are_read_three_times_within_four_hours_and_then_no_more(office: Office) -> None:
    incident = await office.leaks()
    asked = len(office.estate.logs.asked)
    turns = [status(incident, await office.entries(incident))["open"][-1]["body"]]

    for _ in range(4):
        await office.passes(hours=3)
        turns += [row["body"] for row in status(incident, await office.entries(incident))["open"]]

    assert turns == [{"turn": 1}, {"turn": 2}, {"turn": 3}]
    assert [entry.body["turn"] for entry in await office.entries(incident, "reread")] == [1, 2, 3]
    assert len(office.estate.logs.asked) - asked == 3 * 2  # the list, and whether anything was logged at all
    labels = [entry.body["label"] for entry in await office.entries(incident, "evidence")]
    assert labels.count("disclosure list") == 1
    assert office.notices(GROWN) == []


async def test_a_log_that_is_away_at_the_last_turn_excludes_nothing(office: Office) -> None:
    office.clinic.account("phistore")
    assert office.clinic.thief.with_key("phistore").reads("phistore/scans/0002.dcm").status == 200
    incident = await office.leaks()
    office.estate.logs.missing.add("StorageBlobLogs")

    for _ in range(2):
        await office.passes(hours=1)
    assert [entry.body["access"] for entry in await office.entries(incident, "disclosure")] == ["none_seen"]
    await office.passes(hours=3)

    assert (await last(office, incident, "disclosure")).body["access"] == "not_excluded"
    assert len(await office.entries(incident, "evidence_failed")) == 1
    assert (await last(office, incident, "standing")).body["standing"] == "presumed"


async def test_a_scope_that_was_proposed_is_proposed_again_with_what_came_late(office: Office) -> None:
    await scope.take_in(office.parts, OFFICER, INDEX)
    office.clinic.account("phistore").opens_to_anyone()
    assert office.clinic.stranger.reads("phistore/scans/0002.dcm").status == 200
    with late(office):
        incident = await office.told()
        proposed = await scope.propose(office.parts, OFFICER, incident)
        assert proposed.scope.totals() == {"own": 1}

    await office.passes(minutes=16)

    again = await last(office, incident, "scope")
    assert (again.by, again.body["affected"]) == ("tourniquet", {"own": {"NY": 2}})
