"""Back to Sentinel: its incident says what was done and which clocks run, once for each state in which ours rests."""

from collections.abc import Iterator, Sequence

from desk import leads
from desk.parts import Parts
from desk.status import ANNOTATION, status, steps
from detection.resources import resource
from incident.entry import Draft, Entry
from incident.errors import Interrupted, Postponed, Refused
from incident.plan import Plan, Step
from incident.resource import ResourceId
from incident.target import Before, Target
from ledger.tables import together
from responders import measures, planner
from responders.approval import level
from responders.progress import Progress
from responders.runner import Act, prior_draft

LAST = 99  # a wave behind all others
MOST = 5  # Sentinel incidents of one incident
OWNER = "Tourniquet"
UNTOLD = "untold"


async def annotate(parts: Parts, act: Act, entries: Sequence[Entry]) -> bool:
    """Whether something was said. Nothing is said while something may still run, or where nothing is at stake."""
    incident = act.progress.incident
    state = status(incident, entries)
    if act.progress.unfinished or state["status"] in ("recorded", "in progress"):
        return False
    text = comment(incident, entries)
    targets = [
        Target(resource=each, incident=incident, parameters={"comment": text, "owner": OWNER})
        for each in cases(entries)
    ]
    known = {known.step.target.key for known in act.progress.steps.values()} | _untold(entries)
    drafts = await together(_planned(parts, act, target) for target in targets if target.key not in known)
    if not any(drafts):
        return False
    await act.enter(parts.ledger, [draft for each in drafts for draft in each])
    await together([parts.runner.run(act), leads.lead(parts, act)])
    return True


def cases(entries: Sequence[Entry]) -> list[ResourceId]:
    """The Sentinel incidents that signals came from."""
    hints = [entry.body.get("hints") or {} for entry in entries if entry.kind == "signal"]
    named = (resource(each.get("sentinel_incident")) for each in hints)
    found = (each for each in named if each and each.type == measures.by_id(ANNOTATION).target and each.addressable)
    return list(dict.fromkeys(found))[:MOST]


def comment(incident: str, entries: Sequence[Entry]) -> str:
    """The state in neutral words: codes of actions, names of duties, dates; no object and nobody's own words."""
    state, progress = status(incident, entries), Progress.of(incident, entries)
    ours = {each.step.key for each in steps(progress)}
    ended = sum(entry.kind == "step" and entry.body["step"] in ours for entry in entries)
    lines = [
        f"Tourniquet {incident}: {state['status']} (actions ended so far: {ended}).",
        *_done(progress),
        *_running(entries),
    ]
    return "\n".join([*lines, "What is under review is a possible disclosure; it has not been determined."])


def _done(progress: Progress) -> Iterator[str]:
    for each in steps(progress):
        yield f"Action {each.step.code}: {each.outcome.value if each.outcome else each.hold or 'in progress'}."


def _running(entries: Sequence[Entry]) -> Iterator[str]:
    clocks = {entry.body["clock"]: entry.body for entry in entries if entry.kind == "clock"}
    for name, body in sorted(clocks.items()):
        if body.get("due"):
            yield f"Clock {name}: by {body['due']} ({body.get('citation', '')})."


def _untold(entries: Sequence[Entry]) -> set[str]:
    return {entry.body["target"] for entry in entries if entry.kind == UNTOLD}


async def _planned(parts: Parts, act: Act, target: Target) -> list[Draft]:
    """A plan of one step; where the Sentinel incident cannot be read, an entry that says why nothing is said."""
    measure, now = measures.by_id(ANNOTATION), parts.now()
    try:
        before = await measure.read(parts.cloud, target)
    except (Interrupted, Postponed):
        return []
    except Refused as fault:
        return [Draft(kind=UNTOLD, at=now, body={"target": target.key, "why": str(fault)})]
    step = Step(
        measure=measure.id,
        code=measure.code,
        title=measure.title,
        target=target,
        wave=LAST,
        approval=level(measure),
        recovery=measure.recovery,
        before=before.digest,
    )
    return _drafts(parts, act, step, before)


def _drafts(parts: Parts, act: Act, step: Step, before: Before) -> list[Draft]:
    now = parts.now()
    at = planner.Circumstances(policy=parts.policy, now=now, read_at=now, pauses=act.gate.pauses if act.gate else ())
    planned = planner.Planned(step=step, incident_class=_class(act.progress), before=before, reasons=(), phi=False)
    plan = Plan(revision=act.progress.revision + 1, steps=(step,))
    body = {"revision": plan.revision, "hash": plan.hash, "policy": parts.policy.hash, "steps": [planned.row(at)]}
    return [Draft(kind="plan", at=now, body=body), prior_draft(before, [step.key], now)]


def _class(progress: Progress) -> str:
    """The class under whose mode Sentinel is told."""
    return next((state.incident_class for state in progress.steps.values()), "detect.alert_fatigue")
