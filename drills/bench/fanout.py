"""Fifty accounts in one incident, until the last write is acknowledged; goal 1.15.

Against the larger of two round trips and what Azure's buckets allow: the Storage provider takes ten writes at once and
ten a second after that, so that the last of fifty is let in four seconds after the first. The simulated Azure enforces
it. The reads (250) and lists (100) do not bind at fifty. *Cold*: about a hundred connections are made; *warm*: they are
open, as after another such incident within a minute. `queue`: against two round trips with the bucket in between, the
least that reading first and writing then can take.
"""

import asyncio
from collections.abc import Awaitable, Callable

from drills.bench.yard import Yard, yard
from drills.estate.throttling import STORAGE

ACCOUNTS = 50
LATENCIES = (1000.0, 100.0)
REFILL = 12.0  # seconds, in which Azure's bucket of reads is full again
AT_ONCE = STORAGE["writes"][0]
QUEUE = 1000 * (ACCOUNTS - AT_ONCE.size) / AT_ONCE.per_second

type Way = Callable[[Yard], Awaitable[float]]


async def measure() -> dict[str, object]:
    """`fanout_ratio` at 100 ms, warm, and the raw figures at each latency in milliseconds."""
    found: dict[str, object] = {}
    for latency in LATENCIES:
        cold, warm = [await _taken(way, latency) for way in (_contained, _warmly)]
        limit, queue = max(2 * latency, QUEUE), 2 * latency + QUEUE
        named = {"cold_ms": cold, "warm_ms": warm, "limit_ms": limit, "queue_ms": queue, "overhead_ms": warm - queue}
        rounded = {name: round(value, 1) for name, value in named.items()}
        ratios = {"ratio": round(warm / limit, 3), "queue": round(warm / queue, 3), "cold": round(cold / queue, 3)}
        found[f"fanout_{latency:.0f}ms"] = rounded | ratios
        found["fanout_ratio"] = ratios["ratio"]
    return found


async def _taken(way: Way, latency: float) -> float:
    """Milliseconds, on an estate of its own, by a client that has contained an account before."""
    async with yard(latency=latency, accounts=ACCOUNTS + 1) as place:
        await place.contained([place.accounts.pop()])
        return await way(place)


async def _contained(place: Yard) -> float:
    """To the last acknowledged write."""
    taken = await place.contained(place.accounts)
    if len(taken) != ACCOUNTS:
        raise RuntimeError(f"{len(taken)} of {ACCOUNTS} accounts were contained")
    return max(taken)


async def _warmly(place: Yard) -> float:
    """The same over open connections."""
    await asyncio.gather(*(place.parts.cloud.arm.read(each) for each in 2 * place.accounts))
    await asyncio.sleep(REFILL)
    return await _contained(place)
