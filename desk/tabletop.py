"""The facilitator's packet of a quarter's tabletop exercise: one class of incident, as production would answer it.

Finding, plan, levels and clocks are those of production's own code, on the example that stands in the class's rule and
under the policy as it is. Nothing is read in Azure, nothing is written anywhere: an exercise contains nothing, makes no
incident and starts no clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from desk import clocks, occasion
from desk.judged import finding_draft, signal_draft
from desk.occasion import Beside
from detection import rules
from detection.played import Played, play
from detection.rule import Rule
from incident.entry import Draft
from incident.errors import Unknown
from incident.finding import Disposition
from incident.plan import Approval
from incident.policy import Policy
from incident.quarter import Quarter
from incident.target import Before
from responders import measures, planner
from responders.approval import needed, roles
from responders.prior import Priors
from responders.progress import Progress

STRIDE = 7
"""Neighbours in the list of classes are alike: a stride that shares no divisor with their number meets all of them."""
MARK = {"data-classification": "phi"}
"""The tag by which the resources of the examples hold PHI, whatever the policy's own tags are."""
BEGINS = time(16, 45)
AFFECTED = {"TX": 620, "NY": 140}
"""The example facts: persons by State."""
QUESTIONS = {
    "security operations": (
        "Who sees the signal first, and how, out of hours?",
        "Which of the stages would you not wait for, and which would you stop?",
        "What would the attacker still be able to do when all is done?",
    ),
    "owner of the data": (
        "Which clinical work breaks by each action, and who is told before it does?",
        "Who approves when both approvers are away?",
    ),
    "compliance": (
        "From which instant is this discovered, and who could show that?",
        "Which facts would have to be recorded for the counts by State, and who has them?",
    ),
    "counsel": (
        "Which of the deadlines would you move, on what ground, and with which proof?",
        "What is preserved, and what is privileged?",
    ),
}


def quarter_of(day: date) -> str:
    """The quarter in which the day lies, such as `2026-Q4`."""
    return str(Quarter.of(day))


def class_of(quarter: str) -> str:
    """The class whose turn it is: each once in as many quarters as there are classes. Unknown when it is no quarter."""
    every, first = rules.every(), _first_day(quarter)
    return every[(first.year * 4 + first.month // 3) * STRIDE % len(every)].id


def packet(policy: Policy, quarter: str, now: datetime, incident_class: str = "") -> dict[str, Any]:
    """The packet as JSON. Unknown when there is no such quarter or class."""
    begins, named = _begins(quarter, policy), incident_class or class_of(quarter)
    rule = next((each for each in rules.every() if each.id == named), None)
    if rule is None:
        raise Unknown(f"there is no class {named}")
    exercise = f"tabletop-{quarter}"
    each = [(played, _steps(played, policy, now, exercise)) for played in _played(rule, policy)]
    played, steps = max(each, key=lambda one: len(one[1]))
    return {
        "exercise": exercise,
        "class": rule.id,
        "title": rule.title,
        "policy": policy.hash,
        "law": list(rule.hipaa),
        "attack": list(rule.attack),
        "begins": begins.isoformat(),
        "signal": _told(rule, played),
        "finding": {"reason": played.finding.reason, "borne out by": list(played.finding.corroborated_by)},
        "steps": steps,
        "clocks": _clocks(played, policy, begins),
        "facts": {"affected": AFFECTED},
        "questions": {role: list(asked) for role, asked in QUESTIONS.items()},
    }


def _first_day(quarter: str) -> date:
    try:
        return Quarter.parse(quarter).first
    except ValueError as fault:
        raise Unknown(f"{quarter[:20]!r}: {fault}") from fault


def _begins(quarter: str, policy: Policy) -> datetime:
    """The first Friday of the quarter, when people leave."""
    first = _first_day(quarter)
    friday = first + timedelta(days=(4 - first.weekday()) % 7)
    return datetime.combine(friday, BEGINS, ZoneInfo(policy.entity.zone))


def _played(rule: Rule, policy: Policy) -> list[Played]:
    """The rule's examples that call for containment; the one with the fullest plan is the exercise."""
    marked = replace(policy, tags={**policy.tags, **MARK})
    return [play(rule, each, marked) for each in rule.examples if each.disposition == Disposition.CONTAIN]


def _told(rule: Rule, played: Played) -> dict[str, Any]:
    signal = played.signal
    return {
        "source": signal.source,
        "alerts": list(signal.alert_types),
        "operation": signal.operation,
        "also": [*rule.claim.alerts, *rule.claim.operations],
    }


def _steps(played: Played, policy: Policy, now: datetime, exercise: str) -> list[dict[str, Any]]:
    """The steps that the planner plans; a state that production would read first is taken to be the resource alone."""
    marked = replace(policy, tags={**policy.tags, **MARK})
    seen = Priors(played.facts.priors)
    unread = planner.unread(exercise, [played.finding], seen, marked)
    alone = {(measure, target.resource): Before({"id": target.resource.text}) for measure, target in unread}
    priors = Priors.read(alone) | seen
    known = Beside(pauses=(), acted={}, callers_unknown="an exercise reads no logs of who would lose access")
    at = occasion.circumstances(marked, played.signal, played.facts, known, now)
    drafts = planner.drafts(Progress(exercise), [played.finding], priors, at)
    return [_step(row) for draft in drafts if draft.kind == "plan" for row in draft.body["steps"]]


def _step(row: Mapping[str, Any]) -> dict[str, Any]:
    measure, level = measures.by_id(row["measure"]), Approval(row["approval"])
    asked = [role.value for role in roles(needed(level))] if level is not Approval.AUTO else []
    kept = ("code", "title", "wave", "approval", "recovery", "hold", "why")
    return {**{name: row[name] for name in kept}, "approvers": asked, "breaks": measure.blast_radius}


def _clocks(played: Played, policy: Policy, begins: datetime) -> list[dict[str, Any]]:
    """What the law engine reckons for the example facts; contracts are not among it: they name real resources."""
    signal = replace(played.signal, received_at=begins, occurred_at=None, first_activity_at=None)
    facts = Draft(kind="facts", at=begins, body={"entity": "", "facts": {"affected": AFFECTED}})
    said = [signal_draft(signal, begins), finding_draft(played.finding, begins), facts]
    found = clocks.restate(policy, [clocks.pending("tabletop", draft) for draft in said], (), begins)
    running = [duty.clock for duty in found.duties.values() if duty.running]
    kept = ("id", "obligor", "recipient", "citation", "basis")
    ordered = sorted(running, key=lambda clock: (clock.due_at, clock.id))
    return [{"due": clock.due.isoformat(), **{name: getattr(clock, name) for name in kept}} for clock in ordered]


def page(found: Mapping[str, Any]) -> Iterator[str]:
    """The packet as Markdown, a line each."""
    yield from (f"# Exercise {found['exercise']}: {found['title']}", "")
    yield from ("An exercise. Nothing is contained, no incident is made and no legal clock starts.", "")
    yield f"Class {found['class']}; {', '.join(found['law'])}; ATT&CK {', '.join(found['attack'])}."
    yield from (f"Policy {found['policy'][:12]}.", "", "## What happens", "")
    yield f"1. {found['begins']}: {_arrives(found['signal'])}"
    yield f"2. Tourniquet has read the live state: {found['finding']['reason']}."
    yield "3. It plans the stages below. Hand them out now, and ask what each role does before the next line is read."
    yield f"4. Compliance counts the persons by State: {_counts(found['facts']['affected'])}. Hand out the clocks."
    yield from ("", "It may also be told by: " + ", ".join(found["signal"]["also"]) + ".")
    yield from ("", "## What would be done", "", *_table(found["steps"]), "", "## What would be owed", "")
    yield from (f"- {each['due']}: {each['recipient']} ({each['citation']}, {each['id']})" for each in found["clocks"])
    for role, asked in found["questions"].items():
        yield from ("", f"## Questions to {role}", "", *(f"- {question}" for question in asked))


def _arrives(signal: Mapping[str, Any]) -> str:
    said = ", ".join(signal["alerts"]) or signal["operation"] or "a report of the class"
    return f"{signal['source']} tells of {said}."


def _counts(affected: Mapping[str, int]) -> str:
    return ", ".join(f"{state} {number}" for state, number in affected.items())


def _table(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| stage | action | approval | undo | held back | what breaks |"
    yield "|---|---|---|---|---|---|"
    for each in steps:
        asked = f"{each['approval']}: {', '.join(each['approvers'])}" if each["approvers"] else each["approval"]
        cells = (each["wave"], f"{each['code']} {each['title']}", asked, each["recovery"], each["why"], each["breaks"])
        yield "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"
