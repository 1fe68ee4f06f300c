"""The reminder timer: rungs that are due, unanswered pages, the digest, a lost paging route, quarters without exercise.

The next rung goes in before the old one goes out, so none is lost; what a crash makes it tell again carries the same
event id. A tick reads what has come due, and of the incidents concerned the entries of their clocks.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from desk import alarm, digest, paging, quarters, rungs
from desk.parts import Parts
from desk.rungs import Turn
from ledger import Rung

AT_ONCE = 8


async def remind(parts: Parts) -> int:
    """Tell everything that has come due; how many rungs of clocks were told.

    What could not be told stays due, the rest goes on; the first failure is raised at the end.
    """
    due: dict[str, list[Rung]] = defaultdict(list)
    async for row in parts.ledger.deadlines.due(parts.now()):
        due[row.incident].append(row)
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one(incident: str, rows: Sequence[Rung]) -> Turn:
        async with at_once:
            return await _tell(parts, incident, rows)

    turns = await asyncio.gather(*(one(incident, rows) for incident, rows in due.items()), return_exceptions=True)
    told = await rungs.settle(parts, [turn for turn in turns if isinstance(turn, Turn)])
    await parts.ledger.deadlines.rise(parts.now())
    await digest.deliver(parts)
    await alarm.sound(parts)
    await quarters.keep(parts)
    for failed in turns:
        if isinstance(failed, BaseException):
            raise failed
    return told


async def _tell(parts: Parts, incident: str, rows: Sequence[Rung]) -> Turn:
    pages = [row for row in rows if paging.is_page(row)]
    clocks = [row for row in rows if not paging.is_page(row)]
    turn = await rungs.tell_due(parts, incident, clocks) if clocks else Turn()
    woken = await paging.escalate(parts, incident, pages) if pages else []
    return replace(turn, then=(*turn.then, *woken), over=(*turn.over, *pages))
