from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.acknowledge import acknowledge
from desk.facts import record_facts
from incident.contacts import ESCALATION
from incident.errors import Refused, TourniquetError
from tests.desk.law.conftest import CONTACTS, OFFICER, Desk

DUE = datetime(2027, 1, 20, 4, 59, 59, tzinfo=UTC)
"""The sixtieth day after the first signal of these tests, in New York."""
QUIET = {"affected": {"MT": 3}}


async def presumed(desk: Desk, **facts: Any) -> str:
    incident = await desk.incident()
    await record_facts(desk.parts, OFFICER, incident, {"access": "seen", **QUIET, **facts})
    return incident


def of_individuals(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["rung"] for event in events if event["data"]["clock"] == "US-HIPAA-IND"]


async def test_one_digest_per_person_and_day_tells_what_has_started_and_come_due(desk: Desk) -> None:
    desk.governed(contacts=CONTACTS)
    await desk.incident()

    await desk.ticks_at(datetime(2026, 11, 21, 11, 55, tzinfo=UTC))
    assert not desk.told("Digest")
    await desk.ticks_at(datetime(2026, 11, 21, 12, 5, tzinfo=UTC))
    await desk.ticks(minutes=5)

    digests = desk.told("Digest")
    assert [event["data"]["to"] for event in digests] == [contact["role"] for contact in CONTACTS]
    assert {line["rung"] for line in digests[0]["data"]["lines"]} == {"started"}
    assert len({event["id"] for event in digests}) == 5


async def test_only_72_24_and_4_hours_and_what_is_overdue_page(desk: Desk) -> None:
    await presumed(desk)
    for hours in (800, 336, 168, 72, 24, 4, 0, -24):
        await desk.ticks_at(DUE - timedelta(hours=hours) + timedelta(minutes=1))

    rungs = of_individuals(desk.told("Reminder"))
    paged = [event["data"]["rung"] for event in desk.told("Page")]
    assert rungs == ["half", "14d", "7d", "72h", "24h", "4h", "overdue-1", "overdue-2"]
    assert paged == ["72h", "24h", "4h", "overdue-1", "overdue-2"]


async def test_an_exposure_is_in_the_digest_alone_until_seven_days_before_its_earliest_date(desk: Desk) -> None:
    incident = await desk.incident()
    await record_facts(desk.parts, OFFICER, incident, QUIET)

    for days in (31, 14, 8):
        await desk.ticks_at(DUE - timedelta(days=days) + timedelta(minutes=1))
    assert not desk.told("Page")
    await desk.ticks_at(DUE - timedelta(days=7) + timedelta(minutes=1))

    assert [event["data"]["rung"] for event in desk.told("Page")] == ["7d"]


async def test_silence_wakes_role_after_role_by_changing_ways_until_somebody_answers(desk: Desk) -> None:
    desk.governed(contacts=CONTACTS)
    incident = await presumed(desk)
    await desk.ticks_at(DUE - timedelta(hours=72) + timedelta(minutes=1))
    for _ in range(5):
        await desk.ticks(minutes=31)

    pages = [event["data"] for event in desk.told("Page")]
    assert [page["to"] for page in pages] == [*ESCALATION, "owner"] or [page["to"] for page in pages] == [*ESCALATION]
    assert {page["way"] for page in pages} == {"teams", "phone"}
    await acknowledge(desk.parts, OFFICER, incident, ["US-HIPAA-IND"])
    for _ in range(12):
        await desk.ticks(hours=1)
    assert len(desk.told("Page")) == len(pages)


async def test_a_page_that_was_answered_does_not_silence_the_next_rung(desk: Desk) -> None:
    desk.governed(contacts=CONTACTS)
    incident = await presumed(desk)
    await desk.ticks_at(DUE - timedelta(hours=72) + timedelta(minutes=1))
    await acknowledge(desk.parts, OFFICER, incident)

    await desk.ticks_at(DUE - timedelta(hours=24) + timedelta(minutes=1))

    assert [event["data"]["rung"] for event in desk.told("Page")] == ["72h", "24h"]


async def test_an_answer_for_a_clock_that_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="no such clock"):
        await acknowledge(desk.parts, OFFICER, await desk.incident(), ["US-NONE"])


async def test_a_deadline_that_appears_already_overdue_pages_at_once(desk: Desk) -> None:
    incident = await presumed(desk)
    long_ago = {"agent_known_at": "2026-08-01T00:00:00Z"}

    await record_facts(desk.parts, OFFICER, incident, {"discovery": long_ago})

    (page,) = desk.told("Page")
    assert page["data"]["rung"] == "overdue-new"
    assert page["data"]["clocks"] == ["US-HIPAA-IND"]
    await desk.ticks(minutes=5)
    assert len(desk.told("Page")) == 1


async def test_the_same_hour_twice_tells_nothing_twice(desk: Desk) -> None:
    await presumed(desk)

    assert await desk.ticks_at(DUE - timedelta(days=14) + timedelta(minutes=1)) == 2
    assert await desk.ticks() == 0


async def test_an_outage_skips_no_rung(desk: Desk) -> None:
    await presumed(desk)

    await desk.ticks_at(DUE + timedelta(days=1, minutes=1))

    told = of_individuals(desk.told("Reminder"))
    assert told == ["half", "14d", "7d", "72h", "24h", "4h", "overdue-1", "overdue-2"]


async def test_what_could_not_be_published_is_told_at_the_next_tick(desk: Desk) -> None:
    await presumed(desk)
    grants = desk.estate.world.directory["evidence"].grants
    kept = set(grants)
    grants.clear()
    with pytest.raises(TourniquetError):
        await desk.ticks_at(DUE - timedelta(days=14) + timedelta(minutes=1))
    assert not desk.told("Reminder")
    grants.update(kept)

    await desk.ticks(minutes=5)

    assert of_individuals(desk.told("Reminder")) == ["half", "14d"]


async def test_the_target_of_the_house_is_a_rung_of_its_own(desk: Desk) -> None:
    desk.governed(reminders={"target_days": 20})
    await presumed(desk)

    await desk.ticks_at(datetime(2026, 12, 15, tzinfo=UTC))

    assert of_individuals(desk.told("Reminder")) == ["target"]


async def test_addresses_reach_the_topic_and_not_the_ledger(desk: Desk) -> None:
    desk.governed(contacts=CONTACTS)
    incident = await presumed(desk)
    await desk.ticks_at(DUE - timedelta(hours=72) + timedelta(minutes=1))

    notices = (await desk.parts.ledger.chain(incident)).of("notice")

    assert desk.told("Page")[0]["data"]["address"] == "owner@clinic.example"
    assert "clinic.example" not in str([entry.body for entry in notices])


async def test_a_lost_paging_route_is_told_once_a_day_until_somebody_acknowledges_it(desk: Desk) -> None:
    await desk.ticks()
    assert desk.told("Paging.Lost") == []

    await desk.ticks(days=31)
    await desk.ticks(minutes=5)
    await desk.ticks(days=1)

    lost = desk.told("Paging.Lost")
    assert len({event["id"] for event in lost}) == len(lost) == 2
    desk.governed(paged=desk.clock())
    await desk.ticks(days=1)
    assert len(desk.told("Paging.Lost")) == 2
