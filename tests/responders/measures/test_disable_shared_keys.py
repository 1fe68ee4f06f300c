from cloud import Cloud
from drills.estate.clinic import Clinic
from incident.plan import Outcome
from responders.measures.disable_shared_keys import MEASURE
from tests.responders.conftest import Run
from tests.responders.measures.scenes import hatched


async def test_keys_and_what_they_signed_are_refused_and_a_user_delegation_lives_on(
    cloud: Cloud, clinic: Clinic, run: Run
) -> None:
    hatched(cloud, clinic)
    key, link = clinic.thief.with_key("phistore"), clinic.thief.with_account_sas("phistore")
    delegated = clinic.thief.with_user_delegation_sas(
        "phistore", "scans", clinic.reader("phistore", "Storage Blob Data Contributor", name="app")
    )
    assert not key.lists("phistore/scans").is_refused

    outcome = await run(MEASURE, "phistore")

    assert outcome.contained
    assert key.lists("phistore/scans").is_refused
    assert link.lists("phistore/scans").code == "KeyBasedAuthenticationNotPermitted"
    assert not delegated.lists("phistore/scans").is_refused


async def test_without_a_canary_it_is_done_and_not_proved(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore")

    outcome = await run(MEASURE, "phistore")

    assert outcome.state.outcome is Outcome.UNPROVED
    assert outcome.why == "could not be tried: signed_by_key_refused"
