import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from compliance.fields import FactsInvalid
from desk import exercise, exercises, quarters
from desk.acknowledge import acknowledge
from desk.aftermath import page, report, sheet
from desk.calendar import calendar
from desk.dispose import dispose
from desk.health import health
from desk.recent import Recent
from incident.errors import Refused, Unknown
from incident.quarter import Quarter
from ledger.audit import record
from ledger.verify import verify
from tests.desk.law.conftest import CONTACTS, OFFICER, Desk

QUARTER = Quarter(2026, 4)
CHAIN = "tabletop-2026-Q4"
TRACKED = {"tabletop": {"first_quarter": "2026-Q4"}}
WORDS = "Nobody <b>knew</b> | who answers for the deputy"
HELD: dict[str, Any] = {
    "quarter": "2026-Q4",
    "scenario": "storage.ransomware",
    "began_at": "2026-10-02T16:45:00-04:00",
    "ended_at": "2026-10-02T18:15:00-04:00",
    "participants": [
        {"role": "Approver.Soc", "person": "6F9619FF-8B86-4011-B42D-00C04FC964FF"},
        {"role": "ciso"},
    ],
    "decisions": [
        {
            "of": "Approver.Soc",
            "asked": "Who approves when both are away?",
            "asked_at": "2026-10-02T17:00:00-04:00",
            "decided": "The deputy, by phone",
            "decided_at": "2026-10-02T17:12:00-04:00",
        },
        {"of": "ciso", "asked": "From which instant is it discovered?", "asked_at": "2026-10-02T17:30:00-04:00"},
    ],
    "gaps": [{"id": "no-deputy", "what": WORDS, "owner": "ciso", "due": "2026-12-15"}],
}
DUE = datetime(2026, 12, 16, 4, 59, 59, tzinfo=UTC)
"""The end of December 15 in New York."""
OVER = datetime(2027, 1, 1, 4, 59, 59, tzinfo=UTC)
"""The end of the quarter there."""


def changed(place: str, value: object) -> dict[str, Any]:
    """The record with another value at a place such as `gaps.0.due`; None: without it."""
    *path, last = place.split(".")
    body: dict[str, Any] = {**HELD}
    inner: Any = body
    for step in path:
        at: Any = int(step) if step.isdigit() else step
        inner[at] = inner[at].copy()
        inner = inner[at]
    inner[last] = value
    return body


def rungs(desk: Desk, clock: str) -> list[str]:
    found = [event["data"] for event in desk.told("Reminder")]
    return [data["rung"] for data in found if data["clock"] == clock]


async def test_an_exercise_is_one_record_however_often_it_is_sent_and_its_words_are_sealed(desk: Desk) -> None:
    one = await exercise.record(desk.parts, OFFICER, HELD)
    again = await exercise.record(desk.parts, OFFICER, dict(reversed(HELD.items())))

    chain = await desk.parts.ledger.chain(CHAIN)
    assert one == again
    assert [entry.kind for entry in chain.entries] == ["exercise", "clock"]
    assert verify(await record(desk.parts.ledger, CHAIN)) is None
    kept = str([entry.body for entry in chain.entries])
    assert "deputy, by phone" not in kept
    assert "knew" not in kept
    assert b"SUMMARY:tabletop-2026-Q4: ciso" in await calendar(desk.parts)


async def test_two_who_record_the_same_at_once_have_recorded_one_exercise_and_are_reminded_once(desk: Desk) -> None:
    await asyncio.gather(*(exercise.record(desk.parts, OFFICER, HELD) for _ in range(2)))
    await desk.ticks_at(DUE - timedelta(hours=335))

    found = await report(desk.parts, QUARTER)
    assert (len(found["exercises"]), len(found["gaps"])) == (1, 1)
    assert rungs(desk, "TABLETOP-GAP:no-deputy") == ["14d"]
    with pytest.raises(FactsInvalid, match="another exercise"):
        await exercise.record(desk.parts, OFFICER, {**HELD, "scenario": "phi.exfiltration"})


async def test_a_gap_is_reminded_of_before_its_day_and_wakes_people_once_it_is_overdue(desk: Desk) -> None:
    desk.governed(contacts=CONTACTS)
    await exercise.record(desk.parts, OFFICER, HELD)
    for hours in (336, 168, 72, 24, 4):
        await desk.ticks_at(DUE - timedelta(hours=hours) + timedelta(minutes=1))
    assert not desk.told("Page")
    await desk.ticks_at(DUE + timedelta(minutes=1))
    await desk.ticks(minutes=31)

    assert [event["data"]["to"] for event in desk.told("Page")] == ["owner", "lead"]
    assert (await quarters.listed(desk.parts))["quarters"][0]["overdue"] == ["no-deputy"]
    await acknowledge(desk.parts, OFFICER, CHAIN)
    await desk.ticks(days=1)
    assert rungs(desk, "TABLETOP-GAP:no-deputy") == ["14d", "7d", "72h", "24h", "4h", "overdue-1", "overdue-2"]
    assert len(desk.told("Page")) == 2


async def test_a_closed_gap_is_reminded_of_no_more_and_the_report_says_how_it_was_closed(desk: Desk) -> None:
    await exercise.record(desk.parts, OFFICER, HELD)
    with pytest.raises(Refused, match="evidence"):
        await exercise.close(desk.parts, OFFICER, QUARTER, "no-deputy", " ")
    await exercise.close(desk.parts, OFFICER, QUARTER, "no-deputy", "CHG-77 names a deputy")
    await desk.ticks_at(DUE + timedelta(minutes=1))

    assert rungs(desk, "TABLETOP-GAP:no-deputy") == []
    [gap] = (await report(desk.parts, QUARTER))["gaps"]
    assert (gap["state"], gap["closed_by"]) == ("closed", OFFICER.id)
    assert gap["evidence"].startswith("[SEALED ")
    with pytest.raises(Refused, match="already"):
        await exercise.close(desk.parts, OFFICER, QUARTER, "no-deputy", "again")
    with pytest.raises(Unknown):
        await exercise.close(desk.parts, OFFICER, QUARTER, "another", "words")


async def test_the_report_says_what_was_asked_and_how_long_it_took_and_words_only_to_a_reader(desk: Desk) -> None:
    await exercise.record(desk.parts, OFFICER, HELD)
    plain = await report(desk.parts, QUARTER)
    read = await report(desk.parts, QUARTER, OFFICER)

    [held] = read["exercises"]
    assert [one["minutes"] for one in held["decisions"]] == [12, None]
    assert [one["decided"] for one in held["decisions"]] == ["The deputy, by phone", ""]
    assert (held["minutes"], held["days_late"]) == (90, 0)
    assert WORDS not in str(plain)
    assert [entry.by for entry in await desk.parts.ledger.entries(CHAIN, "evidence_read")] == [OFFICER.id]
    told = "\n".join(page(read))
    assert "45 CFR 164.308(a)(7)(ii)(D)" in told
    assert "| no-deputy | Nobody <b>knew</b> / who answers for the deputy | ciso | 2026-12-15 | open |" in told
    assert "<td>Nobody &lt;b&gt;knew&lt;/b&gt; / who" in sheet(page(read))


async def test_a_quarter_that_ends_without_an_exercise_alarms_once_and_an_exercise_makes_up_for_it(desk: Desk) -> None:
    desk.governed(**TRACKED)
    await desk.ticks()
    assert (await quarters.listed(desk.parts))["quarters"][0]["state"] == "to be held"
    await desk.ticks_at(OVER + timedelta(minutes=1))
    desk.parts = replace(desk.parts, recent=Recent())
    await desk.ticks(minutes=5)

    assert [event["data"]["quarter"] for event in desk.told("Tabletop.Missed")] == ["2026-Q4"]
    assert rungs(desk, "TABLETOP")[-1] == "overdue-1"
    assert any("2026-Q4" in warning for warning in (await health(desk.parts)).warnings)
    late = {
        "began_at": "2027-01-01T00:00:30-05:00",
        "ended_at": "2027-01-01T00:03:00-05:00",
        "decisions": [{"of": "ciso", "asked": "Who?", "asked_at": "2027-01-01T00:01:00-05:00"}],
        "gaps": [],
    }
    await exercise.record(desk.parts, OFFICER, {**HELD, **late})
    await desk.ticks(days=2)
    assert rungs(desk, "TABLETOP")[-1] == "overdue-1"
    assert (await report(desk.parts, QUARTER))["exercises"][0]["days_late"] == 1
    assert not any("2026-Q4" in warning for warning in (await health(desk.parts)).warnings)


async def test_a_clock_that_began_beside_the_recording_of_its_exercise_is_found_to_be_answered(desk: Desk) -> None:
    desk.governed(**TRACKED)
    await exercise.record(desk.parts, OFFICER, {**HELD, "gaps": []})
    await exercises.enter(desk.parts, QUARTER, (), [exercises.of_quarter(QUARTER, desk.parts.policy)])
    await desk.ticks()
    await desk.ticks_at(OVER + timedelta(minutes=1))

    assert desk.told("Reminder") == desk.told("Tabletop.Missed") == []


async def test_a_policy_that_names_no_quarter_starts_nothing_and_health_says_so(desk: Desk) -> None:
    await desk.ticks_at(OVER + timedelta(minutes=1))

    assert desk.told("Missed") == desk.told("Reminder") == []
    assert await desk.parts.ledger.head(CHAIN) is None
    assert quarters.UNTRACKED in (await health(desk.parts)).warnings


async def test_the_record_is_kept_for_six_years_and_while_a_gap_is_open(desk: Desk) -> None:
    await exercise.record(desk.parts, OFFICER, HELD)
    desk.clock.at += timedelta(days=6 * 366)
    with pytest.raises(Refused, match="deadline is open"):
        await dispose(desk.parts, OFFICER, CHAIN)
    await exercise.close(desk.parts, OFFICER, QUARTER, "no-deputy", "shown")
    with pytest.raises(Refused, match="kept until"):
        await dispose(desk.parts, OFFICER, CHAIN)
    desk.clock.at += timedelta(days=6 * 366)

    assert await dispose(desk.parts, OFFICER, CHAIN) == 2


WRONG: Mapping[str, Mapping[str, Any]] = {
    "quarter": changed("quarter", "2026-Q5"),
    "scenario": changed("scenario", "no.class"),
    "began_at": changed("began_at", "2026-09-30T16:45:00-04:00"),
    "ended_at": changed("ended_at", "2036-10-02T18:15:00-04:00"),
    "participants": changed("participants", []),
    "participants[1].role": changed("participants.1.role", "Dr Who"),
    "participants[0].person": changed("participants.0.person", "who@clinic.example"),
    "decisions[0].decided_at": changed("decisions.0.decided_at", None),
    "decisions[1].asked_at": changed("decisions.1.asked_at", "2026-10-02T19:30:00-04:00"),
    "gaps[0].owner": changed("gaps.0.owner", "somebody"),
    "gaps[0].due": changed("gaps.0.due", "2026-10-01"),
    "gaps[0].id": changed("gaps.0.id", "a name of a patient"),
    "gaps[1].id": changed("gaps", [*HELD["gaps"], *HELD["gaps"]]),
    "gaps": changed("gaps", HELD["gaps"] * 41),
    "name": changed("name", "Dr Who"),
}


async def test_a_wrong_field_is_named_its_value_is_not_and_nothing_is_kept(desk: Desk) -> None:
    named = {}
    for field, body in WRONG.items():
        with pytest.raises(FactsInvalid) as fault:
            await exercise.record(desk.parts, OFFICER, body)
        named[field] = fault.value.field
        assert "Who" not in str(fault.value)

    assert named == {field: field for field in WRONG}
    assert await desk.parts.ledger.head(CHAIN) is None
