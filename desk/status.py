"""Where an incident stands, in the words that lists and pages show."""

from collections.abc import Sequence
from typing import Any

from incident.entry import Entry
from incident.plan import Outcome
from responders.progress import Progress, StepState

WORST_FIRST = ("needs a person", "waiting for approval", "in progress", "contained", "undone", "watched", "recorded")


def status(incident: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The head's state: status, classes, reason, first signal, and the open work that a rebuild restores."""
    findings = [entry for entry in entries if entry.kind == "finding"]
    steps = Progress.of(incident, entries).steps.values()
    words = {word(step) for step in steps} or {_without_steps(findings)}
    since = min((entry.body["earliest"] for entry in entries if entry.kind == "signal"), default="")
    unfinished = any(step.runnable or step.being_undone for step in steps)
    return {
        "status": next(known for known in WORST_FIRST if known in words),
        "classes": sorted({entry.body["incident_class"] for entry in findings}),
        "reason": findings[-1].body["reason"] if findings else "",
        "since": since,
        "open": [{"kind": "incident", "due": since, "body": {}}] if unfinished else [],
    }


def word(state: StepState) -> str:
    """Where one step stands."""
    if state.hold:
        return {"watch": "watched", "approval": "waiting for approval", "guard": "needs a person"}[state.hold]
    return {
        None: "in progress",
        Outcome.CONTAINED: "contained",
        Outcome.NOOP: "contained",
        Outcome.UNDONE: "undone",
        Outcome.UNPROVED: "needs a person",
        Outcome.REFUSED: "needs a person",
        Outcome.FAILED: "needs a person",
    }[state.outcome]


def _without_steps(findings: Sequence[Entry]) -> str:
    """Nothing is planned: either nothing is to be done, or nobody but a person can."""
    grave = any(entry.body["disposition"] in ("review", "contain") for entry in findings)
    return "needs a person" if grave else "recorded"
