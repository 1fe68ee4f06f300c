"""The time in which an analytics rule of ours was off, and the hunts through it that are still owed.

Twice: when the rule is restored, and an hour later, for what Log Analytics has taken in meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from detection.analytics import Analytic, every
from detection.times import utc
from incident.entry import Entry
from incident.plan import Outcome
from ledger import Work
from responders.progress import Progress, StepState

KIND = "hunt"
CLASS, MEASURE, SWEEP = "detect.missing_rule", "restore_analytics_rule", "sweep"
AFTER = (timedelta(), timedelta(hours=1))
LONGEST = timedelta(days=90)
"""How far back, where nothing says since when the rule was off."""


@dataclass(frozen=True, kw_only=True)
class Dark:
    """A rule, the time in which it was off, and which hunt through it is next, counted from 1."""

    rule: Analytic
    resource: str
    since: datetime
    until: datetime
    turn: int

    @property
    def due(self) -> datetime:
        """When the hunt is due."""
        return self.until + AFTER[self.turn - 1]


def owed(incident: str, entries: Sequence[Entry]) -> Work | None:
    """The next hunt; none where no rule of ours was restored, and none after the last."""
    dues = [one.due for one in dark(incident, entries)]
    return Work(incident=incident, kind=KIND, due=min(dues)) if dues else None


def dark(incident: str, entries: Sequence[Entry]) -> list[Dark]:
    """The rules that were restored and have not been hunted with often enough."""
    if not any(entry.kind == "finding" and entry.body["incident_class"] == CLASS for entry in entries):
        return []
    return [*_restored(incident, entries)]


def _restored(incident: str, entries: Sequence[Entry]) -> Iterator[Dark]:
    ours = {rule.id: rule for rule in every()}
    for state in Progress.of(incident, entries).steps.values():
        rule, place = ours.get(state.step.target.resource.name.casefold()), state.step.target.resource.key
        turns = sum(entry.kind == KIND and entry.body["resource"] == place for entry in entries)
        if rule and _is_restored(state) and state.ended_at and turns < len(AFTER):
            since = _since(entries, state) or state.ended_at - LONGEST
            yield Dark(rule=rule, resource=place, since=since, until=state.ended_at, turn=turns + 1)


def _is_restored(state: StepState) -> bool:
    return state.step.measure == MEASURE and state.outcome in (Outcome.CONTAINED, Outcome.UNPROVED)


def _since(entries: Sequence[Entry], state: StepState) -> datetime | None:
    """The earliest word of it, and when the rule was written last: a sweep tells only that it was off by then."""
    told = [entry.body["earliest"] for entry in entries if entry.kind == "signal" and entry.body["source"] != SWEEP]
    written = state.prior.properties.get("lastModifiedUtc") if state.prior else None
    return min((at for at in map(utc, (*told, written)) if at), default=None)
