from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import refused, when
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.refuse_anonymous_readers import MEASURE
from tests.conftest import policy_of
from tests.responders.conftest import Run, declared

ACCOUNT = Target(
    resource=ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"), incident="i"
)


async def test_an_open_account_turns_strangers_away_and_reopens_exactly_as_it_was(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").opens_to_anyone()
    assert not clinic.stranger.lists("phistore/scans").is_refused

    outcome = await run(MEASURE, "phistore")

    assert outcome.contained
    assert clinic.stranger.lists("phistore/scans").is_refused
    assert await run.undone(outcome) == clinic.before
    assert not clinic.stranger.lists("phistore/scans").is_refused


async def test_it_needs_what_its_card_declares_and_no_more(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").opens_to_anyone()

    outcome = await run(MEASURE, "phistore")
    await run.undone(outcome)

    assert outcome.contained
    assert run.used() == declared(MEASURE)


async def test_a_flag_that_was_never_set_is_closed_and_comes_back_in_effect(clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").opens_to_anyone(flag=False)
    assert clinic.account("phistore").has("allowBlobPublicAccess") is None

    outcome = await run(MEASURE, "phistore")

    assert outcome.contained
    assert await run.undone(outcome) == clinic.before
    assert clinic.account("phistore").has("allowBlobPublicAccess") is True


async def test_an_account_that_refuses_strangers_already_is_left_alone(clinic: Clinic, run: Run) -> None:
    account = clinic.account("phistore")
    clinic.attacks("PATCH", account.id, {"properties": {"allowBlobPublicAccess": False}}, "2023-05-01")

    outcome = await run(MEASURE, "phistore")

    assert outcome.noop
    assert await outcome.entries("intent") == []
    assert run.used() <= declared(MEASURE) - {("contain", "Microsoft.Storage/storageAccounts/write")}


async def test_no_proof_no_containment_when_azure_says_done_and_does_nothing(
    estate: Estate, clinic: Clinic, run: Run
) -> None:
    clinic.account("phistore").opens_to_anyone()
    estate.faults.add(when(method="PATCH"), estate.faults.lies())

    outcome = await run(MEASURE, "phistore")

    assert outcome.unproved
    assert outcome.why == "not so: flag_off, stranger_refused"


async def test_a_flag_alone_is_no_proof(estate: Estate, clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").opens_to_anyone()
    estate.faults.add(when(path="/blob/"), refused(404, "ContainerNotFound"))

    outcome = await run(MEASURE, "phistore")

    assert outcome.unproved
    assert outcome.why == "not so: stranger_refused"


async def test_what_cannot_be_looked_at_is_said_to_be_untried(estate: Estate, clinic: Clinic, run: Run) -> None:
    clinic.account("phistore").opens_to_anyone()
    estate.faults.add(when(path="/blob/"), refused(503, "ServerBusy"))

    outcome = await run(MEASURE, "phistore")

    assert outcome.unproved
    assert outcome.why == "could not be tried: stranger_refused"


def test_nothing_guards_an_account_of_its_own() -> None:
    assert MEASURE.guard(ACCOUNT, Before({}), policy_of()) is None


def test_an_account_that_was_closed_before_stays_closed_on_undo() -> None:
    assert MEASURE.undo(ACCOUNT, Before({"properties": {"allowBlobPublicAccess": False}})) == ()
