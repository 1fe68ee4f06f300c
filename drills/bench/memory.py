"""Resident memory after 1, 1,000 and 10,000 incidents, each of a cause of its own; goal flat within 10 %.

Production runs in this process, tables and estate in theirs. The first incident contains an account, and so do some
among the others; the rest are alerts of a kind that no rule knows, which a person must read.
"""

import asyncio
import gc
from typing import Any

from desk.intake import deliver
from drills.bench.yard import Yard, reported, yard
from drills.soak import resident

INCIDENTS = (1, 1_000, 10_000)
CONTAINED = 100  # of all incidents, one in so many is contained
AT_ONCE = 16


async def measure() -> dict[str, object]:
    """`memory_ratio`: the most against the least of the three; the raw figures in MiB."""
    found: dict[int, float] = {}
    made = 0
    async with yard(latency=0.0, accounts=1 + INCIDENTS[-1] // CONTAINED) as place:
        for count in INCIDENTS:
            await _make(place, made, count)
            made = count
            gc.collect()
            found[count] = resident()
    ratio = round(max(found.values()) / min(found.values()), 3)
    return {"memory_ratio": ratio, "memory_mib": {str(count): round(mib, 1) for count, mib in found.items()}}


async def _make(place: Yard, first: int, last: int) -> None:
    """The incidents of these numbers, so many at once. No task waits: that would be memory of the bench."""
    numbers = iter(range(first, last))

    async def sender() -> None:
        for number in numbers:
            if number % CONTAINED == 0:
                await deliver(place.parts, reported([place.accounts[number // CONTAINED]]), "sentinel")
            else:
                await deliver(place.parts, _alert(number), "defender")

    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))


def _alert(number: int) -> dict[str, Any]:
    name = f"memory-{number}"
    return {
        "id": f"/subscriptions/s/providers/Microsoft.Security/locations/centralus/alerts/{name}",
        "name": name,
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "alertType": f"Novel.Kind_{number}",
            "alertDisplayName": "Something new",
            "severity": "Medium",
            "status": "Active",
            "systemAlertId": name,
        },
    }
