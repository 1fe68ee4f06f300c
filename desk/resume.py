"""The safety net: a timer takes up whatever an earlier process left unfinished."""

import asyncio
from collections.abc import Sequence

from desk import boards, carry, kept, late, pauses, reread, tell
from desk.intake import take_in
from desk.parts import Parts
from incident.errors import Unknown
from ledger import Work
from ledger.tables import together

MOST, LISTED = 50, 200
AT_ONCE = 8


async def resume(parts: Parts) -> int:
    """Go on with the signals and incidents whose work is due; how many were taken up. One that fails stops no other."""
    turns = asyncio.Semaphore(AT_ONCE)
    due = await parts.ledger.due(parts.now(), LISTED)

    async def one(work: Work) -> bool:
        async with turns:
            return await _take_up(parts, work)

    begun = [one(work) for work in due if work.kind != tell.KIND][:MOST]
    return sum(await together([*begun, _publish(parts, [work for work in due if work.kind == tell.KIND])]))


async def _publish(parts: Parts, owed: Sequence[Work]) -> int:
    """Notices that could not be published, one after another; when one fails again the topic is away for the rest."""
    for number, work in enumerate(owed):
        if not await tell.again(parts, work):
            await together(tell.later(parts, each) for each in owed[number + 1 :])
            return number
    return len(owed)


async def _take_up(parts: Parts, work: Work) -> bool:
    """An incident that is not there was never begun: its signal has a row of its own."""
    if work.kind == "signal":
        await take_in(parts, kept.restored(work.body), work)
        return True
    if work.kind == pauses.KIND:
        await pauses.ended(parts, work)
        return True
    if work.kind == boards.KIND:
        return await boards.told(parts, work)
    if work.kind == late.KIND:
        await reread.read_again(parts, work)
        return True
    try:
        return await carry.go_on(parts, work.incident, work)
    except Unknown:
        await parts.ledger.settle(work.id)
        return False
