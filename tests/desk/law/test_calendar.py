from datetime import UTC, date, datetime

from icalendar import Calendar, Component

from desk.calendar import calendar, call_tree
from desk.facts import record_facts
from ledger import IndexRow
from tests.desk.law.conftest import CONTACTS, OFFICER, Desk

OPENED = datetime(2026, 11, 20, tzinfo=UTC)


async def events(desk: Desk) -> dict[str, Component]:
    page = Calendar.from_ical(await calendar(desk.parts))
    return {str(event["uid"]): event for event in page.walk("VEVENT")}


async def test_a_clock_keeps_its_uid_and_its_sequence_grows_when_the_date_moves(desk: Desk) -> None:
    incident = await desk.incident()
    await desk.parts.ledger.index(IndexRow(incident=incident, opened=OPENED, state={}))
    uid = f"US-HIPAA-IND.{incident}@tourniquet"
    before = (await events(desk))[uid]
    earlier = {"agent_known_at": "2026-11-10T12:00:00Z"}

    await record_facts(desk.parts, OFFICER, incident, {"affected": {"MT": 3}, "discovery": earlier})
    after = await events(desk)

    assert (before["sequence"], before.decoded("dtstart")) == (0, date(2027, 1, 19))
    assert (after[uid]["sequence"], after[uid].decoded("dtstart")) == (1, date(2027, 1, 9))
    ended = after[f"US-HIPAA-HHS-500.{incident}@tourniquet"]
    assert (ended["sequence"], str(ended["status"])) == (1, "CANCELLED")


def test_the_call_tree_names_ways_out_of_the_tenant_alone(desk: Desk) -> None:
    desk.governed(contacts=CONTACTS)

    page = call_tree(desk.parts)

    assert page.index("1. owner") < page.index("3. privacy officer") < page.index("5. counsel")
    assert "+1-555-ciso" in page
    assert "clinic.example" not in page
