"""Two apps from one code: the front takes in and answers, the other carries out, and nothing is lost between them."""

from dataclasses import replace

import pytest

from incident.errors import SettingsIncomplete
from incident.plan import Outcome
from incident.settings import Settings
from tests.desk.office import SOC, Office


def in_front(office: Office) -> Office:
    """The same desk as the app that hands over; it shares ledger and estate with the other."""
    settings = replace(office.parts.settings, part="front")
    return replace(office, parts=replace(office.parts, settings=settings))


async def test_the_front_writes_nothing_and_the_other_app_contains_within_a_minute(office: Office) -> None:
    office.governed("act")

    incident = await in_front(office).leaks()
    assert office.writes() == []

    await office.passes(seconds=30)
    assert (await office.step(incident, "ST-01")).outcome is Outcome.CONTAINED
    assert "PATCH phistore" in office.writes()


async def test_what_is_approved_in_front_is_carried_out_by_the_other_app(office: Office) -> None:
    office.governed("ask")
    front = in_front(office)
    incident = await front.leaks()
    await office.passes(seconds=30)
    offered = await office.step(incident, "ST-01")

    await replace(front, parts=replace(front.parts, policy=office.parts.policy)).says(SOC, incident, offered)
    assert office.writes() == []

    await office.passes(seconds=30)
    assert (await office.step(incident, "ST-01")).outcome is Outcome.CONTAINED


def test_a_part_that_there_is_not_is_said() -> None:
    given = {f"TOURNIQUET_{name}": "x" for name in ("TABLES", "EVIDENCE", "POLICY")}
    with pytest.raises(SettingsIncomplete, match="PART must be front, or empty"):
        Settings.read({**given, "TOURNIQUET_PART": "rear"})
