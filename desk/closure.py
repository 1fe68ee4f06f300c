"""Sentinel closes its incident as a false alarm: a word that may pause what has not begun, and never stops a clock.

It pauses only where the live state, read by us, shows nothing. Where it shows an exposure, or cannot be read, or no
state could show the harm, the closing is contested and somebody is told. A merge or a redirect is no verdict.
"""

from collections.abc import Iterator

from desk import tell
from desk.judged import Judged
from desk.parts import Parts
from detection.judgement import Case, Harmless
from detection.rule import Rule
from incident.entry import Draft
from incident.signal import Signal, Standing
from responders.progress import Progress

CONTESTED = "Tourniquet.Incident.ClosureContested"
WHY = "Sentinel has closed its incident as a false alarm; a person must decide"


def is_verdict(signal: Signal) -> bool:
    """Whether Sentinel says that it was a false alarm, and not only that another incident goes on in its place."""
    return (
        signal.source == "sentinel" and signal.standing is Standing.FALSE_POSITIVE and "redirected" not in signal.hints
    )


async def closed(parts: Parts, progress: Progress, judged: Judged) -> list[Draft]:
    """The entries that follow from the closing; none for any other signal."""
    if not is_verdict(judged.signal):
        return []
    now, harmless = judged.at.now, seen_harmless(parts, judged)
    paused = list(_unbegun(progress)) if harmless else []
    body = {"by": "sentinel", "contested": not harmless, "paused": [step for step, _ in paused]}
    held = [
        Draft(kind="held", at=now, body={"step": step, "hash": known, "hold": "approval", "why": WHY})
        for step, known in paused
    ]
    told = [] if harmless else await _page(parts, progress.incident, judged.signal)
    return [Draft(kind="closure", at=now, body=body), *held, *told]


def seen_harmless(parts: Parts, judged: Judged) -> bool:
    """Whether every rule that is concerned has seen the live state of every place, and found nothing."""
    aspects = ((rule, aspect) for rule in judged.matching for aspect in rule.aspects(judged.signal))
    looks = [_harmless(parts, rule, aspect, judged) for rule, aspect in aspects]
    return bool(looks) and all(looks)


def _harmless(parts: Parts, rule: Rule, signal: Signal, judged: Judged) -> bool:
    place = rule.place(signal)
    state = judged.facts.one(place) if place else None
    if place is None or state is None:
        return False
    case = Case(signal=signal, place=place, state=state, facts=judged.facts, policy=parts.policy)
    return isinstance(rule.look(case), Harmless)


def _unbegun(progress: Progress) -> Iterator[tuple[str, str]]:
    for state in progress.steps.values():
        if state.runnable and state.unbegun:
            yield state.step.key, state.step.hash


async def _page(parts: Parts, incident: str, signal: Signal) -> list[Draft]:
    said = {"reason": "Sentinel says that it was a false alarm; what we read does not bear that out"}
    return await tell.send(parts, [tell.notice(parts, incident, CONTESTED, signal.key[:32], said)])
