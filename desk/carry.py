"""Carrying an incident on: acts that remain, clocks, notices, index, anchor. The same after a signal and a crash."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from desk import annotate, clocks, offers, pauses, tell
from desk.grow import grow
from desk.parts import Parts
from desk.revise import revise
from desk.status import status
from incident.entry import GENESIS, Draft, Entry
from incident.errors import LeaseLost
from ledger import Chain, IndexRow, Work
from responders.gate import Gate
from responders.progress import Progress
from responders.runner import Act

AGAIN = timedelta(seconds=60)


def work(parts: Parts, incident: str) -> Work:
    """The row that brings `resume` back to an incident that has not come to rest, in a minute."""
    return Work(incident=incident, kind="incident", due=parts.now() + AGAIN)


async def carry(parts: Parts, act: Act, owed: Work) -> None:
    """Everything that can be done now, within the time budget; what remains is open work for `resume`."""
    try:
        async with asyncio.timeout(parts.budget.total_seconds()):
            await revise(parts, act)
            await offers.lapse(parts, act)
            await asyncio.gather(parts.runner.run(act), clocks.start(parts, act.progress.incident))
            if await grow(parts, act, await whole(parts, await parts.ledger.chain(act.progress.incident))):
                await parts.runner.run(act)
            await parts.runner.undo(act)
            await revise(parts, act)
            await annotate.annotate(parts, act, await whole(parts, await parts.ledger.chain(act.progress.incident)))
            await _conclude(parts, act, owed)
    except TimeoutError:
        return
    finally:
        await parts.ledger.release(act.lease)


async def _conclude(parts: Parts, act: Act, owed: Work) -> None:
    """Status, notices, index and anchor. The work is settled when nothing can go on without a person."""
    incident = act.progress.incident
    chain = await parts.ledger.chain(incident)
    entries = await whole(parts, chain)
    offered = await offers.make(parts, Progress.of(incident, entries))
    told = [*offered, *await tell.outcomes(parts, incident, entries)]
    state = status(incident, [*entries, *_as_entries(incident, offered)])
    if told or dict(chain.state) != state:
        drafts = told or [Draft(kind="status", at=parts.now(), body=state)]
        await parts.ledger.append(incident, drafts, state=state, lease=act.lease)
    await asyncio.gather(_index(parts, chain, state), anchor(parts, incident))
    await parts.ledger.settle(owed.id, then=work(parts, incident) if act.progress.unfinished else None)


def _as_entries(incident: str, drafts: Sequence[Draft]) -> list[Entry]:
    """The drafts as the entries that they are about to be."""
    return [Entry.of(draft, incident=incident, sequence=0, previous=GENESIS) for draft in drafts]


async def _index(parts: Parts, chain: Chain, state: dict[str, object]) -> None:
    await parts.ledger.index(IndexRow(incident=chain.incident, opened=chain.entries[0].at, state=state))


async def anchor(parts: Parts, incident: str) -> None:
    """Put the chain's head, as it stands, into the write-once container."""
    head = await parts.ledger.head(incident)
    if head:
        await parts.ledger.anchors.put(head, at=parts.now())


async def whole(parts: Parts, chain: Chain) -> Sequence[Entry]:
    """The entries with their bodies, those that were too long for a row fetched from evidence."""
    bodies = await asyncio.gather(*(parts.ledger.body(entry) for entry in chain.entries))
    return [replace(entry, body=body) for entry, body in zip(chain.entries, bodies, strict=True)]


async def go_on(parts: Parts, incident: str, owed: Work) -> bool:
    """Take the incident up from its chain; False when another process has it in hand. Unknown when there is none."""
    try:
        lease = await parts.ledger.take(incident, parts.owner())
    except LeaseLost:
        return False
    chain, running = await asyncio.gather(parts.ledger.chain(incident), pauses.running(parts))
    progress = Progress.of(incident, await whole(parts, chain))
    await carry(parts, Act(progress=progress, lease=lease, gate=Gate(policy=parts.policy, pauses=running)), owed)
    return True
