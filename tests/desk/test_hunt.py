"""The retro-hunt finds what was there before the rule was, says it once, and leaves the rest to the entrance."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.hunt import hunt
from desk.intake import Receipt
from desk.queued import take
from detection import analytics
from detection.analytics.retro import windows
from tests.desk.office import Office

RULES = {rule.name: rule for rule in analytics.every()}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
UNTIL = datetime(2026, 3, 2, tzinfo=UTC)


async def hunted(office: Office, name: str, back: timedelta) -> list[dict[str, Any]]:
    now = office.estate.world.clock()
    return [found async for found in hunt(office.parts.cloud, RULES[name], since=now - back, until=now)]


def aged(office: Office, *ages: timedelta) -> None:
    """The last rows of the storage log are as old as this."""
    now = office.estate.world.clock()
    for row, age in zip(office.estate.storage_log[-len(ages) :], ages, strict=True):
        row["TimeGenerated"] = f"{now - age:%Y-%m-%dT%H:%M:%S}.0000000Z"


async def test_an_old_reader_is_found_once_and_enters_as_any_other_claim(office: Office) -> None:
    account = office.clinic.account("phistore").opens_to_anyone()
    office.estate.logs.watchlists["hipaa_assets"] = [account.id]
    for _ in range(2):
        office.clinic.stranger.reads("phistore/scans/0001.dcm")
    aged(office, 20 * DAY, 10 * DAY)
    before = office.writes()

    [found] = await hunted(office, "anonymous_read", 30 * DAY)

    assert office.writes() == before
    [receipt] = await take(office.parts, json.dumps(found).encode())
    assert isinstance(receipt, Receipt)
    assert receipt.classes == ("storage.public_container",)
    assert await office.status(str(receipt.incident)) == "contained"


async def test_what_no_live_state_shows_is_left_to_people(office: Office) -> None:
    account = office.clinic.account("phistore")
    office.estate.logs.watchlists["hipaa_assets"] = [account.id]
    thief = office.clinic.thief.with_account_sas("phistore")
    for last in range(1, 6):
        thief.through(caller=f"198.51.100.{last}").reads("phistore/scans/0001.dcm")
    aged(office, *[2 * HOUR] * 5)

    [found] = await hunted(office, "signature_shared", 4 * HOUR)

    [receipt] = await take(office.parts, json.dumps(found).encode())
    assert isinstance(receipt, Receipt)
    assert receipt.disposition == "review"
    assert office.writes() == []


def test_events_are_asked_week_by_week_counts_in_halves_that_overlap_baselines_hour_by_hour() -> None:
    def spans(name: str, back: timedelta) -> list[tuple[timedelta, timedelta]]:
        return [(UNTIL - start, UNTIL - end) for start, end in windows(RULES[name], UNTIL - back, UNTIL)]

    none = timedelta(0)
    assert spans("anonymous_read", 10 * DAY) == [(10 * DAY, 3 * DAY), (7 * DAY, none)]
    assert spans("mass_read", HOUR) == [(1.5 * HOUR, HOUR / 2), (HOUR, none)]
    assert spans("read_volume", 2 * HOUR) == [(14 * DAY + HOUR, HOUR), (14 * DAY, none)]
