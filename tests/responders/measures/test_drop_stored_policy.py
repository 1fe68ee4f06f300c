from cloud import Cloud
from drills.estate.clinic import Clinic
from responders.measures.drop_stored_policy import MEASURE
from tests.responders.line import Line, Wish, only
from tests.responders.measures.scenes import hatched


async def test_only_the_policy_that_leaked_goes_and_public_access_stays_as_it_was(
    line: Line, clinic: Clinic, cloud: Cloud
) -> None:
    account = clinic.account("phistore").has_policy("scans", "leaked").has_policy("scans", "partners")
    account.opens_to_anyone()
    hatched(cloud, clinic)
    clinic.remember()
    leaked = clinic.thief.with_service_sas("phistore", "scans", policy="leaked")
    partner = clinic.thief.with_service_sas("phistore", "scans", policy="partners")
    wish = Wish(MEASURE, account.container("scans"), parameters={"identifier": "leaked"})
    incident = await line.plan(wish)

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is not None
    assert state.outcome.value == "contained", state.why
    assert leaked.lists("phistore/scans").is_refused
    assert not partner.lists("phistore/scans").is_refused
    assert not clinic.stranger.lists("phistore/scans").is_refused
    await line.undo(incident)
    assert line.estate.snapshot() == clinic.before
