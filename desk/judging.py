"""What the rules and the allow-list make of a signal, on the state that was read for it."""

from dataclasses import replace
from datetime import datetime

from desk import occasion
from desk.allowed import allowed
from desk.judged import Judged, speaks
from desk.merging import shared
from desk.occasion import Beside
from desk.parts import Parts
from desk.recent import Waiting
from detection.facts import Facts
from incident.finding import Disposition, Finding
from incident.signal import Signal


def judge(parts: Parts, waiting: Waiting, facts: Facts, known: Beside, read_at: datetime) -> Judged:
    """What the rules and the allow-list make of the signal."""
    signal, matching, now = waiting.signal, waiting.matching, parts.now()
    found = [found for rule in matching for found in rule.findings(signal, facts, parts.policy)] or [_unknown(signal)]
    return Judged(
        signal=signal,
        findings=allowed(parts.policy, signal, found, now),
        facts=facts,
        at=replace(occasion.circumstances(parts.policy, signal, facts, known, now), read_at=read_at),
        note=waiting.note,
        matching=matching,
        cause=parts.recent.cause(shared(signal, matching).causes),
    )


def _unknown(signal: Signal) -> Finding:
    spoken = speaks(signal)
    return Finding(
        incident_class="unclassified",
        disposition=Disposition.REVIEW if spoken and not signal.drill else Disposition.RECORD,
        reason="no rule knows this alert; a person must read it" if spoken else "no rule is concerned",
    )
