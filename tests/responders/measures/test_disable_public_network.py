from cloud import Cloud
from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.disable_public_network import MEASURE
from tests.conftest import policy_of
from tests.responders.conftest import Run
from tests.responders.measures.scenes import hatched


async def test_nobody_gets_in_from_outside_with_whatever_credential(cloud: Cloud, clinic: Clinic, run: Run) -> None:
    hatched(cloud, clinic)

    outcome = await run(MEASURE, "phistore")

    assert outcome.contained
    assert clinic.thief.with_key("phistore").lists("phistore/scans").code == "AuthorizationFailure"


def test_a_perimeter_is_left_alone() -> None:
    account = Target(resource=ResourceId("/subscriptions/s"), incident="i")
    before = Before({"properties": {"publicNetworkAccess": "SecuredByPerimeter"}})

    assert MEASURE.guard(account, before, policy_of()) is not None
