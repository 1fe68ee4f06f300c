"""The safety net: a timer takes up whatever an earlier process left unfinished."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from desk import (
    awaited,
    boards,
    carry,
    corroborate,
    dark,
    exempted,
    exemptions,
    kept,
    late,
    pauses,
    reread,
    retro,
    tell,
)
from desk.intake import take_in
from desk.parts import Parts
from incident.errors import Unknown
from ledger import Work
from ledger.tables import together
from ledger.work import SIGNAL

MOST, LISTED = 50, 200
AT_ONCE = 8
BY_CHAIN = ("incident", late.KIND, awaited.KIND, exempted.KIND, dark.KIND)


async def resume(parts: Parts) -> int:
    """Go on with the signals and incidents whose work is due; how many were taken up. One that fails stops no other.

    Of two rows for the same incident, as a crash leaves them, the older stands for both: what is owed follows from the
    chain.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    due = await parts.ledger.due(parts.now(), LISTED)

    async def one(work: Work) -> bool:
        async with turns:
            return await _take_up(parts, work)

    notices, others = [work for work in due if work.kind == tell.KIND], [work for work in due if work.kind != tell.KIND]
    older = {(work.incident, work.kind): work for work in reversed(others)}
    doubles = [work for work in others if work.kind in BY_CHAIN and older[work.incident, work.kind] is not work]
    await together(parts.ledger.settle(work.id) for work in doubles)
    begun = map(one, [work for work in others if work not in doubles][:MOST])
    return sum(await together([*begun, _publish(parts, notices)]))


async def _publish(parts: Parts, owed: Sequence[Work]) -> int:
    """Notices that could not be published, one after another; when one fails again the topic is away for the rest."""
    for number, work in enumerate(owed):
        if not await tell.again(parts, work):
            await together(tell.later(parts, each) for each in owed[number + 1 :])
            return number
    return len(owed)


async def _take_up(parts: Parts, work: Work) -> bool:
    """An incident that is not there was never begun: its signal has a row of its own."""
    if taken_up := TAKEN_UP.get(work.kind):
        return await taken_up(parts, work) is not False
    try:
        return await carry.go_on(parts, work.incident, work)
    except Unknown:
        await parts.ledger.settle(work.id)
        return False


async def _enter(parts: Parts, work: Work) -> None:
    await take_in(parts, kept.restored(work.body), work)


TAKEN_UP: Mapping[str, Callable[[Parts, Work], Awaitable[bool | None]]] = {
    SIGNAL: _enter,
    pauses.KIND: pauses.ended,
    boards.KIND: boards.told,
    late.KIND: reread.read_again,
    awaited.KIND: corroborate.look,
    exempted.KIND: exemptions.look,
    dark.KIND: retro.look,
}
"""By kind; whatever is not among them is an incident that goes on."""
