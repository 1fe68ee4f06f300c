"""The preview: who would lose access, from logs that the drill's own traffic wrote."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.preview import previewed
from desk.preview import Preview, preview
from incident.errors import Unknown
from responders import measures
from responders.cuts import CUTS, NOBODY, UNSEEN
from tests.desk.office import Office

PUMP = {"name": "infusion pumps", "caller": "203.0.113.9", "life_safety": True}
IMAGING = {"name": "imaging", "caller": "203.0.113.0/24"}


@pytest.fixture(autouse=True)
def today(office: Office) -> datetime:
    """The desk's clock is a little ahead of the estate's, so that no row is of the future."""
    office.clock.at = datetime.now(UTC) + timedelta(minutes=5)
    office.governed("ask", paged=office.clock.at)
    return office.clock.at


def action(found: Preview, code: str) -> dict[str, Any]:
    """The action of this catalogue code, as people get it."""
    body = json.loads(previewed(found).get_body())
    return next(dict(each) for each in body["actions"] if each["code"] == code)


def reads(office: Office, address: str, times: int = 1) -> None:
    """Somebody reads from this address, without signing in."""
    for _ in range(times):
        assert office.clinic.stranger.through(caller=address).reads("phistore/scans/0001.dcm").status == 200


async def test_the_preview_shows_the_exact_request_and_sends_none(office: Office) -> None:
    incident = await office.leaks()

    shown = action(await preview(office.parts, incident), "ST-01")

    assert shown["commands"][0].startswith("az rest --method patch --url ")
    assert "allowBlobPublicAccess" in shown["commands"][0]
    assert (shown["recovery"], shown["waits"]) == ("exact", "approval")
    assert shown["blast_radius"]
    assert office.writes() == []


async def test_callers_who_would_be_cut_off_are_named_and_patients_come_first(office: Office) -> None:
    office.governed("ask", clinical=[IMAGING, PUMP], paged=office.clock.at)
    office.clinic.account("phistore").opens_to_anyone()
    reads(office, "198.51.100.7", times=3)
    reads(office, "203.0.113.20")
    reads(office, "203.0.113.9")
    signed_in = office.clinic.thief.with_key("phistore").through(caller="192.0.2.4")
    assert signed_in.reads("phistore/scans/0001.dcm").status == 200

    shown = action(await preview(office.parts, await office.told()), "ST-01")

    lost = shown["loses_access"]
    assert [each["address"] for each in lost["listed"]] == ["203.0.113.9", "203.0.113.20", "198.51.100.7"]
    assert (lost["callers"], lost["life_safety"], lost["clinical"]) == (3, 1, 2)
    assert lost["listed"][0]["clinical"] == "infusion pumps"
    assert [each["address"] for each in shown["stays_reachable"]["listed"]] == ["192.0.2.4"]


@pytest.mark.parametrize("missing", ["the rows", "the table"])
async def test_without_logs_the_callers_are_unknown_and_never_none(office: Office, missing: str) -> None:
    incident = await office.leaks()
    office.estate.world.traffic.storage_log.clear()
    if missing == "the table":
        office.estate.logs.missing.add("StorageBlobLogs")

    shown = action(await preview(office.parts, incident), "ST-01")

    assert shown["loses_access"]["callers"] == shown["stays_reachable"]["callers"] == "unknown"
    assert ("may never have been sent" in shown["loses_access"]["why"]) is (missing == "the rows")


async def test_no_such_incident_has_no_preview(office: Office) -> None:
    with pytest.raises(Unknown):
        await preview(office.parts, "inc-none")


def test_every_measure_says_whom_it_cuts_or_that_it_cuts_nobody() -> None:
    known = {measure.id for measure in measures.every()}

    assert set(CUTS) | NOBODY | UNSEEN == known
    assert len(CUTS) + len(NOBODY) + len(UNSEEN) == len(known)


@pytest.mark.parametrize("name", sorted(UNSEEN))
def test_of_what_no_log_tells_nobody_is_said_to_be_cut_off_or_spared(name: str) -> None:
    target = measures.by_id(name).target

    assert not target.startswith(("microsoft.storage/", "microsoft.network/", "microsoft.compute/"))
