"""What a plan holds, and what holds a step back."""

from datetime import timedelta
from typing import Any

import pytest

from incident.entry import GENESIS, Draft, Entry
from incident.finding import Disposition, Finding, Made
from incident.plan import Outcome
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before
from responders.planner import Circumstances, drafts
from responders.prior import Priors
from responders.progress import Progress
from tests.conftest import START, policy_of

ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a")
SCANS = ACCOUNT.child("blobServices", "default", "containers", "scans")
CLASS = "storage.public_container"
OPEN = {
    ACCOUNT: Before({"id": ACCOUNT.text, "properties": {"allowBlobPublicAccess": True}}),
    SCANS: Before({"id": SCANS.text, "properties": {"publicAccess": "Container"}}),
}
EXEMPTION = {
    "resource": ACCOUNT.text,
    "class": CLASS,
    "approver": "p1",
    "reason": "leaflets",
    "ticket": "T-1",
    "expires": (START + timedelta(days=2)).isoformat(),
}
PIPELINE = {"actor": "deployer", "ticket": "T-2", "expires": (START + timedelta(days=2)).isoformat()}


def found(disposition: Disposition = Disposition.CONTAIN) -> Finding:
    return Finding(incident_class=CLASS, disposition=disposition, reason="r", targets=(ACCOUNT, SCANS))


def planned(policy: Policy, progress: Progress | None = None, **at: Any) -> list[Draft]:
    times = {"now": START, "read_at": START, **at}
    return drafts(progress or Progress("i"), [found()], Priors(OPEN), Circumstances(policy=policy, **times))


def holds(plan: list[Draft]) -> list[str]:
    return [row["hold"] for row in plan[0].body["steps"]]


def entered(progress: Progress, *more: Draft) -> Progress:
    for draft in more:
        progress.add(Entry.of(draft, incident="i", sequence=0, previous=GENESIS))
    return progress


def ended(progress: Progress, outcome: Outcome) -> Progress:
    """Every open step has ended so, a second after the start."""
    at = START + timedelta(seconds=1)
    for key, state in progress.steps.items():
        if state.outcome is None:
            entered(progress, Draft(kind="step", at=at, body={"step": key, "outcome": outcome.value, "why": ""}))
    return progress


def test_a_plan_holds_every_step_with_its_prior_state() -> None:
    policy = policy_of()

    plan, *priors = planned(policy)

    rows = plan.body["steps"]
    assert {row["measure"] for row in rows} >= {"refuse_anonymous_readers", "close_container"}
    assert plan.body["policy"] == policy.hash
    assert {row["hold"] for row in rows if row["approval"] == "automatic"} == {""}
    kept = {key for prior in priors for key in prior.body["steps"]}
    assert kept == {row["key"] for row in rows}
    assert {prior.body["digest"] for prior in priors} <= {before.digest for before in OPEN.values()}


@pytest.mark.parametrize("disposition", [Disposition.REVIEW, Disposition.RECORD])
def test_nothing_is_planned_for_what_is_not_to_be_contained(disposition: Disposition) -> None:
    at = Circumstances(policy=policy_of(), now=START, read_at=START)

    assert drafts(Progress("i"), [found(disposition)], Priors(OPEN), at) == []


@pytest.mark.parametrize(
    ("policy", "hold"),
    [
        (policy_of("watch"), "watch"),
        (policy_of("ask"), "approval"),
        (policy_of(signed=()), "watch"),
        (policy_of(signed=("security",)), "watch"),
        (policy_of(paged=START - timedelta(days=31)), "watch"),
        (policy_of(modes=[]), "watch"),
        (policy_of(exemptions=[EXEMPTION]), "guard"),
        (policy_of(never_touch=[ACCOUNT.text]), "guard"),
        (policy_of("watch", never_touch=[ACCOUNT.text]), "guard"),
    ],
)
def test_the_policy_holds_every_step_back(policy: Policy, hold: str) -> None:
    assert set(holds(planned(policy))) == {hold}


def test_an_exemption_ends_with_its_day() -> None:
    at = START + timedelta(days=2)

    assert "guard" not in holds(planned(policy_of(exemptions=[EXEMPTION]), now=at, read_at=at))


def test_a_step_that_is_known_is_not_planned_again() -> None:
    progress = entered(Progress("i"), *planned(policy_of()))

    assert planned(policy_of(), progress) == []


def test_what_was_contained_and_is_open_again_is_contained_once_more_and_then_asked_about() -> None:
    later = {"now": START + timedelta(minutes=1), "read_at": START + timedelta(minutes=1)}
    progress = ended(entered(Progress("i"), *planned(policy_of())), Outcome.CONTAINED)

    second = planned(policy_of(), progress, **later)
    automatic = [row["hold"] for row in second[0].body["steps"] if row["approval"] == "automatic"]
    third = planned(policy_of(), ended(entered(progress, *second), Outcome.CONTAINED), **later)

    assert set(automatic) == {""}
    assert {row["round"] for row in second[0].body["steps"]} == {2}
    assert set(holds(third)) == {"approval"}


def test_a_state_that_was_read_before_the_containment_tells_of_no_reversal() -> None:
    progress = ended(entered(Progress("i"), *planned(policy_of())), Outcome.CONTAINED)

    assert planned(policy_of(), progress, now=START + timedelta(minutes=1)) == []


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.FAILED, Outcome.UNPROVED])
def test_what_a_person_must_look_at_is_not_tried_again_behind_their_back(outcome: Outcome) -> None:
    progress = ended(entered(Progress("i"), *planned(policy_of())), outcome)

    assert planned(policy_of(), progress, read_at=START + timedelta(hours=1)) == []


def test_a_step_of_two_classes_is_planned_once_for_the_one_that_lets_it_go_further() -> None:
    keyed, leaving = (
        Finding(
            incident_class=name,
            disposition=Disposition.CONTAIN,
            reason="r",
            targets=(ACCOUNT,),
            exposed=True,
        )
        for name in ("storage.sas_overprovisioned", "phi.exfiltration")
    )
    at = Circumstances(policy=policy_of(scope={"resources": [ACCOUNT.text]}), now=START, read_at=START)

    for findings in ((keyed, leaving), (leaving, keyed)):
        rows = drafts(Progress("i"), findings, Priors(OPEN), at)[0].body["steps"]

        [fence] = [row for row in rows if row["measure"] == "deny_public_network"]
        assert (fence["class"], fence["hold"]) == ("phi.exfiltration", "")
        assert len({row["key"] for row in rows}) == len(rows)


@pytest.mark.parametrize("outcome", [None, Outcome.UNDONE])
def test_what_people_rejected_is_not_offered_again_because_their_own_undo_changes_the_state(
    outcome: Outcome | None,
) -> None:
    ask = policy_of(modes=[{"class": "*", "mode": "ask"}])
    progress = entered(Progress("i"), *planned(ask))
    taken_back, rejected = progress.steps.values()
    rejected.hold, rejected.prior = "rejected", Before({"id": SCANS.text, "properties": {"publicAccess": None}})
    assert planned(ask, progress)

    taken_back.undo_by, taken_back.outcome, taken_back.ended_at = "p1", outcome, START + timedelta(seconds=1)

    assert planned(ask, progress) == []


def test_what_a_person_had_undone_is_asked_about() -> None:
    progress = ended(entered(Progress("i"), *planned(policy_of())), Outcome.UNDONE)

    again = planned(policy_of(), progress, read_at=START + timedelta(hours=1))

    assert set(holds(again)) == {"approval"}


PEERING = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v").child(
    "virtualNetworkPeerings", "shadow"
)


def peered(made: Made | None) -> Finding:
    return Finding(
        incident_class="network.peering_bypass",
        disposition=Disposition.CONTAIN,
        reason="r",
        targets=(PEERING,),
        exposed=True,
        made=made,
    )


def plan_of(progress: Progress, made: Made | None, **policy: Any) -> list[Draft]:
    known = Priors({PEERING: Before({"id": PEERING.text, "properties": {"allowVirtualNetworkAccess": True}})})
    at = Circumstances(policy=policy_of(scope={"resources": [PEERING.text]}, **policy), now=START, read_at=START)
    return drafts(progress, [peered(made)], known, at)


@pytest.mark.parametrize(
    ("made", "policy", "hold"),
    [
        (Made(at=START - timedelta(minutes=59), by=("mallory",)), {}, ""),
        (Made(at=START - timedelta(minutes=60), by=("mallory",)), {}, "approval"),
        (Made(at=START - timedelta(minutes=1), by=("deployer",)), {"pipelines": [PIPELINE]}, "approval"),
        (None, {}, "approval"),
    ],
    ids=["minutes ago", "an hour ago", "by a pipeline", "nobody knows when"],
)
def test_what_came_about_within_the_hour_is_taken_back_without_asking(
    made: Made | None, policy: dict[str, Any], hold: str
) -> None:
    [plan, *_] = plan_of(Progress("i"), made, **policy)

    assert {row["code"]: row["hold"] for row in plan.body["steps"]} == {"NW-05": hold, "NW-06": "approval"}


FRESH = Made(at=START - timedelta(minutes=5), by=("mallory",))


def test_what_waits_for_one_approver_runs_once_it_is_known_to_be_fresh_and_nobody_is_asked_twice() -> None:
    progress = entered(Progress("i"), *plan_of(Progress("i"), None))

    assert plan_of(progress, None) == []
    [plan, *_] = plan_of(progress, FRESH)

    assert {row["code"]: row["hold"] for row in plan.body["steps"]} == {"NW-05": ""}
    entered(progress, plan)
    assert {state.step.code: state.runnable for state in progress.steps.values()} == {"NW-05": True, "NW-06": False}


@pytest.mark.parametrize("hold", ["rejected", "guard", "watch", "paused"])
def test_what_is_held_back_by_more_than_its_level_stays_so(hold: str) -> None:
    progress = entered(Progress("i"), *plan_of(Progress("i"), None))
    for state in progress.steps.values():
        state.hold = hold

    assert plan_of(progress, FRESH) == []


def test_what_came_up_after_the_plan_is_a_persons_to_decide() -> None:
    """Sentinel has closed its incident as a false alarm, say."""
    progress = entered(Progress("i"), *plan_of(Progress("i"), None))
    for state in list(progress.steps.values()):
        body = {"step": state.step.key, "hash": state.step.hash, "hold": "approval", "why": "closed"}
        entered(progress, Draft(kind="held", at=START, body=body))

    assert plan_of(progress, FRESH) == []
