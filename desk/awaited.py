"""Claims that the activity log could not bear out yet: it follows an operation by 3 to 20 minutes, and is asked again.

Awaited is the record of what nothing else shows, and of a change whose age decides whether people must be asked first.
The turns follow from the entries. Once people have found it harmless or closed it, or after the last turn, nothing is
awaited.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk import kept
from incident.entry import Entry
from incident.finding import Disposition
from incident.plan import Approval
from incident.signal import Signal
from ledger import Work
from responders import plans
from responders.progress import HARMLESS, Progress

KIND = "corroboration"
AFTER = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 10, 20, 40))
"""How long after a signal was entered the log is asked about it."""
MOST = 20  # signals of one incident, the latest


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """A signal, when it was entered, what is awaited in which classes, and which turn is next, counted from 1."""

    signal: Signal
    at: datetime
    unproved: frozenset[str]  # classes of which nothing bears a claim out
    undated: frozenset[str]  # classes of which nobody knows how fresh the change is
    turn: int

    @property
    def due(self) -> datetime:
        """When the log is to be asked."""
        return self.at + AFTER[self.turn - 1]


def owed(incident: str, entries: Sequence[Entry]) -> Work | None:
    """The next turn, if anything is awaited."""
    dues = [one.due for one in awaited(incident, entries)]
    return Work(incident=incident, kind=KIND, due=min(dues)) if dues else None


def awaited(incident: str, entries: Sequence[Entry]) -> list[Awaited]:
    """The signals whose record may still come."""
    told = [(signal, found) for signal, found in _told(entries) if any(map(_may, found))]
    if not told:
        return []
    progress = Progress.of(incident, entries)
    if progress.closed or _found_harmless(entries):
        return []
    turns, borne_out = _turns(entries)
    waiting = _waiting(progress)
    found_of = [(signal, _classes(found, _unproved), _classes(found, _undated) & waiting) for signal, found in told]
    return [
        Awaited(signal=kept.restored(entry.body), at=entry.at, unproved=unproved, undated=undated, turn=turns[key] + 1)
        for entry, unproved, undated in found_of[-MOST:]
        if (unproved or undated) and (key := entry.body["key"]) not in borne_out and turns[key] < len(AFTER)
    ]


def _told(entries: Sequence[Entry]) -> list[tuple[Entry, list[Mapping[str, Any]]]]:
    """Each signal of an operation of another's making, and what was found of it, which stands behind it."""
    told: list[tuple[Entry, list[Mapping[str, Any]]]] = []
    for entry in entries:
        if entry.kind == "signal":
            told.append((entry, []))
        elif entry.kind == "finding" and told:
            told[-1][1].append(entry.body)
    return [each for each in told if each[0].body.get("operation") and not each[0].body.get("own")]


def _may(found: Mapping[str, Any]) -> bool:
    """Whether a record could make more of it."""
    return _unproved(found) or _undated(found)


def _unproved(found: Mapping[str, Any]) -> bool:
    return bool(found.get("awaited"))


def _undated(found: Mapping[str, Any]) -> bool:
    contained = found["disposition"] == Disposition.CONTAIN.value and not found.get("made")
    return contained and plans.minds_age(found["incident_class"])


def _classes(found: Sequence[Mapping[str, Any]], which: Callable[[Mapping[str, Any]], bool]) -> frozenset[str]:
    return frozenset(each["incident_class"] for each in found if which(each))


def _waiting(progress: Progress) -> frozenset[str]:
    """The classes of the steps that wait for one approver and would run by themselves if the change were fresh."""
    return frozenset(
        state.incident_class
        for state in progress.steps.values()
        if state.hold == "approval" and state.unbegun and state.step.approval is Approval.A1
        if plans.marks(state.incident_class, state.step.measure).fresh
    )


def _turns(entries: Sequence[Entry]) -> tuple[Counter[str], frozenset[str]]:
    """How often the log was asked about each signal, by its key, and the signals that it has borne out."""
    done = [entry.body for entry in entries if entry.kind == KIND]
    asked = Counter(key for body in done for key in body["signals"])
    return asked, frozenset(key for body in done for key in body["borne_out"])


def _found_harmless(entries: Sequence[Entry]) -> bool:
    return next((e.body["verdict"] for e in reversed(entries) if e.kind == "verdict"), None) in HARMLESS
