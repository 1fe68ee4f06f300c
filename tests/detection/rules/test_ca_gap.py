import json
from typing import Any

import pytest

from detection.facts import Facts
from detection.played import signal
from detection.rules.ca_gap import RULE, weaker
from tests.detection.rules.azure import judged

OLD: dict[str, Any] = {
    "state": "enabled",
    "conditions": {"users": {"includeUsers": ["All"], "excludeGroups": ["g-1"]}},
    "grantControls": {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]},
    "sessionControls": {"signInFrequency": {"value": 4}},
}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in OLD.items() if key != name}


def changed(new: dict[str, Any]) -> dict[str, Any]:
    change = {"displayName": "ConditionalAccessPolicy", "oldValue": json.dumps(OLD), "newValue": json.dumps(new)}
    audit = {"targetResources": [{"id": "p-1", "type": "Policy", "modifiedProperties": [change]}]}
    return {
        "source": "entra",
        "operation": "Update conditional access policy",
        "hints": {"target_ids": "p-1", "target_types": "Policy", "actor_object_id": "u-1"},
        "body": {"properties": audit},
    }


@pytest.mark.parametrize(
    ("new", "ways"),
    [
        (OLD, []),
        (without("grantControls"), ["lost its grantControls"]),
        (OLD | {"grantControls": None}, ["lost its grantControls"]),
        (OLD | {"grantControls": {"operator": "AND", "builtInControls": ["mfa"]}}, ["asks for fewer grantControls"]),
        (
            OLD | {"grantControls": {"operator": "OR", "builtInControls": ["MFA", "compliantDevice"]}},
            ["asks for fewer grantControls"],
        ),
        (OLD | {"grantControls": {"operator": "OR", "builtInControls": ["block"]}}, []),
        (OLD | {"grantControls": {"operator": "OR", "authenticationStrength": {"id": "s"}}}, []),
        (without("sessionControls"), ["lost its sessionControls"]),
        (OLD | {"state": "disabled"}, ["is no longer enforced"]),
        (OLD | {"conditions": {"users": {"includeUsers": ["u-1"], "excludeGroups": ["g-1"]}}}, ["covers fewer people"]),
        (
            OLD | {"conditions": {"users": {"includeUsers": ["All"], "excludeGroups": ["g-1", "g-2"]}}},
            ["leaves more people out"],
        ),
    ],
)
def test_a_policy_is_weaker_where_it_asks_for_less_of_fewer(new: dict[str, Any], ways: list[str]) -> None:
    assert weaker(signal(changed(new))) == ways


def test_a_record_whose_body_is_no_longer_kept_is_judged_by_its_hints() -> None:
    about = changed(OLD) | {"body": None}
    about["hints"] = about["hints"] | {"removed": "grantControls, modifiedDateTime"}

    assert weaker(signal(about)) == ["lost its grantControls"]
    assert judged(RULE, signal(about), {}).disposition == "review"


def test_a_deleted_policy_is_a_gap() -> None:
    about = changed(OLD) | {"operation": "Delete conditional access policy"}

    finding = judged(RULE, signal(about), {})

    assert (finding.disposition, finding.reason.startswith("the policy was deleted")) == ("review", True)


def record(**more: Any) -> dict[str, Any]:
    """The directory's audit of the change, as Graph shows it."""
    body = changed(without("grantControls"))["body"]["properties"]
    who = {"user": {"id": "u-9", "userPrincipalName": "other@clinic.example"}}
    told = {"activityDisplayName": "Update conditional access policy", "result": "success", "initiatedBy": who}
    return told | dict(body) | more


def test_the_policy_is_the_cause_and_it_and_its_audit_alone_are_read() -> None:
    about = signal(changed(without("grantControls")))
    place = RULE.cause(about)

    assert str(place) == "/providers/Microsoft.aadiam/policies/p-1"
    assert {str(read) for read in RULE.reads(about, Facts())} == {f"{place}", f"{place} in the activity log"}


def test_the_live_policy_and_its_audit_say_what_was_lost_by_whom_and_what_was_there_before() -> None:
    about = signal(changed(OLD) | {"operation": "Update conditional access policy"})

    finding = judged(RULE, about, {"": without("grantControls"), "in the activity log": (record(),)})

    assert (finding.disposition, finding.exposed) == ("contain", True)
    assert [target.name for target in finding.targets] == ["p-1", "u-9"]  # by the audit, whatever the signal says
    assert json.loads(finding.parameters["previous"])["grantControls"] == OLD["grantControls"]


@pytest.mark.parametrize(
    ("live", "told", "disposition"),
    [
        (OLD, record(), "record"),
        (without("grantControls"), record(result="failure"), "review"),
        (without("grantControls"), record(activityDisplayName="Update user"), "review"),
    ],
    ids=["given back since", "the change failed", "another operation"],
)
def test_the_live_state_and_a_change_that_succeeded_are_both_needed(live: Any, told: Any, disposition: str) -> None:
    about = signal(changed(without("grantControls")))

    assert judged(RULE, about, {"": live, "in the activity log": (told,)}).disposition == disposition


def test_the_absence_of_a_policy_that_the_audit_shows_deleted_is_the_fault() -> None:
    about = signal(changed(OLD) | {"operation": "Delete conditional access policy"})
    told = record(activityDisplayName="Delete conditional access policy")

    finding = judged(RULE, about, {"in the activity log": (told,)})

    assert (finding.disposition, finding.reason) == ("contain", "the policy is gone")


@pytest.mark.parametrize(("client", "disposition"), [("IMAP4", "review"), ("Browser", "record")])
def test_an_old_client_past_every_policy_is_for_a_person(client: str, disposition: str) -> None:
    hints = {"category": "SignInLogs", "conditional_access": "notApplied", "client_app": client}
    about = signal({"source": "entra", "actor": "nurse@clinic.example", "hints": hints})

    assert RULE.match(about)
    assert judged(RULE, about, {}).disposition == disposition
