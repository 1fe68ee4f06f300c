import pytest

from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Refusal
from responders.measures.remove_role_assignment import MEASURE, UNTOUCHED
from tests.conftest import policy_of

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
ROLES = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


def assignment(scope: str = ACCOUNT) -> Target:
    place = f"{scope}/providers/Microsoft.Authorization/roleAssignments/1"
    return Target(resource=ResourceId(place), incident="i")


def granted(role: str = READER, principal: str = "p", scope: str = ACCOUNT) -> Before:
    return Before({"properties": {"roleDefinitionId": f"{ROLES}/{role}", "principalId": principal, "scope": scope}})


@pytest.mark.parametrize(
    "before",
    [
        *(granted(role=role) for role in UNTOUCHED),
        *(granted(role=role.upper()) for role in UNTOUCHED),
        granted(principal="BREAK-GLASS"),
        granted(scope="/subscriptions/s/resourceGroups/g"),
        granted(scope="/subscriptions/s"),
    ],
)
def test_owners_break_glass_accounts_and_what_reaches_further_are_a_persons_to_take(before: Before) -> None:
    refusal = MEASURE.guard(assignment(), before, policy_of(break_glass=["break-glass"]))

    assert isinstance(refusal, Refusal)


def test_a_role_on_one_resource_may_be_taken() -> None:
    assert MEASURE.guard(assignment(), granted(), policy_of(break_glass=["break-glass"])) is None


def test_what_is_gone_is_not_taken_again() -> None:
    gone = Before({"id": assignment().resource.text, "absent": True})

    assert MEASURE.contain(assignment(), gone) == ()
    assert MEASURE.undo(assignment(), gone) == ()
