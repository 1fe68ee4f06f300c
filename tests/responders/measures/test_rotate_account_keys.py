import json

from cloud import Cloud
from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import cut_after, when
from drills.estate.keys import account_key
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.rotate_account_keys import MEASURE
from tests.conftest import Wire, policy_of
from tests.responders.line import Line, Wish, only

ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a")


def target(**parameters: str) -> Target:
    return Target(resource=ACCOUNT, incident="i", parameters=parameters)


def test_the_key_that_leaked_is_made_anew_or_both_with_the_second_first() -> None:
    assert [call.name for call in MEASURE.contain(target(), Before({}))] == ["make key2 anew", "make key1 anew"]
    assert [call.name for call in MEASURE.contain(target(key="key1"), Before({}))] == ["make key1 anew"]


def test_a_key_that_there_is_not_is_refused() -> None:
    assert MEASURE.guard(target(key="key3"), Before({}), policy_of()) is not None
    assert MEASURE.guard(target(key="key2"), Before({}), policy_of()) is None


async def test_an_answer_that_was_lost_rotates_no_key_twice(
    line: Line, clinic: Clinic, estate: Estate, wire: Wire
) -> None:
    account = clinic.account("phistore")
    estate.faults.add(when(method="POST", path="regenerateKey", nth=1), cut_after())
    incident = await line.plan(Wish(MEASURE, account.id, parameters={"key": "key1"}))

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is not None
    assert state.outcome.value == "contained"
    assert len(wire.sent) == 1


async def test_no_key_is_in_the_ledger(line: Line, clinic: Clinic, cloud: Cloud) -> None:
    account = clinic.account("phistore")
    incident = await line.plan(Wish(MEASURE, account.id))
    await line.go(incident)

    state = line.estate.world.store.read(account.id) or {}
    written = json.dumps([dict(entry.body) for entry in await line.entries(incident)], default=str)

    assert cloud.settings.canaries == ""
    assert not [name for name in ("key1", "key2") if account_key(state, name) in written]
