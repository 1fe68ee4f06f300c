"""A rule of ours was off, or one closed incidents: set right, a hunt through that time follows by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk import dark
from desk.retro import SPANS, reach
from desk.status import status
from detection import analytics
from detection.analytics import deployed
from drills.estate.places import WORKSPACE
from drills.estate.silencing import ALERT_RULE
from drills.scenarios.rule_that_closes_every_incident import CLOSING, TIDY
from tests.desk.office import SOC, Office

READ = next(rule for rule in analytics.every() if rule.name == "anonymous_read")
RULE = f"{WORKSPACE}/providers/{ALERT_RULE}/{READ.id}"
VERSION = "2024-03-01"


@pytest.fixture(autouse=True)
def today(office: Office) -> datetime:
    """The desk's clock is a little ahead of the estate's, so that nothing is of the future."""
    office.clock.at = datetime.now(UTC) + timedelta(minutes=5)
    office.governed(paged=office.clock.at, scope={"resources": [f"{WORKSPACE}/providers/Microsoft.SecurityInsights"]})
    return office.clock.at


async def restored(office: Office, *, reads: bool = True) -> str:
    """The rule is switched off, somebody reads without a credential, the rule is restored; the incident's id."""
    account = office.clinic.account("phistore").opens_to_anyone()
    office.estate.logs.watchlists["hipaa_assets"] = [account.id]
    body = deployed.body(READ)
    office.clinic.attacks("PUT", RULE, body, VERSION)
    office.clinic.attacks("PUT", RULE, {**body, "properties": {**body["properties"], "enabled": False}}, VERSION)
    if reads:
        assert office.clinic.stranger.reads("phistore/scans/0001.dcm").status == 200
    incident = await office.told()
    assert await office.status(incident) == "contained"
    return incident


async def hunts(office: Office, incident: str) -> list[Any]:
    return [entry.body for entry in await office.entries(incident, dark.KIND)]


def told(office: Office, kind: str) -> list[Any]:
    return [event["data"] for event in office.notices(f"Hunt.{kind}")]


async def test_what_was_missed_is_found_contained_and_known_since_it_happened(office: Office) -> None:
    """45 CFR 164.404(a)(2): a breach is known from when diligence would have known of it."""
    incident = await restored(office)
    read_at = office.estate.storage_log[-1]["TimeGenerated"][:19]

    await office.passes(minutes=2)
    await office.passes(minutes=2)

    [hunt] = await hunts(office, incident)
    assert (hunt["rule"], hunt["found"], hunt["cut_off"]) == ("anonymous_read", 1, False)
    assert [each["found"] for each in told(office, "Found")] == [1]
    [found] = [row.incident for row in await office.parts.ledger.newest() if row.incident != incident]
    assert await office.status(found) == "contained"
    [discovery, *_] = await office.entries(found, "discovery")
    assert discovery.body["effective"]["said"][:19] == read_at < discovery.body["ways"]["first_signal_time"]
    assert hunt["signals"] == [entry.body["key"] for entry in await office.entries(found, "signal")][:1]


async def test_it_hunts_once_more_for_rows_that_came_late_and_then_no_more(office: Office) -> None:
    incident = await restored(office, reads=False)
    await office.passes(minutes=2)
    assert office.clinic.stranger.reads("phistore/scans/0001.dcm").status == 200

    for _ in range(3):
        await office.passes(hours=1)

    assert [(each["turn"], each["found"]) for each in await hunts(office, incident)] == [(1, 0), (2, 1)]
    assert [row["kind"] for row in status(incident, await office.entries(incident))["open"]] == []


async def test_a_log_that_cannot_be_asked_is_told_and_never_says_that_nothing_was_there(office: Office) -> None:
    incident = await restored(office)
    office.estate.logs.missing.add("StorageBlobLogs")

    await office.passes(minutes=2)

    [hunt] = await hunts(office, incident)
    assert "found" not in hunt
    assert hunt["why"]
    assert [each["rule"] for each in told(office, "Failed")] == ["anonymous_read"]


async def test_a_rule_that_is_none_of_ours_is_not_hunted_with(office: Office) -> None:
    office.clinic.account("phistore")
    theirs = RULE.replace(READ.id, "theirs")
    body = deployed.body(READ)
    office.clinic.attacks("PUT", theirs, {**body, "properties": {**body["properties"], "enabled": False}}, VERSION)
    incident = await office.told()

    await office.passes(minutes=2)

    assert await hunts(office, incident) == []


async def test_what_a_rule_has_closed_unread_is_read_again_once_it_is_off(office: Office) -> None:
    """A fault that is still there is contained; what a person has closed, and what was there before, stays closed."""
    account = office.clinic.account("phistore")
    office.clinic.incident("Before the rule", account.id)
    office.clinic.attacks("PUT", TIDY, {"properties": CLOSING}, VERSION)
    incident = await office.told(eventTime=datetime.now(UTC).isoformat())
    unread = office.clinic.incident("Unusual reads of PHI", account.opens_to_anyone().id)
    by_person = office.clinic.incident("Scanner of our own", account.id)
    of_soc = {**by_person["properties"], "owner": {"objectId": SOC.id}}
    office.estate.world.store.amend({**(office.estate.world.store.read(by_person["id"]) or {}), "properties": of_soc})
    await office.says(SOC, incident, await office.step(incident, "SE-03b"))

    await office.passes(minutes=6)
    await office.passes(minutes=2)

    [hunt] = await hunts(office, incident)
    assert (hunt["rule"], hunt["found"]) == ("tidy", 1)
    [found] = [row.incident for row in await office.parts.ledger.newest() if row.incident != incident]
    assert await office.status(found) == "contained"
    [heard, *_] = await office.entries(found, "signal")
    assert (heard.body["key"], heard.body["id"]) == (hunt["signals"][0], unread["name"])
    await office.passes(hours=2)
    assert len(await hunts(office, incident)) == 1


def test_what_one_hunt_cannot_ask_is_left_out_from_the_beginning() -> None:
    volume = next(rule for rule in analytics.every() if rule.name == "read_volume")
    until = datetime(2026, 3, 2, tzinfo=UTC)

    assert reach(volume, until - timedelta(days=60), until) == until - SPANS * volume.frequency
    assert reach(READ, until - timedelta(days=60), until) == until - timedelta(days=60)
