"""`python -m drills.bench.sending`: the sender of a storm, in a process of its own.

It reads the order on its input, as JSON, and says on its output, as JSON, what it was answered.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiohttp

from incident.settings import Settings
from ledger import Ledger

PATIENCE = aiohttp.ClientTimeout(total=120)


def main() -> int:
    """The answer to one order: `{"insert": rows}` or `{"url", "key", "deliveries": [[source, body]], "fresh"}`."""
    order = json.load(sys.stdin)
    print(json.dumps(asyncio.run(_inserted(order) if "insert" in order else _sent(order))))
    return 0


async def _inserted(order: dict[str, Any]) -> dict[str, Any]:
    """So many rows, each in a partition of its own, by the client that the ledger has."""
    place = order["tables"]
    ledger = await Ledger.open(Settings(tables=place, evidence=place, anchors=place, policy="policy.yaml"))

    async def insert(_number: int) -> None:
        await ledger.tables.insert("keys", {"PartitionKey": uuid4().hex, "RowKey": "raw"})

    try:
        await _each(insert, range(100), order["at_once"])
        seconds, cpu = await _each(insert, range(order["insert"]), order["at_once"])
    finally:
        await ledger.close()
    return {"per_s": order["insert"] / seconds, "cpu_ms": 1000 * cpu / order["insert"]}


async def _sent(order: dict[str, Any]) -> dict[str, Any]:
    """All deliveries, so many at once, each until it is accepted; the fresh ones beside them, spread over the storm.

    Without a storm the fresh ones go one after another.
    """
    answered: Counter[str] = Counter()
    fresh: list[dict[str, Any]] = []
    headers = {"x-functions-key": order["key"], "Content-Type": "application/json"}
    apart = len(order["deliveries"]) // (len(order["fresh"]) + 1)
    due = iter(order["fresh"])
    besides: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(timeout=PATIENCE, headers=headers) as session:

        async def one(delivery: Sequence[Any]) -> None:
            source, body = delivery
            while (status := await _posted(session, order["url"], source, body)) >= 500:
                answered[str(status)] += 1
            answered[str(status)] += 1
            if apart and answered["202"] % apart == 0 and (new := next(due, None)):
                besides.add(asyncio.create_task(beside(new)))

        async def beside(delivery: Sequence[Any]) -> None:
            sent = datetime.now(UTC)
            status = await _posted(session, order["url"], *delivery)
            fresh.append({"body": delivery[1], "sent": sent.isoformat(), "status": status})

        seconds, _ = await _each(one, order["deliveries"], order["at_once"])
        await asyncio.gather(*besides)
        await _each(beside, due if not order["deliveries"] else (), 1)
    return {"seconds": seconds, "answered": dict(answered), "fresh": fresh}


async def _posted(session: aiohttp.ClientSession, url: str, source: str, body: Any) -> int:
    async with session.post(f"{url}/api/signals/{source}", data=json.dumps(body).encode()) as answer:
        await answer.read()
        return answer.status


async def _each[T](call: Callable[[T], Awaitable[None]], items: Iterable[T], at_once: int) -> tuple[float, float]:
    """Seconds by the clock and of this process, until the call has been made with every item."""
    left = iter(items)

    async def in_turn() -> None:
        for item in left:
            await call(item)

    began, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(in_turn() for _ in range(at_once)))
    return time.perf_counter() - began, time.process_time() - worked


if __name__ == "__main__":
    sys.exit(main())
