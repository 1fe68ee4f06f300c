"""The contracts register as the chain `contracts` has it: every version stays, the last one counts."""

import asyncio
from dataclasses import replace

from compliance.contracts import Agreement, read
from desk.parts import Parts
from incident.entry import Entry

CHAIN = "contracts"


async def versions(parts: Parts) -> tuple[Entry, ...]:
    """Every version's entry, oldest first."""
    return await parts.ledger.entries(CHAIN, "contracts")


async def register(parts: Parts) -> tuple[Agreement, ...]:
    """The agreements of the last version; none before the first."""
    found = await versions(parts)
    if not found:
        return ()
    body = await parts.ledger.body(found[-1])
    return tuple(read(row, f"contract {row['id']}") for row in body["rows"])


async def legal(parts: Parts, incident: str) -> list[Entry]:
    """The incident's entries from which its clocks follow, with their whole bodies."""
    kinds = ("signal", "finding", "facts", "clock", "discovery", "standing", "acknowledgement", "disclosure")
    entries = await parts.ledger.entries(incident, *kinds)
    bodies = await asyncio.gather(*(parts.ledger.body(entry) for entry in entries))
    return [replace(entry, body=body) for entry, body in zip(entries, bodies, strict=True)]
