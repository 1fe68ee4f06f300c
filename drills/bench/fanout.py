"""Fifty accounts in one incident, until the last write is acknowledged, against two round trips; goal 1.15.

Azure's own buckets (250 reads, 200 writes, 100 lists of the Storage provider) do not bind at fifty: the round trips do.
*Cold*: about a hundred connections are made; *warm*: they are open, as after another such incident within a minute.
*Bare*: the same requests from such a pool, cold, with nothing around them: what machine and estate take at least.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from cloud.identity import Tier, arm_scope
from cloud.wire import session
from drills.bench.yard import Yard, yard
from incident.resource import ResourceId

ACCOUNTS = 50
LATENCIES = (1000.0, 100.0)
REFILL = 12.0  # seconds, in which Azure's bucket of reads is full again
CONTAINERS = "blobServices/default/containers"
CLOSED = {"properties": {"allowBlobPublicAccess": False}}

type Way = Callable[[Yard], Awaitable[float]]


async def measure() -> dict[str, object]:
    """`fanout_ratio` at 100 ms, warm, and the raw figures at each latency in milliseconds."""
    found: dict[str, object] = {}
    for latency in LATENCIES:
        bare, cold, warm = [await _taken(way, latency) for way in (_bare, _contained, _warmly)]
        limit = 2 * latency
        named = {"bare_ms": bare, "cold_ms": cold, "warm_ms": warm, "limit_ms": limit, "overhead_ms": warm - limit}
        rounded = {name: round(value, 1) for name, value in named.items()}
        found[f"fanout_{latency:.0f}ms"] = rounded | {"ratio": round(warm / limit, 3)}
        found["fanout_ratio"] = round(warm / limit, 3)
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


async def _bare(place: Yard) -> float:
    """The same reads and writes by themselves."""
    clients = place.parts.cloud.clients
    headers = {}
    for tier in (Tier.READ, Tier.CONTAIN):
        token = await clients.credential(tier).get_token(arm_scope(place.parts.settings))
        headers[tier] = {"Authorization": f"Bearer {token.token}"}
    async with session(clients.trust) as pool:

        async def said(method: str, tier: Tier, account: ResourceId, *below: str, body: object = None) -> None:
            url = place.parts.cloud.arm.url(account, *below)
            async with pool.request(method, url, headers=headers[tier], json=body) as answer:
                await answer.read()
                answer.raise_for_status()

        began = time.perf_counter()
        reads = [said("GET", Tier.READ, each, *below) for each in place.accounts for below in ((), (CONTAINERS,))]
        await asyncio.gather(*reads)
        await asyncio.gather(*(said("PATCH", Tier.CONTAIN, each, body=CLOSED) for each in place.accounts))
        return 1000 * (time.perf_counter() - began)
