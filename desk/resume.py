"""The safety net: a timer takes up whatever an earlier process left unfinished."""

from desk import carry, kept, pauses
from desk.intake import take_in
from desk.parts import Parts
from incident.errors import Unknown
from ledger import Work

MOST = 50


async def resume(parts: Parts) -> int:
    """Go on with the signals and incidents whose work is due; how many were taken up."""
    due = await parts.ledger.due(parts.now(), MOST)
    return sum([await _take_up(parts, work) for work in due])


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
