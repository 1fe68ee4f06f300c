"""The list of incidents, and one incident with its whole chain."""

from desk.parts import Parts
from incident.entry import Entry
from ledger import Chain, IndexRow

MOST = 200


async def newest(parts: Parts, limit: int) -> list[IndexRow]:
    """The incidents opened last, newest first, at most 200."""
    return await parts.ledger.newest(max(1, min(limit, MOST)))


async def one(parts: Parts, incident: str) -> tuple[Chain, list[Entry]]:
    """The chain and its entries with their whole bodies. Unknown when there is no such incident."""
    chain = await parts.ledger.chain(incident)
    return chain, list(await parts.ledger.whole(chain))
