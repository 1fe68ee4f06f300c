"""Stay within Azure's limits, and keep a fifth of them for containment.

Resource Manager gives each principal, per subscription and kind of operation, a bucket: 250 reads that refill at 25 a
second, 200 writes and 200 deletes that refill at 10 a second (Microsoft Learn, "Understand how Azure Resource Manager
throttles requests"). A sweep leaves the last fifth, and fifteen of sixteen concurrent requests, to those who cut a
leak: fifty accounts of one incident, each with its containers, are read in one round trip and cut side by side.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cloud.clock import Clock, deadline
from incident.errors import Postponed

RATES = {"reads": (250, 25.0), "writes": (200, 10.0), "deletes": (200, 10.0)}  # bucket, refill per second
CONCURRENT = 128
SWEEPERS = 8
RESERVE = 0.2
_SWEEPING: ContextVar[bool] = ContextVar("sweeping", default=False)


@contextmanager
def sweeping() -> Iterator[None]:
    """Inside, requests stand back for containment."""
    token = _SWEEPING.set(True)
    try:
        yield
    finally:
        _SWEEPING.reset(token)


@dataclass
class Bucket:
    """Tokens that refill with time."""

    size: float
    rate: float
    at: datetime
    tokens: float

    def take(self, now: datetime, *, floor: float) -> float:
        """Take a token and say 0, or say how many seconds until one lies above the floor."""
        self.tokens = min(self.size, self.tokens + self.rate * max(0.0, (now - self.at).total_seconds()))
        self.at = now
        if self.tokens < floor + 1:
            return (floor + 1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


@dataclass
class Lane:
    """One principal in one subscription."""

    buckets: dict[str, Bucket]
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENT))
    sweep_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SWEEPERS))


class Throttle:
    """All lanes of this process. What Azure says is left corrects what is counted here: others spend from it too."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lanes: dict[tuple[str, str], Lane] = {}

    def lane(self, principal: str, subscription: str) -> Lane:
        """The lane, made on first use with full buckets."""
        if (principal, subscription) not in self.lanes:
            now = self.clock.now()
            full = {verb: Bucket(size, rate, now, size) for verb, (size, rate) in RATES.items()}
            self.lanes[principal, subscription] = Lane(full)
        return self.lanes[principal, subscription]

    @asynccontextmanager
    async def turn(self, lane: Lane, verb: str) -> AsyncIterator[None]:
        """Wait for a token and a slot. Postponed where that takes longer than the budget."""
        async with AsyncExitStack() as slots:
            if _SWEEPING.get():
                await slots.enter_async_context(lane.sweep_slots)
            await slots.enter_async_context(lane.slots)
            await self._token(lane.buckets[verb])
            yield

    async def _token(self, bucket: Bucket) -> None:
        floor = RESERVE * bucket.size if _SWEEPING.get() else 0.0
        until = deadline(self.clock.now())
        while wait := bucket.take(now := self.clock.now(), floor=floor):
            if (free := now + timedelta(seconds=wait)) > until:
                raise Postponed("Azure's limit for this subscription is spent for now.", until=free)
            await self.clock.sleep(wait)


class Turnstile:
    """The throttle as a policy of one principal's pipeline."""

    next: Any

    def __init__(self, throttle: Throttle, principal: str) -> None:
        self.throttle = throttle
        self.principal = principal

    async def send(self, request: Any) -> Any:
        """The answer of the next policy, when it is this request's turn."""
        verb = verb_of(request.http_request.method)
        lane = self.throttle.lane(self.principal, subscription_of(request.http_request.url))
        async with self.throttle.turn(lane, verb):
            answer = await self.next.send(request)
        learn(lane.buckets[verb], verb, answer.http_response.headers)
        return answer


def learn(bucket: Bucket, verb: str, headers: Mapping[str, str]) -> None:
    """Never count more tokens than Azure says are left."""
    left = headers.get(f"x-ms-ratelimit-remaining-subscription-{verb}", "")
    if left.isdecimal():
        bucket.tokens = min(bucket.tokens, float(left))


def verb_of(method: str) -> str:
    """Which bucket a method draws from."""
    return {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")


def subscription_of(url: str) -> str:
    """The subscription in a URL; `tenant` where there is none."""
    found = re.search(r"(?i)/subscriptions/([^/?]+)", url)
    return found[1].casefold() if found else "tenant"
