"""A reminder tick among 100 and among 100,000 open deadlines: the rows that it reads, counted in the replies."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from drills.azurite import Azurite
from incident.settings import Settings
from ledger import Ledger, Rung

FEW, MANY = 100, 100_000
FIRING = 20
NOW = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)
YEAR = 365


class Counting:
    """A pipeline policy that counts the entities in every reply."""

    def __init__(self) -> None:
        self.next: Any = None
        self.entities = 0
        self.requests = 0

    async def send(self, request: Any) -> Any:
        """Pass it on and count what came back."""
        answer = await self.next.send(request)
        if request.http_request.method == "GET":
            await answer.http_response.load_body()
            body = json.loads(answer.http_response.body() or b"{}")
            self.entities += len(body["value"]) if "value" in body else 1
            self.requests += 1
        return answer


async def measure() -> Mapping[str, object]:
    """`remind_ratio`: rows read among 100,000 open deadlines against among 100; 1 means that the rest is not read."""
    few, many = await _tick(FEW), await _tick(MANY)
    return {
        "remind_ratio": round(float(many["entities"]) / float(few["entities"]), 3),
        f"remind_{FEW}": few,
        f"remind_{MANY}": many,
    }


async def _tick(deadlines: int) -> dict[str, float]:
    """What one tick reads to find the 20 that fire: rows, requests, milliseconds."""
    counting = Counting()
    async with Azurite.run() as azurite:
        place = azurite.connection_string
        settings = Settings(tables=place, evidence=place, anchors=place, policy="policy.yaml")
        ledger = await Ledger.open(settings, policies=[counting])
        try:
            await ledger.deadlines.put_all([_rung(n) for n in range(deadlines)], now=NOW - timedelta(days=2))
            await ledger.deadlines.rise(NOW - timedelta(days=1))
            counting.entities = counting.requests = 0
            since = time.perf_counter()
            fired = [rung async for rung in ledger.deadlines.due(NOW)]
            await ledger.deadlines.rise(NOW)
            took = time.perf_counter() - since
        finally:
            await ledger.close()
    if len(fired) != FIRING:
        raise RuntimeError(f"{len(fired)} fired, not {FIRING}")
    return {"entities": counting.entities, "requests": counting.requests, "ms": round(took * 1000, 1)}


def _rung(n: int) -> Rung:
    """The first 20 fire at the tick; the others in the year after it."""
    later = timedelta(days=1 + n % YEAR, seconds=n)
    at = NOW - timedelta(minutes=1) if n < FIRING else NOW + later
    body = {"start": NOW.isoformat(), "kind": "deadline", "recipient": "each affected individual", "target": None}
    return Rung(
        incident=f"case-{n:06d}", clock="US-HIPAA-IND", name="7d", at=at, deadline=at + timedelta(days=7), body=body
    )
