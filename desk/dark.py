"""The time in which a rule kept things from people, and the hunts through it that are still owed.

An analytics rule of ours that was off is hunted with twice: when it is restored, and an hour later, for what Log
Analytics has taken in meanwhile. What an automation rule has closed unread is read again once, when what it had begun
has ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from detection.analytics import Analytic, every
from detection.times import utc
from incident.entry import Entry
from incident.plan import Outcome
from incident.resource import ResourceId
from ledger import Work
from responders.progress import Progress, StepState

KIND = "hunt"
CLASSES, SWEEP = ("detect.missing_rule", "detect.alert_fatigue"), "sweep"
RESTORED, CLOSING = "restore_analytics_rule", "disable_closing_rule"
AFTER: Mapping[str, tuple[timedelta, ...]] = {
    RESTORED: (timedelta(), timedelta(hours=1)),
    CLOSING: (timedelta(minutes=5),),
}
"""By measure: how long after it each hunt is due."""
BEGAN: Mapping[str, str] = {RESTORED: "lastModifiedUtc", CLOSING: "createdTimeUtc"}
"""By measure: what the rule says of the time since which it may have stood so."""
LONGEST = timedelta(days=90)
"""How far back, where nothing says since when."""


@dataclass(frozen=True, kw_only=True)
class Dark:
    """A rule, the time in which it kept things from people, and which hunt through it is next, counted from 1.

    `rule`: the analytics rule of ours that was off; None for an automation rule, whose properties are in `closing`.
    """

    rule: Analytic | None
    closing: Mapping[str, Any] = field(default_factory=dict)
    resource: str
    since: datetime
    until: datetime
    turn: int

    @property
    def name(self) -> str:
        """What the rule is called."""
        return self.rule.name if self.rule else ResourceId(self.resource).name

    @property
    def due(self) -> datetime:
        """When the hunt is due."""
        return self.until + AFTER[RESTORED if self.rule else CLOSING][self.turn - 1]


def owed(incident: str, entries: Sequence[Entry]) -> Work | None:
    """The next hunt; none where no rule was set right, and none after the last."""
    dues = [one.due for one in dark(incident, entries)]
    return Work(incident=incident, kind=KIND, due=min(dues)) if dues else None


def dark(incident: str, entries: Sequence[Entry]) -> list[Dark]:
    """The rules that were set right and whose time has not been hunted through often enough."""
    if not any(entry.kind == "finding" and entry.body["incident_class"] in CLASSES for entry in entries):
        return []
    return [*_set_right(incident, entries)]


def _set_right(incident: str, entries: Sequence[Entry]) -> Iterator[Dark]:
    ours = {rule.id: rule for rule in every()}
    for state in Progress.of(incident, entries).steps.values():
        measure, place = state.step.measure, state.step.target.resource
        rule = ours.get(place.name.casefold()) if measure == RESTORED else None
        turns = sum(entry.kind == KIND and entry.body["resource"] == place.key for entry in entries)
        if (rule or measure == CLOSING) and _is_done(state) and state.ended_at and turns < len(AFTER[measure]):
            yield Dark(
                rule=rule,
                closing={} if rule or not state.prior else state.prior.properties,
                resource=place.key,
                since=_since(entries, state) or state.ended_at - LONGEST,
                until=state.ended_at,
                turn=turns + 1,
            )


def _is_done(state: StepState) -> bool:
    return state.outcome in (Outcome.CONTAINED, Outcome.UNPROVED)


def _since(entries: Sequence[Entry], state: StepState) -> datetime | None:
    """The earliest word of it, and what the rule says itself: a sweep tells only that it stood so by then."""
    told = [entry.body["earliest"] for entry in entries if entry.kind == "signal" and entry.body["source"] != SWEEP]
    written = state.prior.properties.get(BEGAN[state.step.measure]) if state.prior else None
    return min((at for at in map(utc, (*told, written)) if at), default=None)
