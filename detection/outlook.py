"""What can be said of a signal before anything is read: for replays, previews and `python -m detection read`."""

from collections.abc import Sequence
from dataclasses import dataclass

from detection.claim import SPEAKING, ended
from detection.facts import Facts
from detection.rule import Rule
from detection.rules import every
from incident.finding import Disposition
from incident.policy import Entity, Policy
from incident.signal import Signal

NO_POLICY = Policy(entity=Entity(name="", zone="UTC", role="covered_entity"), tags={})


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """As far as the signal alone allows: never `contain`. `needs_live_read`: a read decides, and may yet contain."""

    classes: tuple[str, ...]
    disposition: Disposition
    reason: str
    needs_live_read: bool


def outlook(signal: Signal) -> Outlook:
    """The classes whose rules match, and what follows until something is read."""
    whys = {rule.id: why for rule in every() if (why := rule.match(signal))}
    matching = [rule for rule in every() if rule.id in whys]
    disposition, reason = _decided(signal, matching, "; ".join(dict.fromkeys(whys.values())))
    return Outlook(
        classes=tuple(whys),
        disposition=disposition,
        reason=reason,
        needs_live_read=any(rule.reads(signal, Facts()) for rule in matching),
    )


def _decided(signal: Signal, matching: Sequence[Rule], whys: str) -> tuple[Disposition, str]:
    if over := ended(signal):
        return Disposition.RECORD, over
    if not matching:
        spoken = signal.source in SPEAKING
        return (Disposition.REVIEW, "no rule knows it") if spoken else (Disposition.RECORD, "no rule is concerned")
    if any(rule.reads(signal, Facts()) for rule in matching):
        return Disposition.REVIEW, whys
    findings = [rule.judge(signal, Facts(), NO_POLICY) for rule in matching]
    open_ones = [finding for finding in findings if finding.disposition is not Disposition.RECORD]
    gravest = (open_ones or findings)[0]
    return gravest.disposition, gravest.reason
