"""The activity log follows an operation by minutes: what it did not hold is asked for again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desk import awaited
from desk.status import status
from desk.verdict import Verdict, judge
from drills.estate.clinic import GROUP
from drills.estate.faults import throttled, when
from drills.estate.instances import VERSION
from drills.estate.places import ATTACKER, PHI, THEIRS
from drills.estate.settable import resource
from drills.estate.world import stamp
from tests.desk.office import SOC, Office

VAULT = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/weekly"
INSTANCE = f"{VAULT}/backupInstances/pacs-disk"
TAKEN = {"restoreTargetInfo": {"datasourceInfo": {"resourceID": f"{THEIRS}/providers/Microsoft.Compute/disks/taken"}}}


@pytest.fixture(autouse=True)
def today(office: Office) -> None:
    """The desk's clock is the estate's: the log holds nothing yet."""
    office.clock.at = datetime.now(UTC)
    office.governed(paged=office.clock.at)
    holds_back(office, timedelta(hours=9))


def holds_back(office: Office, length: timedelta) -> None:
    office.estate.world.delays = replace(office.estate.world.delays, log=length)


async def peered(office: Office) -> str:
    """A stranger's network is peered with that of PHI, and Event Grid tells of it."""
    office.clinic.subnet("phi")
    office.clinic.peered_with("hostile")
    return await office.told()


async def outcomes(office: Office, incident: str) -> dict[str, str]:
    return {state.step.code: state.hold or str(state.outcome) for state in await office.steps(incident)}


async def turns(office: Office, incident: str) -> list[bool]:
    """Of each turn, whether the log bore the signal out."""
    return [bool(entry.body["borne_out"]) for entry in await office.entries(incident, awaited.KIND)]


async def test_a_fresh_change_needs_nobodys_word_once_the_log_tells_its_age(office: Office) -> None:
    incident = await peered(office)
    assert (await outcomes(office, incident))["NW-05"] == "approval"

    await office.passes(minutes=3)
    assert (await outcomes(office, incident))["NW-05"] == "approval"
    holds_back(office, timedelta())
    await office.passes(minutes=3)

    assert (await outcomes(office, incident))["NW-05"] == "contained"
    assert await turns(office, incident) == [False, True]


async def restored_elsewhere(office: Office) -> str:
    """A Backup vault's disk is restored into another tenant, which no state shows, and Event Grid tells of it."""
    office.estate.world.store.seed(resource(VAULT) | {"tags": PHI})
    office.estate.world.store.seed(resource(INSTANCE, currentProtectionState="ProtectionConfigured"))
    office.estate.act(ATTACKER, "POST", f"{INSTANCE}/restore", TAKEN, version=VERSION)
    return await office.told()


async def test_what_no_state_shows_is_contained_once_the_log_bears_it_out(office: Office) -> None:
    incident = await restored_elsewhere(office)
    assert (await office.status(incident), await office.steps(incident)) == ("needs a person", [])
    holds_back(office, timedelta())

    await office.passes(minutes=3)

    assert (await outcomes(office, incident))["BK-05b"] == "contained"
    assert await turns(office, incident) == [True]
    await office.passes(hours=1)
    assert await turns(office, incident) == [True]


async def test_a_record_that_never_comes_is_asked_for_five_times(office: Office) -> None:
    incident = await restored_elsewhere(office)

    for _ in range(7):
        await office.passes(minutes=10)

    assert await turns(office, incident) == [False] * 5
    assert await office.status(incident) == "needs a person"
    assert not [row for row in status(incident, await office.entries(incident))["open"] if row["kind"] == awaited.KIND]


async def test_after_a_persons_word_nothing_is_asked_any_more(office: Office) -> None:
    incident = await restored_elsewhere(office)
    await judge(office.parts, SOC, incident, Verdict.EXPECTED, "a test of our own restores")
    holds_back(office, timedelta())

    await office.passes(minutes=3)

    assert await turns(office, incident) == []
    assert await office.steps(incident) == []


async def test_what_a_person_has_decided_against_stays_so(office: Office) -> None:
    incident = await peered(office)
    await office.says(SOC, incident, await office.step(incident, "NW-05"), approve=False, reason="it is ours")
    holds_back(office, timedelta())

    await office.passes(minutes=3)

    assert (await outcomes(office, incident))["NW-05"] == "rejected"
    assert (await outcomes(office, incident))["NW-01b"] == "contained"


async def test_a_change_that_the_log_shows_to_be_old_waits_for_its_approver(office: Office) -> None:
    incident = await peered(office)
    for record in office.estate.log.records:
        record["eventTimestamp"] = stamp(office.clock.at - timedelta(minutes=58))
    holds_back(office, timedelta())

    await office.passes(minutes=3)
    await office.passes(minutes=3)

    assert (await outcomes(office, incident))["NW-05"] == "approval"
    assert await turns(office, incident) == [True]


async def test_what_is_no_longer_so_is_not_acted_upon(office: Office) -> None:
    """The rules judge the live state anew."""
    incident = await peered(office)
    holds_back(office, timedelta())
    [peering] = [record["resourceId"] for record in office.estate.log.records if "Peerings" in record["resourceId"]]
    office.estate.world.store.remove(peering, timedelta())

    await office.passes(minutes=3)

    assert (await outcomes(office, incident))["NW-05"] == "approval"
    assert await turns(office, incident) == [False]


async def test_what_azure_puts_off_stays_due(office: Office) -> None:
    incident = await restored_elsewhere(office)
    holds_back(office, timedelta())
    office.estate.faults.add(when(path="eventtypes"), throttled(3600))

    await office.passes(minutes=3)

    assert await turns(office, incident) == []
    [row] = [row for row in status(incident, await office.entries(incident))["open"] if row["kind"] == awaited.KIND]
    assert row["due"] < office.clock().isoformat()
