from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incident.errors import PolicyInvalid
from incident.pause import Pause
from incident.plan import Mode
from incident.policy import Policy
from incident.resource import ResourceId
from tests.conftest import START, policy_of

ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/phistore")
SIBLING = ResourceId(f"{ACCOUNT.text}2")
CLASS = "storage.public_container"
CHANGE = {
    "resources": [ACCOUNT.text],
    "classes": [CLASS],
    "actor": "Mover",
    "ticket": "CHG-1",
    "approver": "owner",
    "start": "2026-11-20T20:00:00+00:00",
    "end": "2026-11-21T04:00:00+00:00",
}
PIPELINE = {"actor": "Deployer", "ticket": "REL-1", "expires": "2026-12-01T00:00:00+00:00"}


def said(**wrong: Any) -> str:
    """What is said of a policy with these faults."""
    with pytest.raises(PolicyInvalid) as found:
        policy_of(**wrong)
    return str(found.value)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"planned_changes": [{**CHANGE, "end": "2026-11-21T04:00:01+00:00"}]}, "within 8 hours"),
        ({"planned_changes": [{**CHANGE, "end": CHANGE["start"]}]}, "within 8 hours"),
        ({"planned_changes": [{**CHANGE, "approver": "mover"}]}, "somebody else than the actor"),
        ({"planned_changes": [{**CHANGE, "resources": []}]}, "resources must be a list with at least one entry"),
        ({"planned_changes": [{**CHANGE, "start": "2026-11-20T20:00:00"}]}, "has no time zone"),
        ({"planned_changes": [{**CHANGE, "resources": ["phistore"]}]}, "not a resource id"),
        ({"planned_changes": [{k: v for k, v in CHANGE.items() if k != "ticket"}]}, "KeyError 'ticket'"),
        ({"pipelines": [{**PIPELINE, "expires": "soon"}]}, "pipelines[0]: ValueError"),
        ({"limits": {"targets": -1}}, "limits.targets must be a whole number"),
        ({"limits": {"targets": True}}, "limits.targets must be a whole number"),
        ({"limits": {"tragets": 5}}, "limits: unknown tragets"),
        ({"approvers": {"Approver.Everybody": []}}, "approvers: unknown Approver.Everybody"),
        ({"approvers": {"Approver.Soc": "me"}}, "approvers.Approver.Soc must be a list"),
        ({"auto_on_timeout": ["ST-06"]}, "only ST-03 and NW-01 can be named, not ST-06"),
        ({"auto_on_timeout": "ST-03"}, "auto_on_timeout must be a list"),
    ],
)
def test_a_fault_in_what_was_agreed_beforehand_is_said_plainly(wrong: dict[str, Any], fault: str) -> None:
    assert fault in said(**wrong)


def planned(policy: Policy, *, resource: ResourceId = ACCOUNT, actor: str = "mover", at: datetime = START) -> bool:
    return policy.planned(CLASS, resource, [actor], at) is not None


def test_a_planned_change_covers_its_actor_resource_and_time_and_no_other() -> None:
    policy = policy_of(planned_changes=[CHANGE])

    assert planned(policy)
    assert not planned(policy, resource=SIBLING)
    assert not planned(policy, actor="somebody")
    assert not planned(policy, at=START - timedelta(hours=3))
    assert not planned(policy, at=datetime(2026, 11, 21, 4, tzinfo=UTC))
    assert policy.planned("network.nsg_egress", ACCOUNT, ["mover"], START) is None
    assert policy.planned(CLASS, ACCOUNT, [], START) is None


def test_a_pipeline_is_approved_until_its_date() -> None:
    policy = policy_of(pipelines=[PIPELINE])

    assert policy.pipeline(["deployer"], START)
    assert not policy.pipeline(["deployer"], START + timedelta(days=30))
    assert not policy.pipeline(["mover"], START)


def test_deputies_come_after_those_on_call_and_where_there_are_none_the_same_again() -> None:
    approvers = policy_of(approvers={"Approver.Soc": ["a", "b", "c"], "Approver.Owner": ["d"]}).approvers

    assert approvers.on_call(["Approver.Soc", "Approver.Owner"]) == ("a", "d")
    assert approvers.deputies(["Approver.Soc"]) == ("b", "c")
    assert approvers.deputies(["Approver.Owner"]) == ("d",)
    assert policy_of().approvers.deputies(["Approver.Soc"]) == ()


def test_losing_the_paging_route_watches_what_is_new_and_rules_what_was_approved() -> None:
    stale = policy_of("ask", paged=START - timedelta(days=31))

    assert stale.mode(CLASS, ACCOUNT, START) is Mode.WATCH
    assert stale.ruled(CLASS, ACCOUNT) is Mode.ASK
    assert policy_of("ask", signed=("security",)).ruled(CLASS, ACCOUNT) is Mode.WATCH


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ("everything", True),
        (CLASS, True),
        ("network.nsg_egress", False),
        (ACCOUNT.text.upper(), True),
        ("/subscriptions/s/resourceGroups/clinic/", True),
        ("/subscriptions/s/resourceGroups/clin", False),
        ("anything", False),
    ],
)
def test_a_pause_covers_what_its_scope_names_until_it_ends(scope: str, *, covers: bool) -> None:
    pause = Pause(id="p", scope=scope, until=START + timedelta(hours=1))

    assert pause.covers(CLASS, ACCOUNT, START) is covers
    assert not pause.covers(CLASS, ACCOUNT, START + timedelta(hours=1))
    assert Pause.of(pause.as_row()) == pause
