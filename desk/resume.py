"""The safety net: a timer takes up whatever an earlier process left unfinished."""

import asyncio

from desk import carry, kept, pauses
from desk.intake import take_in
from desk.parts import Parts
from incident.errors import Unknown
from ledger import Work
from ledger.tables import together

MOST = 50
AT_ONCE = 8


async def resume(parts: Parts) -> int:
    """Go on with the signals and incidents whose work is due; how many were taken up. One that fails stops no other."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(work: Work) -> bool:
        async with turns:
            return await _take_up(parts, work)

    return sum(await together(one(work) for work in await parts.ledger.due(parts.now(), MOST)))


async def _take_up(parts: Parts, work: Work) -> bool:
    """An incident that is not there was never begun: its signal has a row of its own."""
    if work.kind == "signal":
        await take_in(parts, kept.restored(work.body), work)
        return True
    if work.kind == pauses.KIND:
        await pauses.ended(parts, work)
        return True
    try:
        return await carry.go_on(parts, work.incident, work)
    except Unknown:
        await parts.ledger.settle(work.id)
        return False
