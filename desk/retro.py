"""The hunt that follows when a rule is set right: through the time in which it kept things from people, by itself.

With an analytics rule of ours that was off, or through the incidents that an automation rule has closed unread.

What it finds is open work of the kind that every signal is until it has been taken in: it joins or opens an incident by
its own keys, and is of the time at which it happened, which is when diligence would have known of it (45 CFR
164.404(a)(2)). What could not be asked is entered and told, and never says that nothing was there.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from desk import dark, kept, tell
from desk.dark import Dark
from desk.hunt import hunt
from desk.parts import Parts
from desk.unread import unread
from detection import readers
from detection.analytics import Analytic
from detection.analytics.retro import windows
from incident.canonical import digest
from incident.entry import Draft, Entry
from incident.errors import Postponed, Refused
from incident.resource import ResourceId
from incident.signal import Signal
from ledger import Work
from ledger.tables import together
from ledger.work import SIGNAL

FOUND, FAILED = "Tourniquet.Hunt.Found", "Tourniquet.Hunt.Failed"
TOLD = ("rule", "since", "until", "found", "cut_off", "why")
SPANS, HITS = 100, 200
"""How many questions one hunt asks, the latest ones, and how many findings it takes; beyond that a person must hunt."""


async def owe(parts: Parts, incident: str, entries: Sequence[Entry]) -> None:
    """The next hunt is open work."""
    if work := dark.owed(incident, entries):
        await parts.ledger.owe(work)


async def look(parts: Parts, work: Work) -> None:
    """Every hunt that is due; then the next is owed."""
    incident = work.incident
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    told: list[Draft] = []
    for one in dark.dark(incident, entries):
        if one.due <= parts.now():
            told += await _hunted(parts, incident, one)
    if told:
        await parts.ledger.append(incident, told)
        await parts.ledger.anchor(incident, at=parts.now())
    then = dark.owed(incident, [*entries, *(Entry.bare(draft, incident=incident) for draft in told)])
    await parts.ledger.settle(work.id, then=then)


async def _hunted(parts: Parts, incident: str, one: Dark) -> list[Draft]:
    since = reach(one.rule, one.since, one.until) if one.rule else one.since
    said = {
        "resource": one.resource,
        "rule": one.name,
        "turn": one.turn,
        "since": since.isoformat(),
        "until": one.until.isoformat(),
    }
    said |= {"query": digest(one.rule.query)} if one.rule else {}
    try:
        found = await _signals(parts, one, since)
    except (Refused, Postponed) as fault:
        return await _entered(parts, incident, {**said, "why": str(fault)}, FAILED)
    taken = found[:HITS]
    await together(parts.ledger.owe(_open(parts, signal)) for signal in taken)
    cut_off = len(found) > HITS or since > one.since
    body = {**said, "found": len(taken), "cut_off": cut_off, "signals": [signal.key for signal in taken]}
    return await _entered(parts, incident, body, FOUND if taken or cut_off else "")


async def _signals(parts: Parts, one: Dark, since: datetime) -> list[Signal]:
    found: list[Signal] = []
    async for delivery in _deliveries(parts, one, since):
        read = readers.read(delivery, received_at=parts.now())
        found += [each for each in read if isinstance(each, Signal)]
        if len(found) > HITS:
            break
    return found


def _deliveries(parts: Parts, one: Dark, since: datetime) -> AsyncIterator[dict[str, Any]]:
    """What was kept from people."""
    if one.rule:
        return hunt(parts.cloud, one.rule, since=since, until=one.until)
    return unread(parts.cloud, ResourceId(one.resource), one.closing, since=since, until=one.until)


def _open(parts: Parts, signal: Signal) -> Work:
    return Work(incident=signal.key, kind=SIGNAL, due=parts.now(), body=kept.told(signal))


async def _entered(parts: Parts, incident: str, body: dict[str, Any], kind: str) -> list[Draft]:
    entry = Draft(kind=dark.KIND, at=parts.now(), body=body)
    if not kind:
        return [entry]
    said = {name: body[name] for name in TOLD if name in body}
    event = tell.notice(parts, incident, kind, f"{body['resource']}/{body['turn']}", said)
    return [entry, *await tell.send(parts, [event])]


def reach(rule: Analytic, since: datetime, until: datetime) -> datetime:
    """Since when one hunt can ask."""
    ends = [end for _, end in windows(rule, since, until)]
    if len(ends) <= SPANS:
        return since
    step = min(later - earlier for earlier, later in pairwise(ends[:-1]))
    return max(since, until - SPANS * step)
