"""Intake: a signal becomes an incident, or part of one, and is acted upon in the same invocation.

Reading is not acting, so the ledger writes beside the reads: the signal row, the key rows and the work row go out
together with the reads that the rules need. Then one transaction holds the signal, what was found, the plan, the prior
state and the intents of the first wave. Then the calls leave.
"""

import asyncio
import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from cloud.clock import give_way
from desk import asked, carry, closure, judging, kept, observe, occasion, own, storm, tell
from desk.judged import Judged, follows, signal_draft, unheard
from desk.merging import shared
from desk.parts import Parts
from desk.recent import LOOK, NEVER, QUIET, Heat, Memory, Told, Waiting
from desk.status import status
from desk.storm import NO_INCIDENT
from detection import rules
from detection.facts import Facts
from detection.readers import Unreadable, read
from detection.rule import Rule
from incident.canonical import canonical
from incident.entry import Draft, Entry
from incident.errors import LeaseLost, LedgerUnavailable
from incident.finding import Disposition
from incident.signal import Signal
from ledger import Work
from ledger.tables import together
from responders import planner
from responders.gate import Gate
from responders.prior import Priors
from responders.progress import Progress
from responders.runner import Act
from responders.several import gathered

AT_ONCE = 8
PATIENCE = 1.0  # seconds in which the sender waits to hear in which incident a storm is entered
PARKED = "parked"  # the chain that says who was told of what could not be read, and who has looked
TOGETHER = "it is told of again and again; it is entered with the others within seconds"
LATER = "it is kept; Azure takes its time, and it is gone on with within a minute"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the sender is told: the incident, if there is one, and what was made of the signal."""

    incident: str | None
    disposition: Disposition
    reason: str
    classes: tuple[str, ...] = ()
    duplicate: bool = False


@dataclass(frozen=True, kw_only=True)
class Left:
    """An item that nobody could read: where it is kept until a person has looked, and why."""

    parked: str
    reason: str


async def deliver(parts: Parts, payload: bytes | Mapping[str, Any], source: str) -> list[Receipt | Left]:
    """Take in every signal of a delivery, each on its own; what cannot be read is parked. SignalRejected when empty.

    One that fails costs no other: all are taken in, then the failure is raised, so that the delivery comes again.
    """
    begun = time.monotonic()
    body = hashlib.sha256(source.encode() + b" " + payload).digest() if isinstance(payload, bytes) else b""
    if known := parts.recent.again(body):
        await parts.recent.stand_back()
        return [_known(told) for told in known]
    items = [_honest(item, source) for item in read(payload, received_at=parts.now(), source=source)]
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(item: Signal | Unreadable) -> Receipt | Left:
        async with turns:
            return await take_in(parts, item) if isinstance(item, Signal) else await park(parts, item)

    results = await together(one(item) for item in items)
    signals = [item.key for item in items if isinstance(item, Signal)]
    if body and len(signals) == len(items):
        parts.recent.holds(body, signals)
    parts.cloud.telemetry.delivered(source, time.monotonic() - begun)
    return results


def _honest(item: Signal | Unreadable, source: str) -> Signal | Unreadable:
    """The item, unless a machine's entrance brings what only a person who has signed in may say, or the reverse."""
    if isinstance(item, Unreadable) or (item.source == "person") == (source == "person"):
        return item
    reason = "it came by an entrance that is not its own"
    original = canonical({"kind": item.kind, "id": item.id, "body": item.body})
    return Unreadable(
        reason=reason, content=item.content, received_at=item.received_at, source=source, original=original
    )


async def park(parts: Parts, item: Unreadable) -> Left:
    """It is kept, and once an hour somebody is told that something is there to be looked at."""
    kept_as = await parts.ledger.park(item.source or "", item.original, reason=item.reason, at=item.received_at)
    hour = f"{item.received_at:%Y-%m-%dT%H}"
    if parts.recent.paged != hour:
        parts.recent.paged = hour
        event = tell.notice(parts, PARKED, "Tourniquet.Signal.Parked", hour, {"parked": kept_as.id[:32]})
        for draft in await tell.send(parts, [event]):
            await parts.ledger.chains.note(PARKED, draft)
    return Left(parked=kept_as.id, reason=item.reason)


async def take_in(parts: Parts, signal: Signal, owed: Work | None = None) -> Receipt:
    """Judge the signal on live state, merge it, act. Raises LedgerUnavailable when it could not be kept.

    One row of open work stands from before the first entry until the incident has come to rest; `resume` passes the
    row that a crash has left.
    """
    if owed is None and (told := await parts.recent.of(signal.key)):
        return _known(told)
    with parts.recent.taking(signal.key) as ended:
        receipt = await _new(parts, signal, owed)
        settled = receipt.reason != LATER
        ended.set_result(Told(incident=receipt.incident, classes=receipt.classes, settled=settled))
        return receipt


def _known(told: Told) -> Receipt:
    return Receipt(
        incident=told.incident,
        disposition=Disposition.RECORD,
        reason="known already" if told.settled else LATER,
        classes=told.classes,
        duplicate=True,
    )


async def _new(parts: Parts, signal: Signal, owed: Work | None) -> Receipt:
    """A signal that this process does not know: with others in a storm, else for itself."""
    matching = rules.matching(signal)
    keys = shared(signal, matching)
    cause = parts.recent.cause(keys.causes)
    heat = parts.recent.heat(signal, keys.causes)
    burst = bool(keys.causes) and _bursts(parts, heat)
    if keys.causes and heat.told == 0 and not owed:
        with parts.recent.first(cause), heat.alone():
            return await _alone(parts, signal, matching, owed)
    await parts.recent.stand_back()
    if owed or not burst or not _one_of_many(parts, signal):
        with heat.alone():
            return await _alone(parts, signal, matching, owed)
    note = await _noted(parts, signal, None)
    ways = storm.Ways(alone=partial(_by_itself, parts), judge=partial(judging.judge, parts))
    try:
        async with asyncio.timeout(PATIENCE):
            told = await storm.wait(parts, cause, Waiting(signal, note, matching), ways)
    except TimeoutError:
        return Receipt(incident=None, disposition=Disposition.RECORD, reason=TOGETHER)
    return Receipt(incident=told.incident, disposition=Disposition.RECORD, reason=TOGETHER, classes=told.classes)


def _one_of_many(parts: Parts, signal: Signal) -> bool:
    """Whether others may stand for it."""
    return storm.common(signal) and not own.claimed(parts.settings, signal)


def _bursts(parts: Parts, heat: Heat) -> bool:
    """Whether it is one of a storm: many speak of its resources, or of so many others that looks are scarce."""
    recent = parts.recent
    storming = heat.hears(asyncio.get_running_loop().time(), QUIET * recent.calm)
    return storming or (heat.told > 0 and not recent.may_look(parts.now()))


async def _by_itself(parts: Parts, waiting: Waiting) -> Receipt:
    return await _alone(parts, waiting.signal, waiting.matching, waiting.note)


async def _alone(parts: Parts, signal: Signal, matching: tuple[Rule, ...], owed: Work | None) -> Receipt:
    """Within the time budget; once the row of open work is there, what takes longer is gone on with by `resume`."""
    note: list[Work] = [owed] if owed else []
    try:
        async with asyncio.timeout(parts.budget.total_seconds()):
            return await _in_time(parts, signal, matching, note)
    except TimeoutError as fault:
        if not note:
            raise LedgerUnavailable("the signal could not be kept in time; do not act; try again") from fault
        return Receipt(incident=None, disposition=Disposition.RECORD, reason=LATER)


async def _in_time(parts: Parts, signal: Signal, matching: tuple[Rule, ...], note: list[Work]) -> Receipt:
    taken_up, candidate = bool(note), parts.new_id()
    looking = asyncio.create_task(_looked(parts, signal, matching))
    try:
        echo = await own.recognised(parts, signal)
        await give_way()
        keys = shared(signal, matching, *echo.causes)
        known, owed, belongs, incident = await asyncio.gather(
            occasion.beside(parts, signal, matching),
            _noted(parts, signal, note[0] if note else None),
            parts.ledger.seen(signal.key, {"kind": signal.kind, "id": signal.id}),
            parts.ledger.claim(keys.every, candidate, keys.spell),
        )
        note[:] = [owed]
        if belongs:
            return await _again(parts, belongs, owed, taken_up=taken_up)
        if echo.incident:
            return await _echoed(parts, echo.incident, signal, owed)
        facts, read_at = await looking
    finally:
        looking.cancel()
    judged = judging.judge(parts, Waiting(signal, owed, matching), facts, known, read_at)
    if facts.throttled and judged.gravest.disposition is not Disposition.CONTAIN:
        return Receipt(incident=None, disposition=Disposition.RECORD, reason=LATER)
    judged = replace(judged, findings=[*echo.findings, *judged.findings])
    judged = await asked.once(parts, incident, judged)
    receipt = await _enter(parts, incident, judged, ours=incident == candidate)
    await own.alarm(parts, receipt.incident, signal, echo)
    return receipt


async def _looked(parts: Parts, signal: Signal, matching: Sequence[Rule]) -> tuple[Facts, datetime]:
    """The live state that the rules ask for, and since when it was so.

    What was seen a moment ago serves where it calls for containment already; what looks harmless is looked at anew.
    """
    now, serves = parts.now(), LOOK if _one_of_many(parts, signal) else NEVER
    memory = Memory.of(parts.recent, [signal], now, serves)
    facts = await observe.observe(parts.cloud, signal, matching, memory=memory)
    decided = observe.decided(signal, matching, facts, parts.policy)
    if not decided:
        parts.recent.cause(shared(signal, matching).causes).eased()
    if memory.recalled and decided:
        return facts, memory.since
    known, anew = memory.live(facts), Memory.of(parts.recent, [signal], now, NEVER)
    return await observe.observe(parts.cloud, signal, matching, parts.policy, known=known, memory=anew), now


async def _echoed(parts: Parts, incident: str, signal: Signal, owed: Work) -> Receipt:
    """Our own write, coming back: kept in the incident that made it, and nothing follows."""
    said = signal_draft(signal, parts.now())
    await parts.ledger.append(incident, [replace(said, body={**said.body, "own": True})])
    await asyncio.gather(parts.ledger.belongs(signal.key, incident), carry.anchor(parts, incident))
    await parts.ledger.settle(owed.id)
    return Receipt(incident=incident, disposition=Disposition.RECORD, reason="it is our own write, coming back")


async def _noted(parts: Parts, signal: Signal, owed: Work | None) -> Work:
    """The row of open work that makes sure of this signal."""
    if owed:
        return owed
    due = parts.now() + carry.again(parts)
    note = Work(incident=signal.key, kind="signal", due=due, body=kept.told(signal))
    await parts.ledger.owe(note)
    return note


async def _again(parts: Parts, incident: str, note: Work, *, taken_up: bool) -> Receipt:
    """The same signal has been taken in: nothing is done a second time, but what was left is gone on with."""
    state: Mapping[str, Any] = {}
    if incident != NO_INCIDENT:
        if taken_up and not await carry.go_on(parts, incident, note):
            await parts.ledger.settle(note.id, then=carry.work(parts, incident))
        head = await parts.ledger.head(incident)
        state = head.state if head else {}
    if not taken_up or incident == NO_INCIDENT:
        await parts.ledger.settle(note.id)
    return Receipt(
        incident=None if incident == NO_INCIDENT else incident,
        disposition=Disposition.RECORD,
        reason=f"known already: {state.get('status', 'recorded')}",
        classes=tuple(state.get("classes", ())),
        duplicate=True,
    )


async def _enter(parts: Parts, incident: str, judged: Judged, *, ours: bool) -> Receipt:
    """Open the incident, join it, or keep the signal alone. `ours`: the id is new, so nobody can have begun it."""
    begun = not ours and await parts.ledger.head(incident) is not None
    if not begun and judged.passes:
        await parts.ledger.belongs(judged.signal.key, NO_INCIDENT)
        await parts.ledger.settle(judged.note.id)
        judged.cause.open(Told(incident=None))
        return _receipt(None, judged)
    if begun or not await _begin(parts, incident, judged):
        await _join(parts, incident, judged)
    return _receipt(incident, judged)


def _receipt(incident: str | None, judged: Judged) -> Receipt:
    classes, found = judged.classes if incident else (), judged.gravest
    return Receipt(incident=incident, disposition=found.disposition, reason=found.reason, classes=classes)


async def _begin(parts: Parts, incident: str, judged: Judged) -> bool:
    """The one transaction before the first call, and then the calls. False when somebody else has begun it.

    The count of what was done by itself leaves first: its answer is there before the transaction's.
    """
    planned = planner.drafts(Progress(incident), judged.findings, Priors(judged.facts.priors), judged.at)
    progress = _preview(incident, [*judged.opened, *planned])
    tallied = asyncio.create_task(occasion.tally(parts, incident, judged.signal.actor, planned))
    intents = await parts.runner.opening(progress)
    _extend(progress, intents)
    drafts = [*judged.opened, *planned, *intents]
    state = _state(incident, drafts)
    beginning = parts.ledger.begin(incident, gathered(drafts), state=state, owner=parts.owner())
    try:
        chain, _ = await asyncio.gather(beginning, tallied)
    except LeaseLost:
        return False
    if chain.lease is None:
        raise LeaseLost(f"{incident} was begun without a lease")
    judged.cause.open(Told(incident=incident, classes=judged.classes))
    written = {intent.body["request_id"] for intent in intents}
    gate = Gate(policy=parts.policy, pauses=judged.at.pauses)
    act = Act(progress=progress, lease=chain.lease, gate=gate, written=written, answered=judged.cause.eased)
    await asyncio.gather(carry.carry(parts, act, judged.note), _belongs(parts, judged.signal, incident))
    return True


async def _belongs(parts: Parts, signal: Signal, incident: str) -> None:
    await give_way()
    await parts.ledger.belongs(signal.key, incident)


async def _join(parts: Parts, incident: str, judged: Judged) -> None:
    """Add the signal; when the plan grows by it or something follows that is new, go on.

    Unless another process has the incident in hand: that will.
    """
    judged.cause.eased()
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    if any(entry.kind == "signal" and entry.body["key"] == judged.signal.key for entry in entries):
        await _held_already(parts, incident, judged)
        return
    progress = Progress.of(incident, entries)
    if progress.echoes(judged.signal.request_id, exposed=judged.exposed):
        judged = judged.echoed
    planned = planner.drafts(progress, judged.findings, Priors(judged.facts.priors), judged.at)
    closing = await closure.closed(parts, progress, judged)
    await parts.ledger.append(incident, gathered([*judged.opened, *closing, *planned]))
    await occasion.tally(parts, incident, judged.signal.actor, planned)
    judged.cause.open(Told(incident=incident, classes=judged.classes))
    await parts.ledger.belongs(judged.signal.key, incident)
    if planned or closing or follows(unheard(entries, judged.findings)):
        await carry.go_on(parts, incident, judged.note)
    else:
        await carry.anchor(parts, incident)
        await parts.ledger.settle(judged.note.id)


async def _held_already(parts: Parts, incident: str, judged: Judged) -> None:
    """Another delivery of the same signal has entered it: what is left is gone on with, unless it is in hand."""
    await parts.ledger.belongs(judged.signal.key, incident)
    await carry.go_on(parts, incident, judged.note)


def _preview(incident: str, drafts: Iterable[Draft]) -> Progress:
    """The progress as it will be once the drafts are entered."""
    progress = Progress(incident)
    _extend(progress, drafts)
    return progress


def _extend(progress: Progress, drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        progress.add(Entry.bare(draft, incident=progress.incident))


def _state(incident: str, drafts: Sequence[Draft]) -> dict[str, object]:
    entries = tuple(Entry.bare(draft, incident=incident) for draft in drafts)
    return status(incident, entries)
