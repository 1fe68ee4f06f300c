"""The yearly worklist: breaches of fewer than 500 that go to the Secretary after the year's end, entity by entity."""

import asyncio
from typing import Any

from desk.duties import duties
from desk.parts import Parts

ANNUAL = "US-HIPAA-HHS-ANNUAL"
MOST = 5000


async def worklist(parts: Parts, year: int) -> list[dict[str, Any]]:
    """The breaches discovered in that local year, by entity and incident; `filed` once the notice went out."""
    rows = await parts.ledger.newest(MOST)
    chains = await asyncio.gather(*(parts.ledger.entries(row.incident, "clock") for row in rows))
    found = [
        {
            "entity": duty.entity or "own",
            "incident": row.incident,
            "due": duty.clock.due.isoformat(),
            "filed": not duty.running,
        }
        for row, entries in zip(rows, chains, strict=True)
        for duty in duties(entries).values()
        if duty.clock.id == ANNUAL and duty.state.value != "ended" and duty.clock.due.year == year + 1
    ]
    return sorted(found, key=lambda one: (one["entity"], one["incident"]))
