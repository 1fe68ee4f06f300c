"""Whether those who were cut off are still served, as the storage log tells it a quarter of an hour later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from desk.late import TURN
from desk.silence import KIND
from drills.estate.faults import when
from drills.estate.thieves import Holding
from drills.estate.world import NOTHING
from incident.plan import Outcome
from tests.desk.office import SOC, Office

NAME = "phistore/scans/0001.dcm"
LATER = timedelta(minutes=17)


@pytest.fixture
async def link(office: Office) -> Holding:
    """A link that a user delegation key has signed, downloaded from; the desk is a little ahead of the estate."""
    office.clock.at = datetime.now(UTC) + timedelta(minutes=1)
    office.governed(paged=office.clock.at)
    office.estate.grant("read", "Microsoft.Security/alerts/read", "Microsoft.Security/locations/alerts/read")
    office.estate.world.delays.delegations = NOTHING
    office.clinic.account("phistore")
    delegator = office.clinic.reader("phistore", "Storage Blob Data Contributor")
    link = office.clinic.thief.with_user_delegation_sas("phistore", "scans", delegator)
    assert not link.reads(NAME).is_refused
    return link


async def revoked(office: Office) -> str:
    """The incident in which the user delegation keys were revoked: done, and no canary is there to prove it."""
    scans = office.clinic.account("phistore").container("scans")
    incident = await office.alerted(office.clinic.alert(scans, "Storage.Blob_AccountSas.InternalSasUsedExternally"))
    state = await office.step(incident, "ST-07")
    assert (state.outcome, state.why) == (Outcome.UNPROVED, "could not be tried: delegation_sas_refused")
    return incident


def goes_on(office: Office, ask: Callable[[], object]) -> None:
    """What is asked here stands in the log as of a quarter of an hour later."""
    log = office.estate.world.traffic.storage_log
    known = len(log)
    ask()
    for row in log[known:]:
        row["TimeGenerated"] = (datetime.fromisoformat(row["TimeGenerated"]) + LATER).isoformat()


def others(office: Office) -> Callable[[], object]:
    """Somebody with the account's key, whom the revocation does not concern."""
    return lambda: office.clinic.thief.with_key("phistore").reads(NAME)


async def test_silence_of_those_who_were_served_before_proves_what_no_canary_could(
    office: Office, link: Holding
) -> None:
    incident = await revoked(office)
    assert link.reads(NAME).is_refused
    goes_on(office, others(office))

    await office.passes(minutes=20)

    state = await office.step(incident, "ST-07")
    assert (state.outcome, state.why) == (Outcome.CONTAINED, "")
    [heard] = await office.entries(incident, KIND)
    assert (heard.body["silent"], heard.body["known"], heard.body["alive"]) == (True, 1, 0)
    await office.passes(hours=1)
    assert len(await office.entries(incident, KIND)) == 1


async def test_a_log_in_which_nothing_goes_on_says_nothing(office: Office, link: Holding) -> None:
    incident = await revoked(office)
    assert link.reads(NAME).is_refused

    await office.passes(minutes=20)

    assert (await office.step(incident, "ST-07")).outcome is Outcome.UNPROVED
    assert await office.entries(incident, KIND) == []


async def test_a_bearer_who_is_still_served_is_found_where_azure_has_said_done_and_done_nothing(
    office: Office, link: Holding
) -> None:
    faults = office.estate.faults
    faults.add(when(method="POST", path="revokeuserdelegationkeys$"), faults.lies())
    incident = await revoked(office)
    before = len(office.notices("Incident.NeedsPerson"))
    goes_on(office, lambda: link.reads(NAME))

    await office.passes(minutes=20)

    state = await office.step(incident, "ST-07")
    assert (state.outcome, state.why) == (Outcome.UNPROVED, "not so: log_silence")
    assert len(office.notices("Incident.NeedsPerson")) == before + 1


async def test_a_proof_is_taken_back_when_a_bearer_is_served_again(office: Office, link: Holding) -> None:
    incident = await revoked(office)
    assert link.reads(NAME).is_refused
    goes_on(office, others(office))
    await office.passes(minutes=20)
    assert (await office.step(incident, "ST-07")).outcome is Outcome.CONTAINED

    log = office.estate.world.traffic.storage_log
    served = next(row for row in log if row["AuthenticationType"] == "SAS" and row["StatusCode"] == "200")
    log.append(served | {"TimeGenerated": office.clock().isoformat()})
    await office.passes(hours=1)

    assert (await office.step(incident, "ST-07")).why == "not so: log_silence"


@pytest.mark.usefixtures("link")
async def test_what_is_cut_off_hours_later_is_listened_for_too(office: Office) -> None:
    """Each cut has its three turns, whenever its approvers agreed."""
    scans = office.clinic.account("phistore").container("scans")
    incident = await office.alerted(office.clinic.alert(scans, "Storage.Blob_AccountSas.InternalSasUsedExternally"))
    for _ in range(4):
        await office.passes(hours=3)
    turns = len(await office.entries(incident, TURN))
    waiting = await office.step(incident, "ST-05")
    assert waiting.hold == "approval"

    await office.says(SOC, incident, waiting)
    for _ in range(4):
        await office.passes(hours=3)

    assert (await office.step(incident, "ST-05")).outcome is not None
    assert len(await office.entries(incident, TURN)) == turns + 3
