import pytest

from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import when
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.close_container import MEASURE
from tests.conftest import policy_of
from tests.responders.conftest import Run, declared
from tests.responders.line import Wish

CONTAINER = Target(
    resource=ResourceId(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
        "/blobServices/default/containers/c"
    ),
    incident="i",
)


@pytest.mark.parametrize("level", ["Container", "Blob"])
async def test_a_public_container_becomes_private_and_public_again_exactly_as_it_was(
    clinic: Clinic, run: Run, level: str
) -> None:
    clinic.account("phistore").opens_to_anyone(level=level)
    assert not clinic.stranger.reads("phistore/scans/0001.dcm").is_refused

    outcome = await run(MEASURE, "phistore/scans")

    assert outcome.contained
    assert clinic.stranger.reads("phistore/scans/0001.dcm").is_refused
    assert await run.undone(outcome) == clinic.before
    assert not clinic.stranger.reads("phistore/scans/0001.dcm").is_refused


async def test_it_needs_what_its_card_declares_and_no_more(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").opens_to_anyone()

    outcome = await run(MEASURE, "phistore/scans")
    await run.undone(outcome)

    assert outcome.contained
    assert run.used() == declared(MEASURE)


async def test_other_containers_stay_as_they_are(clinic: Clinic, run: Run) -> None:
    account = clinic.account("phistore", containers={"scans": 1, "leaflets": 1})
    account.opens_to_anyone("scans").opens_to_anyone("leaflets")

    await run(MEASURE, "phistore/scans")

    assert not clinic.stranger.lists("phistore/leaflets").is_refused


async def test_a_private_container_is_left_alone(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore")

    outcome = await run(MEASURE, "phistore/scans")

    assert outcome.noop
    assert await outcome.entries("intent") == []


async def test_no_proof_no_containment_when_azure_says_done_and_does_nothing(
    estate: Estate, clinic: Clinic, run: Run
) -> None:
    clinic.account("phistore").opens_to_anyone()
    estate.faults.add(when(method="PATCH"), estate.faults.lies())

    outcome = await run(MEASURE, "phistore/scans")

    assert outcome.unproved
    assert outcome.why == "not so: private, stranger_refused"


async def test_a_container_that_is_gone_is_refused_with_azures_word(clinic: Clinic, estate: Estate, run: Run) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    incident = await run.line.plan(Wish(MEASURE, account.container("scans")))
    estate.world.store.remove(account.container("scans"))

    [state] = (await run.line.go(incident)).steps.values()

    assert (state.outcome, state.why) == ("refused", "ContainerNotFound: The specified container does not exist.")


def test_nothing_guards_a_container_of_its_own() -> None:
    assert MEASURE.guard(CONTAINER, Before({}), policy_of()) is None


def test_a_container_that_was_private_before_stays_private_on_undo() -> None:
    assert MEASURE.undo(CONTAINER, Before({"properties": {"publicAccess": "None"}})) == ()
