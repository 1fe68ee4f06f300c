"""From findings to the entries that make a plan: which steps, what holds each back, and the state before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from incident.entry import Draft
from incident.finding import Disposition, Finding
from incident.plan import Approval, Mode, Outcome, Plan, Step
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before
from responders import measures, plans
from responders.guards import Occasion, forbidden
from responders.progress import Progress, StepState
from responders.runner import prior_draft

MOST_ROUNDS = 2


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """Under which policy and when a plan is made, and when the state was read on which it stands."""

    policy: Policy
    now: datetime
    read_at: datetime


def drafts(
    progress: Progress, findings: Iterable[Finding], priors: Mapping[ResourceId, Before], at: Circumstances
) -> list[Draft]:
    """A revision of the plan with every step that is new, and the prior state of each target; empty when none is."""
    fresh = [
        (finding, step)
        for finding in findings
        if finding.disposition is Disposition.CONTAIN
        for planned in plans.steps(finding.incident_class, progress.incident, finding.targets, dict(priors))
        if (step := _due(progress, planned, at))
    ]
    if not fresh:
        return []
    rows = [_row(finding, step, priors[step.target.resource], at) for finding, step in fresh]
    plan = Plan(revision=progress.revision + 1, steps=tuple(step for _, step in fresh))
    body = {"revision": plan.revision, "hash": plan.hash, "policy": at.policy.hash, "steps": rows}
    steps = [step for _, step in fresh]
    return [Draft(kind="plan", at=at.now, body=body), *_priors(steps, priors, at.now)]


def _due(progress: Progress, step: Step, at: Circumstances) -> Step | None:
    """The step when it is new, or in the next round when what we did has been undone since; else None."""
    rounds = [known for known in progress.steps.values() if _same(known.step, step)]
    if not rounds:
        return step
    last = max(rounds, key=lambda known: known.step.round)
    return replace(step, round=last.step.round + 1) if _reverted(last, at.read_at) else None


def _same(one: Step, other: Step) -> bool:
    return one.measure == other.measure and one.target.key == other.target.key


def _reverted(last: StepState, read_at: datetime) -> bool:
    """Whether the state was read after this step had ended well: then somebody has taken its effect away."""
    ended = last.outcome in (Outcome.CONTAINED, Outcome.NOOP, Outcome.UNDONE)
    return ended and last.ended_at is not None and read_at > last.ended_at


def _row(finding: Finding, step: Step, before: Before, at: Circumstances) -> dict[str, Any]:
    """The step as the plan entry keeps it, with what holds it back and why."""
    hold, why = _hold(finding, step, before, at)
    return {**step.as_row(), "class": finding.incident_class, "hold": hold, "why": why}


def _hold(finding: Finding, step: Step, before: Before, at: Circumstances) -> tuple[str, str]:
    occasion = Occasion(incident_class=finding.incident_class, policy=at.policy, now=at.now)
    refusal = forbidden(measures.by_id(step.measure), step.target, before, occasion)
    mode = at.policy.mode(finding.incident_class, step.target.resource, at.now)
    if refusal:
        return "guard", refusal.why
    if mode is Mode.WATCH:
        return "watch", "the policy lets the responder watch here; this is what it would have done"
    if step.round > MOST_ROUNDS:
        return "approval", "the containment has been reverted before; a person must decide"
    if mode is Mode.ASK or step.approval is not Approval.AUTO:
        return "approval", f"needs {step.approval.value if step.approval is not Approval.AUTO else Approval.A1.value}"
    return "", ""


def _priors(steps: Iterable[Step], priors: Mapping[ResourceId, Before], now: datetime) -> Iterator[Draft]:
    by_resource: dict[ResourceId, list[str]] = {}
    for step in steps:
        by_resource.setdefault(step.target.resource, []).append(step.key)
    for resource, keys in by_resource.items():
        yield prior_draft(priors[resource], keys, now)
