from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.delete_replication_policy import MEASURE
from tests.responders.line import Line, Wish, only

KIND = "Microsoft.Storage/storageAccounts/objectReplicationPolicies"


async def test_objects_stop_flowing_to_the_other_tenant(line: Line, clinic: Clinic) -> None:
    account = clinic.account("phistore").replicates_to(clinic.foreign_account())
    [policy] = clinic.estate.world.store.of_type(KIND, account.id)
    incident = await line.plan(Wish(MEASURE, policy["id"]))
    await line.go(incident)
    already = len(clinic.estate.world.objects.names("elsewhere", "scans"))

    assert not clinic.thief.with_key("phistore").writes("phistore/scans/new.dcm").is_refused

    assert only((await line.told(incident)).steps.values()).outcome is not None
    assert len(clinic.estate.world.objects.names("elsewhere", "scans")) == already


def test_a_policy_that_is_gone_is_left_alone() -> None:
    policy, gone = Target(resource=ResourceId("/subscriptions/s"), incident="i"), Before({"absent": True})

    assert MEASURE.contain(policy, gone) == ()
    assert MEASURE.undo(policy, gone) == ()
