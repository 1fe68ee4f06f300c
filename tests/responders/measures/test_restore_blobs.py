from drills.estate.clinic import Clinic
from incident.plan import Approval
from incident.resource import ResourceId
from incident.target import Target
from responders.measure import STORAGE_ACCOUNT
from responders.measures.restore_blobs import MEASURE
from tests.responders.line import Line, Wish, only

ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a")


def test_it_wants_a_time_and_a_person() -> None:
    timed = Target(resource=ACCOUNT, incident="i", parameters={"restore_to": "2026-11-20T08:00:00Z"})

    assert MEASURE.approval is Approval.NEVER
    assert MEASURE.targets(Target(resource=ACCOUNT, incident="i")) == ()
    assert MEASURE.targets(timed) == (timed,)
    assert ACCOUNT.type == STORAGE_ACCOUNT


async def test_the_runner_never_sends_it_even_when_nothing_holds_it_back(line: Line, clinic: Clinic) -> None:
    line.estate.grant("read", "Microsoft.Storage/storageAccounts/read")
    place = clinic.account("phistore").id
    incident = await line.plan(Wish(MEASURE, place, parameters={"restore_to": "2026-11-20T08:00:00Z"}))

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is not None
    assert state.outcome.value == "refused"
    assert "by hand" in state.why
    assert await line.entries(incident, "intent") == []
