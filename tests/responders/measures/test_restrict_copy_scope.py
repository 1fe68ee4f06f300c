import pytest

from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Irreversible
from responders.measures.restrict_copy_scope import MEASURE

ACCOUNT = Target(resource=ResourceId("/subscriptions/s"), incident="i")


@pytest.mark.parametrize("scope", ["AAD", "PrivateLink"])
def test_a_scope_that_is_set_stays(scope: str) -> None:
    before = Before({"properties": {"allowedCopyScope": scope}})

    assert MEASURE.contain(ACCOUNT, before) == ()
    assert MEASURE.undo(ACCOUNT, before) == ()


def test_a_scope_that_was_never_set_cannot_be_unset() -> None:
    assert isinstance(MEASURE.undo(ACCOUNT, Before({})), Irreversible)
