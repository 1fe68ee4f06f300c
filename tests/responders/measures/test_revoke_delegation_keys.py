from datetime import timedelta

from cloud import Cloud
from drills.estate.clinic import Clinic
from incident.plan import Outcome
from responders.measures.revoke_delegation_keys import MEASURE
from tests.responders.conftest import Run
from tests.responders.measures.scenes import hatched


async def test_links_by_a_user_delegation_end_and_those_by_a_key_live_on(
    cloud: Cloud, clinic: Clinic, run: Run
) -> None:
    hatched(cloud, clinic)
    clinic.estate.world.delays.delegations = timedelta(0)
    delegator = clinic.reader("phistore", "Storage Blob Data Contributor", name="app")
    link = clinic.thief.with_user_delegation_sas("phistore", "scans", delegator)
    assert not link.lists("phistore/scans").is_refused

    outcome = await run(MEASURE, "phistore")

    assert outcome.contained
    assert link.lists("phistore/scans").is_refused
    assert not clinic.thief.with_account_sas("phistore").lists("phistore/scans").is_refused


async def test_without_a_canary_nothing_is_proved(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore")

    outcome = await run(MEASURE, "phistore")

    assert outcome.state.outcome is Outcome.UNPROVED
    assert outcome.why == "could not be tried: delegation_sas_refused"
