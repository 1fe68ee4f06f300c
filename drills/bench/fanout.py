"""Fifty accounts in one incident, until the last write is acknowledged, against two round trips; goal 1.15.

Azure's own buckets (250 reads, 200 writes at once per principal) do not bind at fifty: the round trips do.
"""

from drills.bench.yard import yard

ACCOUNTS = 50
LATENCY = 100.0


async def measure() -> dict[str, object]:
    """`fanout_ratio`, and the raw figures in milliseconds."""
    async with yard(latency=LATENCY, accounts=ACCOUNTS + 1) as place:
        await place.contained(place.accounts[-1:])
        taken = await place.contained(place.accounts[:ACCOUNTS])
    if len(taken) != ACCOUNTS:
        raise RuntimeError(f"{len(taken)} of {ACCOUNTS} accounts were contained")
    limit = 2 * LATENCY
    figures = {"first_ms": round(min(taken), 1), "last_ms": round(max(taken), 1), "limit_ms": limit}
    return {"fanout_ratio": round(max(taken) / limit, 3), "fanout": figures}
