"""Storms: what is said of a cause again and again is entered together, a count and a digest instead of thousands.

The sender is answered when the signal is safe in a row of open work; the entry follows within seconds, and if this
process dies before, `resume` takes the signal in. What says something new (an earlier time, another resource, another
source) is entered whole.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk import carry, observe, occasion
from desk.judged import Judged, finding_draft, follows, signal_draft, unheard
from desk.merging import shared
from desk.occasion import Beside
from desk.parts import Parts
from desk.recent import RARELY, Cause, Memory, Told, Waiting
from detection.facts import Facts
from incident.canonical import digest
from incident.entry import Draft, Entry
from incident.errors import TourniquetError
from incident.finding import Finding
from incident.signal import Signal, Standing
from ledger import Spell
from ledger.tables import together
from responders import planner
from responders.prior import Priors
from responders.progress import Progress

log = logging.getLogger(__name__)
NO_INCIDENT = "-"
SOON = 0.1  # of the pause between two entries: then a storm whose incident is not known is entered first
PATIENCE = timedelta(seconds=1)  # in which Azure's limits may leave a token for a look

type Alone = Callable[[Waiting], Awaitable[object]]
type Judge = Callable[[Waiting, Facts, Beside, datetime], Judged]


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How a signal is taken in for itself, and how it is judged: both are intake's to say."""

    alone: Alone
    judge: Judge


def common(signal: Signal) -> bool:
    """Whether it may be entered with others: a machine's word that something is going on."""
    return signal.source != "person" and signal.standing is Standing.OPEN and not signal.drill


async def wait(parts: Parts, cause: Cause, waiting: Waiting, ways: Ways) -> Told:
    """The incident that the signal will be entered in, within seconds."""
    cause.waiting.append(waiting)
    if cause.entering is None:
        cause.entering = asyncio.create_task(_entered(parts, cause, ways))
    return await asyncio.shield(cause.opened)


async def _entered(parts: Parts, cause: Cause, ways: Ways) -> None:
    """Until nothing waits any more."""
    try:
        while True:
            await asyncio.sleep(parts.recent.pause() if cause.opened.done() else SOON * parts.recent.calm)
            await parts.recent.stand_back()
            async with parts.recent.entering:
                if not (taken := cause.taken()):
                    return
                await _together(parts, cause, taken, ways)
    except TourniquetError as fault:
        log.warning("a storm could not be entered (%s); resume takes its signals in", type(fault).__name__)
    finally:
        cause.entering = None


async def _together(parts: Parts, cause: Cause, taken: Sequence[Waiting], ways: Ways) -> None:
    """All that waited: in their incident; where there is none, the first that calls for one opens it."""
    judged = await _judged(parts, taken, ways)
    if incident := await _going_on(parts, cause, judged):
        await _join(parts, incident, judged, ways)
        return
    grave = next((each for each in judged if not each.passes), None)
    if grave is None:
        await together(_settled(parts, each, NO_INCIDENT) for each in judged)
        return
    cause.waiting += [Waiting(each.signal, each.note, each.matching) for each in judged if each is not grave]
    await ways.alone(Waiting(grave.signal, grave.note, grave.matching))


async def _going_on(parts: Parts, cause: Cause, judged: Sequence[Judged]) -> str | None:
    """The incident of the cause, whoever has opened it, unless there is none or its time is over."""
    told = cause.opened.result().incident if cause.opened.done() else None
    spell = Spell(keys=cause.keys, at=max(each.signal.received_at for each in judged))
    found = await parts.ledger.claim(sorted(cause.keys), parts.new_id(), spell)
    if found != told and await parts.ledger.head(found) is None:
        return None
    cause.open(Told(incident=found, classes=judged[-1].classes))
    return found


async def _judged(parts: Parts, taken: Sequence[Waiting], ways: Ways) -> list[Judged]:
    """Each on the live state, read once for all."""
    facts, read_at = await _looked(parts, taken)
    known = await occasion.beside(parts, taken[0].signal, taken[0].matching)
    return [ways.judge(each, facts, known, read_at) for each in taken]


async def _looked(parts: Parts, taken: Sequence[Waiting]) -> tuple[Facts, datetime]:
    """The state and since when it was so: what a step does meanwhile must not look like its undoing.

    What was seen lately serves all storms; where Azure's limits are short, it serves longer.
    """
    memory = Memory.of(parts.recent, [each.signal for each in taken], parts.now(), RARELY)
    facts = Facts()
    with parts.cloud.sweeping(PATIENCE):
        for each in taken:
            facts = await observe.observe(parts.cloud, each.signal, each.matching, known=facts, memory=memory)
    return facts, memory.since


async def _join(parts: Parts, incident: str, judged: Sequence[Judged], ways: Ways) -> None:
    """What shares an alert or a correlation with another incident goes there; the rest is entered here."""
    lasting = [shared(each.signal, ()).lasting for each in judged]
    homes = dict(await together(_home(parts, keys, incident) for keys in set(lasting)))
    placed = [(each, homes[keys]) for each, keys in zip(judged, lasting, strict=True)]
    await together(_elsewhere(each, ways) for each, home in placed if home != incident)
    if here := [each for each, home in placed if home == incident]:
        await _enter(parts, incident, here)


async def _home(parts: Parts, keys: frozenset[str], incident: str) -> tuple[frozenset[str], str]:
    """The keys, and the incident that they belong to; this one is not asked for again."""
    if parts.recent.led(keys) == {incident}:
        return keys, incident
    home = await parts.ledger.claim(sorted(keys), incident)
    parts.recent.leads(keys, incident if home == incident else None)
    return keys, home


async def _elsewhere(judged: Judged, ways: Ways) -> None:
    await ways.alone(Waiting(judged.signal, judged.note, judged.matching))


async def _enter(parts: Parts, incident: str, judged: Sequence[Judged]) -> None:
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    progress = Progress.of(incident, entries)
    judged = [_echo(each, progress) for each in judged]
    findings = _unlike(finding for each in judged for finding in each.findings)
    priors = {resource: before for each in judged for resource, before in each.facts.priors.items()}
    planned = planner.drafts(progress, findings, Priors(priors), judged[-1].at)
    fresh, owed = unheard(entries, findings), carry.work(parts, incident)
    if due := bool(planned) or follows(fresh):
        await parts.ledger.owe(owed)
    found = (finding_draft(each, judged[-1].at.now) for each in fresh)
    await parts.ledger.append(incident, [*_told(entries, judged), *found, *planned])
    await together(_settled(parts, each, incident) for each in judged)
    if due:
        await occasion.tally(parts, incident, judged[-1].signal.actor, planned)
        await carry.go_on(parts, incident, owed)
    else:
        await carry.anchor(parts, incident)


def _echo(judged: Judged, progress: Progress) -> Judged:
    return judged.echoed if progress.echoes(judged.signal.request_id, exposed=judged.exposed) else judged


def _unlike(findings: Iterable[Finding]) -> list[Finding]:
    """One of each class, disposition and reason."""
    return list({(each.incident_class, each.disposition, each.reason): each for each in findings}.values())


def _told(entries: Iterable[Entry], judged: Sequence[Judged]) -> list[Draft]:
    """What says something new, whole; the others by count and digest."""
    said = [entry.body for entry in entries if entry.kind == "signal"]
    now, fresh, others = judged[-1].at.now, [], []
    for each in judged:
        if _new(each.signal, said):
            fresh.append(signal_draft(each.signal, now))
            said.append(fresh[-1].body)
        else:
            others.append(each.signal)
    return [*fresh, *([Draft(kind="signals", at=now, body=summary(others))] if others else [])]


def _new(signal: Signal, said: Sequence[Mapping[str, Any]]) -> bool:
    earlier = all(signal.earliest.isoformat() < body["earliest"] for body in said)
    resources = {resource.casefold() for body in said for resource in body["resources"]}
    elsewhere = {resource.key for resource in signal.resources} - resources
    return earlier or bool(elsewhere) or signal.source not in {body["source"] for body in said}


def summary(signals: Sequence[Signal]) -> dict[str, Any]:
    """How many, from whom and when; `digest`: SHA-256 over their keys in order, each of which is a row of its own."""
    received = sorted(signal.received_at for signal in signals)
    return {
        "count": len(signals),
        "digest": digest(sorted(signal.key for signal in signals)),
        "sources": dict(Counter(signal.source for signal in signals)),
        "first": received[0].isoformat(),
        "last": received[-1].isoformat(),
    }


async def _settled(parts: Parts, judged: Judged, incident: str) -> None:
    """The signal's row points to its incident, and nothing is owed for it any more."""
    signal = judged.signal
    if await parts.ledger.seen(signal.key, {"kind": signal.kind, "id": signal.id}, incident) == "":
        await parts.ledger.belongs(signal.key, incident)
    await parts.ledger.settle(judged.note.id)
    told = None if incident == NO_INCIDENT else incident
    parts.recent.knows(signal.key, Told(incident=told, classes=judged.classes if told else ()))
