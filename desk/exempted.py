"""When an exemption from a policy is looked at: at once, a day before its end, and at its end.

The turns follow from the entries. One that is gone, or was let go by people, is not looked at again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from detection.times import utc
from incident.entry import Entry
from incident.plan import Outcome
from incident.resource import ResourceId
from incident.target import Before
from ledger import Work
from responders.progress import Progress, StepState

KIND = "exemption"
EXEMPTION = "microsoft.authorization/policyexemptions"
MEASURES = ("limit_exemption", "remove_exemption")
AHEAD, DAILY = timedelta(days=1), timedelta(days=1)
LAST = ("over", "gone")
"""After these words nothing more is owed."""


@dataclass(frozen=True, kw_only=True)
class Exempted:
    """An exemption that the incident is about: who allowed it, and what was last seen of it, if anything was."""

    exemption: ResourceId
    since: datetime
    step: StepState | None
    seen: Mapping[str, Any]

    @property
    def due(self) -> datetime | None:
        """When it is to be looked at; None when it is not."""
        if not self.seen:
            return self.since
        ends = utc(self.seen["ends"])
        if self.seen["word"] in LAST or (ends is None and not self.step):
            return None
        if ends is None:
            return (utc(self.seen["at"]) or self.since) + DAILY
        return ends if self.seen["word"] == "soon" else ends - AHEAD

    def word(self, state: Before | None, now: datetime) -> str:
        """What is to be said of the state in which it is now; None: it is gone."""
        if state is None:
            return "gone"
        ends, known = utc(state.properties.get("expiresOn")), utc(self.seen.get("ends"))
        if known and (ends is None or ends > known):
            return "renewed"
        if ends is None or now < ends - AHEAD:
            return "seen"
        return "over" if now >= ends else "soon"


def owed(incident: str, entries: Sequence[Entry]) -> Work | None:
    """The next turn, if any exemption is to be looked at."""
    dues = [one.due for one in exempted(incident, entries) if one.due]
    return Work(incident=incident, kind=KIND, due=min(dues)) if dues else None


def exempted(incident: str, entries: Sequence[Entry]) -> list[Exempted]:
    """The exemptions that the incident's signals name, less those that people have let go."""
    named = _named(entries)
    if not named:
        return []
    steps = {
        state.step.target.resource.key: state
        for state in Progress.of(incident, entries).steps.values()
        if state.step.measure in MEASURES
    }
    seen = {entry.body["exemption"].casefold(): entry.body for entry in entries if entry.kind == KIND}
    return [
        Exempted(exemption=each, since=at, step=steps.get(each.key), seen=seen.get(each.text.casefold(), {}))
        for each, at in named.items()
        if not _let_go(steps.get(each.key))
    ]


def _named(entries: Iterable[Entry]) -> dict[ResourceId, datetime]:
    """Each exemption, and when it was first heard of."""
    found: dict[ResourceId, datetime] = {}
    for entry in entries:
        for text in entry.body["resources"] if entry.kind == "signal" else ():
            exemption = ResourceId(text).climb(EXEMPTION)
            if exemption:
                found.setdefault(exemption, entry.at)
    return found


def _let_go(step: StepState | None) -> bool:
    return step is not None and (step.hold == "rejected" or step.outcome is Outcome.UNDONE)
