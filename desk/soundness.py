"""Whether chains are what was written, a few at every look, so that each is looked at again and again.

What is sound and only not anchored yet is anchored. A chain that is being written may look cut for a moment: a fault
counts when a second reading shows it too.
"""

from collections.abc import Mapping

from desk import carry
from desk.parts import Parts
from ledger.audit import record
from ledger.verify import Fault, Found, verify

NEWEST, NEXT, MOST = 10, 10, 20


async def look(parts: Parts, broken: Mapping[str, str], place: str) -> tuple[dict[str, str], str]:
    """The chains that are broken, with their fault, and how far the round of all chains has come.

    Looked at are the newest, the next of the round, and those that were broken before.
    """
    newest = [row.incident for row in await parts.ledger.newest(NEWEST)]
    round_, onward = await _next(parts, place)
    found = {each: await _fault(parts, each) for each in dict.fromkeys((*broken, *newest, *round_))}
    return dict([(each, said) for each, said in found.items() if said][:MOST]), onward


async def _next(parts: Parts, place: str) -> tuple[list[str], str]:
    rows = await parts.ledger.newest(NEXT, after=place)
    return [row.incident for row in rows], rows[-1].place if len(rows) == NEXT else ""


async def _fault(parts: Parts, incident: str) -> str:
    first = await _read(parts, incident)
    if first is None or await _read(parts, incident) is None:
        return ""
    if first.fault is not Fault.NOT_ANCHORED:
        return f"{first.fault} at entry {first.sequence}"
    await carry.anchor(parts, incident)
    return ""


async def _read(parts: Parts, incident: str) -> Found | None:
    return verify(await record(parts.ledger, incident))
