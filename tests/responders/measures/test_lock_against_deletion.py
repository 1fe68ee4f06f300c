from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.lock_against_deletion import MEASURE
from tests.responders.line import Line, Wish

ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a")


async def test_the_account_cannot_be_deleted_while_the_lock_stands(line: Line, clinic: Clinic) -> None:
    account = clinic.account("phistore")
    incident = await line.plan(Wish(MEASURE, f"{account.id}/providers/Microsoft.Authorization/locks/hir-{{incident}}"))
    await line.go(incident)

    refused = clinic.estate.act("attacker", "DELETE", account.id, {}, version="2023-05-01")

    assert refused.status == 409
    assert "ScopeLocked" in str(refused.body)


def test_each_incident_has_a_lock_of_its_own() -> None:
    [lock] = MEASURE.targets(Target(resource=ACCOUNT, incident="i-1"))

    assert lock.resource.text == f"{ACCOUNT}/providers/Microsoft.Authorization/locks/hir-i-1"
    assert MEASURE.targets(Target(resource=ACCOUNT.child("blobServices", "default"), incident="i-1")) == ()


def test_a_stricter_lock_is_not_loosened() -> None:
    lock, strict = Target(resource=ACCOUNT, incident="i"), Before({"properties": {"level": "ReadOnly"}})

    assert MEASURE.contain(lock, strict) == ()
    assert MEASURE.undo(lock, strict) == ()
