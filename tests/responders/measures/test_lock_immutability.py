import pytest

from incident.plan import Approval
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.lock_immutability import MEASURE

WORM = Target(resource=ResourceId("/subscriptions/s"), incident="i")


@pytest.mark.parametrize("before", [{"absent": True}, {"properties": {"state": "Locked"}}])
def test_what_is_locked_or_not_there_is_left_alone(before: dict[str, object]) -> None:
    assert MEASURE.contain(WORM, Before(before)) == ()


def test_only_a_person_locks() -> None:
    assert MEASURE.approval is Approval.NEVER
    assert len(MEASURE.contain(WORM, Before({"properties": {"state": "Unlocked"}}))) == 1
