"""From findings to the entries that make a plan: which steps, what holds each back, and the state before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from incident.entry import Draft
from incident.finding import Disposition, Finding
from incident.pause import Pause
from incident.plan import Approval, Mode, Outcome, Plan, Step
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures, plans
from responders.alternatives import Alternative
from responders.approval import Case, Level, needed, weighed
from responders.guards import Occasion, forbidden
from responders.measure import Measure
from responders.prior import Priors
from responders.progress import Progress, StepState
from responders.revocation import stays_open
from responders.runner import prior_draft

MOST_ROUNDS = 2
UNDECIDED = ("approval", "rejected")
KNOWN = ("severe", "abroad", "callers_unknown")
HOUR = timedelta(hours=1)
FURTHEST = {"": 0, "approval": 1}
"""Holds, the least first; every other one keeps a step from running at all."""
LIFE_SAFETY = ("criticality", "life-safety")


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """Under which policy and when a plan is made, and what is known besides the findings.

    `read_at`: when the state was read on which it stands. `abroad`: words, empty where it is not so. `acted`: automatic
    actions of the last hour, by class.
    """

    policy: Policy
    now: datetime
    read_at: datetime
    actors: frozenset[str] = frozenset()  # who made the change, under every name that is known
    severe: bool = False  # Defender's alert, found by its id, is of high severity
    abroad: str = ""  # strangers have read, or PHI goes to a foreign place: no planned change covers that
    callers_unknown: str = ""  # why nobody can say who would lose access
    acted: Mapping[str, int] = field(default_factory=dict)
    pauses: Sequence[Pause] = ()

    @property
    def known(self) -> dict[str, Any]:
        """What only the signal's own judging can know, for steps that the plan grows by later."""
        named = {name: getattr(self, name) for name in KNOWN}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A step in its class, the state on which it stands, and why it has its level."""

    step: Step
    incident_class: str
    before: Before
    reasons: tuple[str, ...]
    phi: bool
    asks: str = ""  # why a person must say yes first, whatever the level

    def row(self, at: Circumstances) -> dict[str, Any]:
        """The step as the plan entry keeps it, with what holds it back and why."""
        hold, why = _hold(self, at)
        return {
            **self.step.as_row(),
            "class": self.incident_class,
            "phi": self.phi,
            "reasons": list(self.reasons),
            "hold": hold,
            "why": why,
        }


def drafts(progress: Progress, findings: Iterable[Finding], priors: Priors, at: Circumstances) -> list[Draft]:
    """A revision of the plan: every step that is new or changed, and the prior state of each; empty when none is."""
    findings = tuple(findings)
    fresh = [
        (finding, step, before)
        for finding in findings
        if finding.disposition is Disposition.CONTAIN
        for planned, before in plans.steps(finding, progress.incident, priors, at.policy)
        if (step := _due(progress, planned, before, at))
    ]
    targets = _targets(progress, (step for _, step, _ in fresh))
    rest = _stays_open(findings)
    levelled = [
        replace(_levelled(finding, step, before, priors, at, len(targets)), asks=_undone(progress, step))
        for finding, step, before in fresh
    ]
    planned = [each for each in _once(levelled, at) if _gets_on(progress, each, at)]
    return _revision(progress, planned, at, stays_open=rest)


def unread(
    incident: str, findings: Iterable[Finding], priors: Priors, policy: Policy
) -> tuple[tuple[Measure, Target], ...]:
    """What the plan needs and the rules have not read, each with the measure that reads it."""
    contained = [finding for finding in findings if finding.disposition is Disposition.CONTAIN]
    return tuple(each for finding in contained for each in plans.unread(finding, incident, priors, policy))


def _stays_open(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What still works when all is done, in words."""
    words = (stays_open(plans.names(finding), plans.credential(finding)) for finding in findings)
    return tuple(dict.fromkeys(word for each in words for word in each))


def anew(progress: Progress, seen: Iterable[tuple[StepState, Before]], at: Circumstances) -> list[Draft]:
    """A revision with these steps on the state as it is now: in their round, or in the next where they had ended."""
    planned = [
        Planned(
            step=replace(state.step, before=before.digest, round=state.step.round + (state.outcome is not None)),
            incident_class=state.incident_class,
            before=before,
            reasons=("as it was planned before",),
            phi=state.phi,
            asks="it was agreed to on another state" if state.hold == "changed" else "",
        )
        for state, before in seen
    ]
    return _revision(progress, planned, at)


def instead(progress: Progress, chosen: Sequence[Alternative], priors: Priors, at: Circumstances) -> list[Draft]:
    """A revision with what serves instead of steps that were refused, in their waves and each at its own level."""
    targets = _targets(progress, ()) | {_root(each.target.resource) for each in chosen}
    planned = [
        _alternative(each, before, priors, at, len(targets))
        for each in chosen
        if (before := priors.of(each.measure, each.target))
    ]
    return _revision(progress, _once(planned, at), at)


def _alternative(each: Alternative, before: Before, priors: Priors, at: Circumstances, targets: int) -> Planned:
    known = each.refused
    step = plans.step(each.measure, known.step.wave, False, each.target, before)
    levelled = _levelled(each.finding, step, before, priors, at, targets)
    why = f"instead of {known.step.code}, which Azure refused ({known.code})"
    return replace(levelled, phi=levelled.phi or known.phi, reasons=(why, *levelled.reasons))


def _revision(
    progress: Progress, planned: Sequence[Planned], at: Circumstances, stays_open: tuple[str, ...] = ()
) -> list[Draft]:
    if not planned:
        return []
    plan = Plan(revision=progress.revision + 1, steps=tuple(each.step for each in planned))
    rows = [each.row(at) for each in planned]
    body = {"revision": plan.revision, "hash": plan.hash, "policy": at.policy.hash, "steps": rows}
    body |= {"stays_open": list(stays_open)} if stays_open else {}
    body |= {"known": at.known} if at.known else {}
    return [Draft(kind="plan", at=at.now, body=body), *_priors(planned, at.now)]


def _once(planned: Iterable[Planned], at: Circumstances) -> list[Planned]:
    """Each step once: where several classes plan it, for the one that lets it go furthest."""
    alike: dict[str, list[Planned]] = {}
    for each in planned:
        alike.setdefault(each.step.key, []).append(each)
    return [min(group, key=lambda each: FURTHEST.get(_hold(each, at)[0], len(FURTHEST))) for group in alike.values()]


def _due(progress: Progress, step: Step, before: Before, at: Circumstances) -> Step | None:
    """The step when it is new, when it waits for people, or in the next round when it was reverted."""
    rounds = [known for known in progress.steps.values() if _same(known.step, step)]
    if not rounds:
        return step
    last = max(rounds, key=lambda known: known.step.round)
    if last.hold in UNDECIDED and last.unbegun and (_changed(last, before) or _waits(last)):
        return None if _taken_back(progress, at.read_at) else replace(step, round=last.step.round)
    again = _reverted(last, at.read_at) and measures.by_id(step.measure).contain(step.target, before)
    return replace(step, round=last.step.round + 1) if again else None


def _waits(known: StepState) -> bool:
    """Whether it waits for one person's word by its level alone: no such word, and nothing that came up since."""
    asked = known.hold == "approval" and known.step.approval is Approval.A1
    return asked and not (known.reconsidered or known.consent.said)


def _gets_on(progress: Progress, planned: Planned, at: Circumstances) -> bool:
    """False of a step that waits on the same state and would wait again: nobody is asked twice."""
    known = progress.steps.get(planned.step.key)
    return known is None or _changed(known, planned.before) or not _hold(planned, at)[0]


def _undone(progress: Progress, step: Step) -> str:
    """Why a person must be asked where people had the same undone before; empty where they had not."""
    rounds = [known for known in progress.steps.values() if _same(known.step, step)]
    last = max(rounds, key=lambda known: known.step.round, default=None)
    had_undone = last is not None and last.outcome is Outcome.UNDONE
    return "a person has had it undone; a person must decide whether it is done again" if had_undone else ""


def _same(one: Step, other: Step) -> bool:
    return one.measure == other.measure and one.target.key == other.target.key


def _changed(known: StepState, before: Before) -> bool:
    own = measures.by_id(known.step.measure).own
    return known.prior is None or own(known.prior) != own(before)


def _taken_back(progress: Progress, read_at: datetime) -> bool:
    """Whether people are having something undone, or had it since the state was read: then the change is their own."""
    return any(
        state.being_undone
        or (state.outcome is Outcome.UNDONE and state.ended_at is not None and state.ended_at > read_at)
        for state in progress.steps.values()
    )


def _reverted(last: StepState, read_at: datetime) -> bool:
    """Whether the state was read after this step had ended well: then somebody has taken its effect away."""
    ended = last.outcome in (Outcome.CONTAINED, Outcome.NOOP, Outcome.UNDONE)
    return ended and last.ended_at is not None and read_at > last.ended_at


def _levelled(  # noqa: PLR0913, PLR0917 - what a level depends on
    finding: Finding, step: Step, before: Before, priors: Priors, at: Circumstances, targets: int
) -> Planned:
    """The step at the level that this case asks for."""
    phi = any(at.policy.in_scope(resource, before.body) for resource, before in priors.items())
    reached = _level(finding, step, before, priors, at, targets, phi=phi)
    return Planned(
        step=replace(step, approval=reached.approval),
        incident_class=finding.incident_class,
        before=before,
        reasons=reached.why,
        phi=phi,
    )


def _level(  # noqa: PLR0913, PLR0917 - what a level depends on
    finding: Finding, step: Step, before: Before, priors: Priors, at: Circumstances, targets: int, *, phi: bool
) -> Level:
    policy, resource, measure = at.policy, step.target.resource, measures.by_id(step.measure)
    change = policy.planned(finding.incident_class, resource, at.actors, at.now)
    pipeline = policy.pipeline(at.actors, at.now)
    case = Case(
        confident=_confident(finding, at),
        fresh=_fresh(finding, at),
        phi=phi,
        exempt=policy.exemption(finding.incident_class, resource, at.now) is not None,
        planned=change.ticket if change and not at.abroad else "",
        pipeline=pipeline.ticket if pipeline else "",
        life_safety=_life_safety(resource, priors),
        privileged=bool(before.body.get("directoryRoles")),
        targets=targets,
        most_targets=policy.limits.targets,
        callers_unknown=at.callers_unknown,
        price=measure.price(before, policy),
        acted=at.acted.get(finding.incident_class, 0),
        most_actions=policy.limits.actions_per_hour,
    )
    return weighed(measure, plans.marks(finding.incident_class, step.measure), case)


def _confident(finding: Finding, at: Circumstances) -> str:
    """Why confidence is high: what we saw or read ourselves, never what a sender says."""
    if finding.exposed:
        return "the live state shows it"
    if len(finding.corroborated_by) > 1:
        return f"{len(finding.corroborated_by)} readings of our own bear it out"
    if finding.corroborated_by and at.severe:
        return "a Defender alert of high severity, found by its id, bears it out"
    return ""


def _fresh(finding: Finding, at: Circumstances) -> str:
    """Whether the activity log, read by us, shows that it came about within the hour, by no approved pipeline."""
    made = finding.made
    if made is None or at.now - made.at >= HOUR or at.policy.pipeline(made.by, at.now):
        return ""
    return "the activity log shows that the change is less than an hour old"


def _life_safety(resource: ResourceId, priors: Priors) -> bool:
    name, value = LIFE_SAFETY
    tags = [priors[each].tags for each in _lineage(resource) if each in priors]
    return any(str(k).casefold() == name and str(v).casefold() == value for each in tags for k, v in each.items())


def _lineage(resource: ResourceId) -> Iterator[ResourceId]:
    here: ResourceId | None = resource
    while here is not None:
        yield here
        here = here.parent


def _targets(progress: Progress, fresh: Iterable[Step]) -> set[ResourceId]:
    """What the incident acts on. What is done by hand does not count: a person decides about each."""
    steps = [*(known.step for known in progress.steps.values()), *fresh]
    return {_root(step.target.resource) for step in steps if step.approval is not Approval.NEVER}


def _root(resource: ResourceId) -> ResourceId:
    """What a target belongs to: the containers of one account are one target."""
    return tuple(_lineage(resource))[-1]


def _hold(planned: Planned, at: Circumstances) -> tuple[str, str]:
    step, incident_class = planned.step, planned.incident_class
    resource = step.target.resource
    occasion = Occasion(incident_class=incident_class, policy=at.policy, now=at.now)
    refusal = forbidden(measures.by_id(step.measure), step.target, planned.before, occasion)
    mode = at.policy.mode(incident_class, resource, at.now)
    if refusal:
        return "guard", refusal.why
    if mode is Mode.WATCH:
        return "watch", "the policy lets the responder watch here; this is what it would have done"
    if step.approval is Approval.NEVER:
        return "by hand", "this is done by hand only"
    if pause := next((each for each in at.pauses if each.covers(incident_class, resource, at.now)), None):
        return "paused", f"people have paused new writes here until {pause.until:%Y-%m-%d %H:%M} UTC"
    if why := _asks(planned, mode, at):
        return "approval", f"needs {needed(step.approval).value}: {why}"
    return "", ""


def _asks(planned: Planned, mode: Mode, at: Circumstances) -> str:
    """Why a person must say yes first; empty where nobody must."""
    change = at.policy.planned(planned.incident_class, planned.step.target.resource, at.actors, at.now)
    if planned.step.round > MOST_ROUNDS:
        return "the containment has been reverted before; a person must decide"
    if change and not at.abroad:
        return f"this looks like the planned change {change.ticket}"
    if planned.asks:
        return planned.asks
    if mode is Mode.ASK:
        return "the policy asks for every action here"
    return "" if planned.step.approval is Approval.AUTO else "; ".join(planned.reasons)


def _priors(planned: Sequence[Planned], now: datetime) -> Iterator[Draft]:
    alike: dict[tuple[ResourceId, str], list[Planned]] = {}
    for each in planned:
        alike.setdefault((each.step.target.resource, each.step.before), []).append(each)
    for group in alike.values():
        yield prior_draft(group[0].before, [each.step.key for each in group], now)
