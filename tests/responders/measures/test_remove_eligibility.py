from drills.estate.clinic import GROUP, Clinic
from incident.resource import ResourceId
from incident.target import Target
from responders import measures
from responders.command import prepared
from responders.measure import Refusal, absent
from tests.conftest import policy_of
from tests.responders.line import Line

MAY_READ = "Microsoft.Authorization/roleEligibilityScheduleInstances/read"
ELIGIBLE = measures.by_id("remove_eligibility")


async def test_a_person_sends_one_request_and_the_role_can_be_activated_no_longer(line: Line, clinic: Clinic) -> None:
    nurse = clinic.user("nurse").principal
    target = Target(resource=ResourceId(clinic.estate.makes_eligible(nurse, "Contributor", GROUP)), incident="i")
    line.estate.grant("read", MAY_READ)
    before = await ELIGIBLE.read(line.cloud, target)
    assert not (await ELIGIBLE.verify(line.cloud, target)).holds

    (command,) = await prepared(line.cloud, ELIGIBLE, target, before)

    assert command.startswith(f"az rest --method put --url '{line.estate.url}{GROUP}/providers/Microsoft.Authorization")
    assert f'"principalId": "{nurse.oid}"' in command
    assert '"requestType": "AdminRemove"' in command
    line.estate.world.store.remove(target.resource.text)
    assert (await ELIGIBLE.verify(line.cloud, target)).holds
    assert ELIGIBLE.contain(target, await ELIGIBLE.read(line.cloud, target)) == ()


async def test_the_account_for_emergencies_keeps_it(line: Line, clinic: Clinic) -> None:
    spared = clinic.user("break-glass").principal
    target = Target(resource=ResourceId(clinic.estate.makes_eligible(spared, "Owner", GROUP)), incident="i")
    line.estate.grant("read", MAY_READ)
    before = await ELIGIBLE.read(line.cloud, target)

    assert isinstance(ELIGIBLE.guard(target, before, policy_of(break_glass=[spared.oid])), Refusal)
    assert ELIGIBLE.guard(target, before, policy_of()) is None
    assert not absent(before)
