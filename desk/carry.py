"""Carrying an incident on: acts that remain, clocks, notices, index, anchor. The same after a signal and a crash."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from cloud.clock import give_way
from desk import (
    annotate,
    awaited,
    boards,
    clocks,
    evidence,
    exemptions,
    instead,
    late,
    leads,
    offers,
    pauses,
    retro,
    tell,
)
from desk.grow import grow
from desk.parts import Parts
from desk.revise import revise
from desk.status import status
from incident.entry import Draft, Entry
from incident.errors import LeaseLost
from ledger import Chain, IndexRow, Work
from ledger.tables import together
from responders import alternatives
from responders.gate import Gate
from responders.progress import Progress
from responders.runner import Act

AGAIN, HANDED_OVER = timedelta(seconds=60), timedelta(seconds=1)


def work(parts: Parts, incident: str, until: datetime | None = None) -> Work:
    """The row that brings `resume` back to an incident that has not come to rest: in a minute, not before `until`."""
    soon = parts.now() + again(parts)
    return Work(incident=incident, kind="incident", due=max(soon, until or soon))


def again(parts: Parts) -> timedelta:
    """How soon `resume` looks after what is begun now: when it should be done, at once where it is handed over."""
    return HANDED_OVER if parts.settings.hands_over else AGAIN


async def carry(parts: Parts, act: Act, owed: Work) -> None:
    """Everything that can be done now, within the time budget; what remains is open work for `resume`.

    In front nothing is done: the chain stands as after a crash before the first call, and the other app takes it up.
    """
    if parts.settings.hands_over:
        await parts.ledger.release(act.lease)
        return
    try:
        async with asyncio.timeout(parts.budget.total_seconds()):
            await revise(parts, act)
            await offers.lapse(parts, act)
            await together([_run(parts, act), _clocks(parts, act)])
            await parts.recent.stand_back()
            found = await _run_on(parts, act)
            reckoned = [clocks.start(parts, act.progress.incident, act.lease)] if found.disclosed else []
            await together([_finish(parts, act), *reckoned])
            await revise(parts, act)
            await annotate.annotate(parts, act, await _entries(parts, act))
            await _conclude(parts, act, owed, found.until)
    except TimeoutError:
        return
    finally:
        await parts.ledger.release(act.lease)


async def _clocks(parts: Parts, act: Act) -> None:
    """The duties, beside the first calls and behind them."""
    await give_way()
    await clocks.start(parts, act.progress.incident, act.lease)


async def _run_on(parts: Parts, act: Act) -> evidence.Collected:
    """What the plan needs besides, once the first calls have left, and the evidence: neither delays them."""
    collected = [evidence.Collected()]

    async def collect() -> None:
        collected[0] = await evidence.collect(parts, act.progress)

    await together([_grown(parts, act), collect()])
    return collected[0]


async def _grown(parts: Parts, act: Act) -> None:
    """What could not be read before, and what serves instead of what was refused."""
    if await grow(parts, act, await _entries(parts, act)):
        await _run(parts, act)
    while alternatives.refused(act.progress) and await instead.plan(parts, act, await _entries(parts, act)):
        await _run(parts, act)


async def _entries(parts: Parts, act: Act) -> Sequence[Entry]:
    return await parts.ledger.whole(await parts.ledger.chain(act.progress.incident))


async def _run(parts: Parts, act: Act) -> None:
    """The steps, and beside them what our own writes are known by."""
    await together([parts.runner.run(act), leads.lead(parts, act)])


async def _finish(parts: Parts, act: Act) -> None:
    """Undo what people want undone, and take up what others have added to the chain meanwhile."""
    while True:
        await parts.runner.undo(act)
        fresh = await progress(parts, act.progress.incident)
        if fresh.wishes == act.progress.wishes:
            return
        act.progress = fresh
        await _run(parts, act)


async def _conclude(parts: Parts, act: Act, owed: Work, until: datetime | None) -> None:
    """Status, notices, index and anchor. The work is settled when nothing can go on without a person.

    `until`: when evidence that waits for Azure can be had.
    """
    incident = act.progress.incident
    chain = await parts.ledger.chain(incident)
    entries = await parts.ledger.whole(chain)
    offered = await offers.make(parts, Progress.of(incident, entries))
    told = [*offered, *await tell.outcomes(parts, incident, entries)]
    state = status(incident, [*entries, *_as_entries(incident, offered)])
    state["open"] += boards.unsaid(parts, entries, state)
    if told or dict(chain.state) != state:
        drafts = told or [Draft(kind="status", at=parts.now(), body=state)]
        await parts.ledger.append(incident, drafts, state=state, lease=act.lease)
    await asyncio.gather(_index(parts, chain, state), anchor(parts, incident))
    await boards.owe(parts, incident, state)
    await exemptions.owe(parts, incident, entries)
    await retro.owe(parts, incident, entries)
    for turn in (awaited.owed(incident, entries), late.owed(incident, entries)):
        if turn:
            await parts.ledger.owe(turn)
    waits = [act.progress.until] if act.progress.unfinished else []
    waits += [until] if until else []
    then = work(parts, incident, min((at for at in waits if at), default=None)) if waits else None
    await parts.ledger.settle(owed.id, then=then)


def _as_entries(incident: str, drafts: Sequence[Draft]) -> list[Entry]:
    """The drafts as the entries that they are about to be."""
    return [Entry.bare(draft, incident=incident) for draft in drafts]


async def _index(parts: Parts, chain: Chain, state: dict[str, object]) -> None:
    await parts.ledger.index(IndexRow(incident=chain.incident, opened=chain.entries[0].at, state=state))


async def anchor(parts: Parts, incident: str) -> None:
    """Put the chain's head, as it stands, into the write-once container."""
    await parts.ledger.anchor(incident, at=parts.now())


async def progress(parts: Parts, incident: str) -> Progress:
    """How far the incident has come, by its chain. Unknown when there is none."""
    return Progress.of(incident, await parts.ledger.whole(await parts.ledger.chain(incident)))


async def go_on(parts: Parts, incident: str, owed: Work) -> bool:
    """Take the incident up from its chain; False when another process has it in hand. Unknown when there is none."""
    try:
        lease = await parts.ledger.take(incident, parts.owner())
    except LeaseLost:
        return False
    running, told = await asyncio.gather(pauses.running(parts), progress(parts, incident))
    await carry(parts, Act(progress=told, lease=lease, gate=Gate(policy=parts.policy, pauses=running)), owed)
    return True
