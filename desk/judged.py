"""A signal with what the rules made of it, and the entries that say so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from desk import kept
from desk.recent import Cause
from detection.claim import SPEAKING
from detection.facts import Facts
from detection.rule import Rule
from incident.canonical import plain
from incident.entry import Draft, Entry
from incident.finding import Disposition, Finding
from incident.signal import Signal
from ledger import Work
from responders import planner
from responders.uncontained import store_at

SAID_IF_SO = ("made", "posture", "awaited")
GRAVEST = (Disposition.CONTAIN, Disposition.REVIEW, Disposition.RECORD)


def speaks(signal: Signal) -> bool:
    """Whether the signal speaks of an incident, which is kept even when harmless; a mere event is a signal only."""
    return signal.source in SPEAKING or bool(signal.alert_ids)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A signal, what its rules made of it and on which live state, and the row of open work that makes sure of it."""

    signal: Signal
    findings: Sequence[Finding]
    facts: Facts
    at: planner.Circumstances
    note: Work
    matching: tuple[Rule, ...]
    cause: Cause

    @property
    def gravest(self) -> Finding:
        """The finding from which most follows."""
        return min(self.findings, key=lambda finding: GRAVEST.index(finding.disposition))

    @property
    def exposed(self) -> bool:
        """Whether the live state shows a fault."""
        return any(finding.exposed for finding in self.findings)

    @property
    def passes(self) -> bool:
        """Whether nothing follows and nobody asks: a mere event, which alone makes no incident."""
        return self.gravest.disposition is Disposition.RECORD and not speaks(self.signal)

    @property
    def echoed(self) -> Self:
        """The same when the signal tells of a write that this responder has made: nothing follows from it."""
        ours = [
            replace(finding, disposition=Disposition.RECORD, reason="it is our own write, coming back", exposed=False)
            for finding in self.findings
        ]
        return replace(self, findings=ours)

    @property
    def opened(self) -> list[Draft]:
        """The entries that say it."""
        left = self._uncontained()
        return [
            signal_draft(self.signal, self.at.now),
            *(finding_draft(each, self.at.now, left if follows([each]) else []) for each in self.findings),
        ]

    def _uncontained(self) -> list[dict[str, Any]]:
        """The stores among the signal's resources that no measure contains."""
        found = dict.fromkeys(store_at(each, self.facts.one) for each in self.signal.resources)
        return [
            {"store": store.name, "resource": place.text, "left": store.left, "by_hand": store.commands(place)}
            for store, place in (each for each in found if each)
        ]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that it is of."""
        return tuple(sorted({finding.incident_class for finding in self.findings}))


def unheard(entries: Iterable[Entry], findings: Iterable[Finding]) -> list[Finding]:
    """The findings that the chain does not hold yet: another class, disposition or reason."""
    names = ("incident_class", "disposition", "reason")
    known = {tuple(entry.body[name] for name in names) for entry in entries if entry.kind == "finding"}
    return [each for each in findings if (each.incident_class, each.disposition.value, each.reason) not in known]


def follows(findings: Iterable[Finding]) -> bool:
    """Whether something is to be done, told or reckoned because of one of them, even where nothing is planned."""
    return any(finding.disposition is not Disposition.RECORD for finding in findings)


def signal_draft(signal: Signal, now: datetime) -> Draft:
    """The signal, without its body."""
    return Draft(
        kind="signal", at=now, body={**kept.told(signal), "key": signal.key, "earliest": signal.earliest.isoformat()}
    )


def finding_draft(finding: Finding, now: datetime, uncontained: Sequence[Mapping[str, Any]] = ()) -> Draft:
    """The finding; with the stores that are only detected, where there are any."""
    said = {"uncontained": list(uncontained)} if uncontained else {}
    return Draft(kind="finding", at=now, body=finding_row(finding) | said)


def finding_row(finding: Finding) -> dict[str, Any]:
    """The finding as an entry holds it."""
    row = {**plain(finding), "targets": [target.text for target in finding.targets]}
    return {name: value for name, value in row.items() if value or name not in SAID_IF_SO}
