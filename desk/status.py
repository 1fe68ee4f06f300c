"""Where an incident stands, in the words that lists and pages show."""

from collections.abc import Sequence
from typing import Any

from desk import awaited, dark, exempted, late
from incident.entry import Entry
from incident.plan import Outcome
from responders.progress import Progress, StepState

WORST_FIRST = (
    "needs a person",
    "waiting for approval",
    "in progress",
    "paused",
    "rejected",
    "contained",
    "undone",
    "watched",
    "recorded",
)
HELD = {
    "watch": "watched",
    "approval": "waiting for approval",
    "guard": "needs a person",
    "by hand": "needs a person",
    "rejected": "rejected",
    "paused": "paused",
    "changed": "in progress",
}


ANNOTATION = "annotate_sentinel_incident"
"""What is said to Sentinel does not decide where the incident stands."""


def steps(progress: Progress) -> list[StepState]:
    """The steps that decide where the incident stands."""
    return [state for state in progress.steps.values() if state.step.measure != ANNOTATION]


def status(incident: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The head's state: status, classes, reason, first signal, and the open work that a rebuild restores."""
    findings = [entry for entry in entries if entry.kind == "finding"]
    progress = Progress.of(incident, entries)
    words = {word(step) for step in steps(progress)} or {_without_steps(findings)}
    since = min((entry.body["earliest"] for entry in entries if entry.kind == "signal"), default="")
    return {
        "status": next(known for known in WORST_FIRST if known in words),
        "classes": sorted({entry.body["incident_class"] for entry in findings}),
        "reason": findings[-1].body["reason"] if findings else "",
        "since": since,
        "verdict": next((entry.body["verdict"] for entry in reversed(entries) if entry.kind == "verdict"), None),
        "open": [*_unfinished(progress, since), *_offered(progress), *_unread(incident, entries)],
    }


def _unfinished(progress: Progress, since: str) -> list[dict[str, Any]]:
    return [{"kind": "incident", "due": since, "body": {}}] if progress.unfinished else []


def _offered(progress: Progress) -> list[dict[str, Any]]:
    """When offers lapse that nobody has answered."""
    ends = {state.consent.expires for state in progress.steps.values() if state.hold == "approval"}
    return [{"kind": "offer", "due": end.isoformat(), "body": {}} for end in sorted(end for end in ends if end)]


def _unread(incident: str, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """When the logs are read again, when a record is asked for, when an exemption is looked at, when a hunt is due."""
    turns = (each.owed(incident, entries) for each in (late, awaited, exempted, dark))
    return [{"kind": turn.kind, "due": turn.due.isoformat(), "body": dict(turn.body)} for turn in turns if turn]


def word(state: StepState) -> str:
    """Where one step stands."""
    if state.hold:
        return HELD[state.hold]
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
