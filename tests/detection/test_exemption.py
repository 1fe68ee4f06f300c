"""What an exemption exempts from, and who has agreed to it, by what Azure shows."""

from typing import Any

import pytest

from detection import exemption
from detection.facts import Facts, Read
from detection.specimens import untagged
from incident.resource import ResourceId
from incident.target import Before

ASSIGNMENT = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/phi"
INITIATIVE = "/providers/Microsoft.Authorization/policySetDefinitions/hipaa"
MEMBERS = [
    {"policyDefinitionId": f"/x/{name.upper()}", "policyDefinitionReferenceId": name} for name in ("https", "tags")
]


def exempted(**properties: Any) -> Before:
    return Before({"properties": {"policyAssignmentId": ASSIGNMENT, **properties}})


def known(**states: dict[str, Any]) -> Facts:
    return Facts({Read(ResourceId(state["id"])): Before(state) for state in states.values()})


@pytest.mark.parametrize(
    ("named", "found"),
    [(["HTTPS"], {"https"}), ([], {"https", "tags"}), (None, {"https", "tags"}), (["other"], set())],
)
def test_of_an_initiative_what_is_named_is_exempted_from_and_all_of_it_where_nothing_is(
    named: list[str] | None, found: set[str]
) -> None:
    facts = known(
        assignment=untagged(ASSIGNMENT, policyDefinitionId=INITIATIVE) | {"id": ASSIGNMENT},
        initiative=untagged(INITIATIVE, policyDefinitions=MEMBERS) | {"id": INITIATIVE},
    )

    assert exemption.definitions(exempted(policyDefinitionReferenceIds=named), facts) == found


def test_of_an_initiative_that_cannot_be_read_nothing_is_known() -> None:
    assert exemption.definitions(exempted(), Facts()) == set()


@pytest.mark.parametrize(
    ("metadata", "agreed"),
    [
        ({"approvers": ["a", "b"]}, True),
        ({"approvers": ["a", "A ", ""]}, False),
        ({"approvers": "a"}, False),
        ({"approvers": {"a": "b"}}, False),
        ({}, False),
        (None, False),
    ],
)
def test_two_different_people_must_have_agreed(metadata: Any, agreed: bool) -> None:
    assert exemption.agreed(exempted(metadata=metadata)) is agreed
