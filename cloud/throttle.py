"""Stay within Azure's limits, and keep a part of them for containment.

Resource Manager gives each principal, per subscription and kind of operation, a bucket: 250 reads that refill at 25 a
second, 200 writes and 200 deletes that refill at 10 a second (Microsoft Learn, "Understand how Azure Resource Manager
throttles requests"). The Storage provider lists a hundred times in five minutes (Microsoft Learn, "Scalability and
performance targets for standard storage accounts"). A sweep leaves the last fifth, half of the lists, and fifteen of
sixteen concurrent requests, to those who cut a leak: fifty accounts of one incident, each with its containers, are read
in one round trip and cut side by side.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from cloud.clock import PATIENCE, Clock, deadline
from cloud.errors import seconds
from incident.errors import Throttled

RATES = {  # bucket, refill per second, the part that a sweep leaves
    "reads": (250, 25.0, 0.2),
    "writes": (200, 10.0, 0.2),
    "deletes": (200, 10.0, 0.2),
    "lists": (100, 100 / 300, 0.5),
}
CONCURRENT = 128
SWEEPERS = 8
_SWEEPING: ContextVar[timedelta | None] = ContextVar("sweeping", default=None)


@contextmanager
def sweeping(patience: timedelta = PATIENCE) -> Iterator[None]:
    """Inside, requests stand back for containment, and each waits no longer than that for its token."""
    token = _SWEEPING.set(patience)
    try:
        yield
    finally:
        _SWEEPING.reset(token)


@dataclass
class Bucket:
    """Tokens that refill with time, some of them not for a sweep."""

    size: float
    rate: float
    reserve: float
    at: datetime
    tokens: float

    @property
    def floor(self) -> float:
        """What whoever asks now must leave."""
        return 0.0 if _SWEEPING.get() is None else self.reserve * self.size

    def take(self, now: datetime) -> float:
        """Take a token and say 0, or say how many seconds until one lies above the floor."""
        floor = self.floor
        self.tokens = min(self.size, self.tokens + self.rate * max(0.0, (now - self.at).total_seconds()))
        self.at = now
        if self.tokens < floor + 1:
            return (floor + 1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0

    def spent(self, wait: float) -> None:
        """Azure has no token before so many seconds are over: nobody needs to ask until then."""
        self.tokens = min(self.tokens, 1 - wait * self.rate)


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
            full = {verb: Bucket(size, rate, reserve, now, size) for verb, (size, rate, reserve) in RATES.items()}
            self.lanes[principal, subscription] = Lane(full)
        return self.lanes[principal, subscription]

    @asynccontextmanager
    async def turn(self, lane: Lane, *verbs: str) -> AsyncIterator[None]:
        """Wait for a token of each and a slot. Throttled where that takes longer than the budget."""
        for verb in verbs:
            await self._token(lane.buckets[verb])
        async with AsyncExitStack() as slots:
            if _SWEEPING.get() is not None:
                await slots.enter_async_context(lane.sweep_slots)
            await slots.enter_async_context(lane.slots)
            yield

    async def _token(self, bucket: Bucket) -> None:
        until = deadline(now := self.clock.now())
        if (patience := _SWEEPING.get()) is not None:
            until = min(until, now + patience)
        while wait := bucket.take(now := self.clock.now()):
            if (free := now + timedelta(seconds=wait)) > until:
                raise Throttled("Azure's limit for this subscription is spent for now.", until=free)
            await self.clock.sleep(wait)


class Turnstile:
    """The throttle as a policy of one principal's pipeline."""

    next: Any

    def __init__(self, throttle: Throttle, principal: str) -> None:
        self.throttle = throttle
        self.principal = principal

    async def send(self, request: Any) -> Any:
        """The answer of the next policy, when it is this request's turn."""
        method, url = request.http_request.method, request.http_request.url
        verb, lists = verb_of(method), ["lists"] if storage_list(method, url) else []
        lane = self.throttle.lane(self.principal, subscription_of(url))
        async with self.throttle.turn(lane, *lists, verb):
            answer = await self.next.send(request)
        learn(lane.buckets[verb], verb, answer.http_response.headers)
        if lists and answer.http_response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            wait = seconds(answer.http_response.headers.get("Retry-After"), self.throttle.clock.now())
            lane.buckets["lists"].spent(wait or 0.0)
        return answer


def learn(bucket: Bucket, verb: str, headers: Mapping[str, str]) -> None:
    """Never count more tokens than Azure says are left."""
    left = headers.get(f"x-ms-ratelimit-remaining-subscription-{verb}", "")
    if left.isdecimal():
        bucket.tokens = min(bucket.tokens, float(left))


def verb_of(method: str) -> str:
    """Which bucket a method draws from."""
    return {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")


def storage_list(method: str, url: str) -> bool:
    """Whether it lists accounts or what lies below one, which the Storage provider counts apart."""
    _, found, rest = urlsplit(url).path.casefold().rpartition("/providers/microsoft.storage/")
    return method == "GET" and bool(found) and len(rest.rstrip("/").split("/")) % 2 == 1


def subscription_of(url: str) -> str:
    """The subscription in a URL; `tenant` where there is none."""
    found = re.search(r"(?i)/subscriptions/([^/?]+)", url)
    return found[1].casefold() if found else "tenant"
