"""Stay within Azure's limits, and keep a part of them for containment.

Resource Manager gives each principal, per subscription and kind of operation, a bucket: 250 reads that refill at 25 a
second, 200 writes and 200 deletes that refill at 10 a second (Microsoft Learn, "Understand how Azure Resource Manager
throttles requests"). The Storage provider reads 800 times and lists a hundred times in five minutes, and writes ten
times a second and 1,200 times an hour (Microsoft Learn, "Scalability and performance targets for the Azure Storage
resource provider"; per region there, per subscription here, as a request does not say its region). A sweep leaves the
last fifth, half of the lists, and fifteen of sixteen concurrent requests, to those who cut a leak: fifty accounts of
one incident, each with its containers, are read in one round trip, and cut as fast as Storage takes the cuts.
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
    "storage reads": (800, 800 / 300, 0.2),
    "storage lists": (100, 100 / 300, 0.5),
    "storage writes": (10, 10.0, 0.2),
    "storage writes of an hour": (1200, 1200 / 3600, 0.2),
}
LISTS = ("storage lists",)
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

    def take(self, now: datetime) -> float:
        """Take a token and say in how many seconds it is there: whoever came first has the first.

        A sweep takes none before one lies above what it has to leave: it asks again after so many seconds.
        """
        sweeps = _SWEEPING.get() is not None
        self.tokens = min(self.size, self.tokens + self.rate * max(0.0, (now - self.at).total_seconds()))
        self.at = now
        wait = max(0.0, ((self.reserve * self.size if sweeps else 0.0) + 1 - self.tokens) / self.rate)
        if not (sweeps and wait):
            self.tokens -= 1
        return wait

    def give_back(self) -> None:
        """The turn is not used."""
        self.tokens += 1

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
        if (patience := _SWEEPING.get()) is None:
            await self._turn_of(bucket)
        else:
            await self._spare(bucket, self.clock.now() + patience)

    async def _turn_of(self, bucket: Bucket) -> None:
        if not (wait := bucket.take(now := self.clock.now())):
            return
        try:
            self._within(now, wait, deadline(now))
            await self.clock.sleep(wait)
        except BaseException:
            bucket.give_back()
            raise

    async def _spare(self, bucket: Bucket, until: datetime) -> None:
        until = min(until, deadline(self.clock.now()))
        while wait := bucket.take(now := self.clock.now()):
            self._within(now, wait, until)
            await self.clock.sleep(wait)

    def _within(self, now: datetime, wait: float, until: datetime) -> None:
        if (free := now + timedelta(seconds=wait)) > until:
            raise Throttled("Azure's limit for this subscription is spent for now.", until=free)


class Turnstile:
    """The throttle as a policy of one principal's pipeline."""

    next: Any

    def __init__(self, throttle: Throttle, principal: str) -> None:
        self.throttle = throttle
        self.principal = principal

    async def send(self, request: Any) -> Any:
        """The answer of the next policy, when it is this request's turn."""
        method, url = request.http_request.method, request.http_request.url
        verb, own = verb_of(method), storage_verbs(method, url)
        lane = self.throttle.lane(self.principal, subscription_of(url))
        async with self.throttle.turn(lane, *own, verb):
            answer = await self.next.send(request)
        learn(lane.buckets[verb], verb, answer.http_response.headers)
        if own == LISTS and answer.http_response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            wait = seconds(answer.http_response.headers.get("Retry-After"), self.throttle.clock.now())
            lane.buckets["storage lists"].spent(wait or 0.0)
        return answer


def learn(bucket: Bucket, verb: str, headers: Mapping[str, str]) -> None:
    """Never count more tokens than Azure says are left."""
    left = headers.get(f"x-ms-ratelimit-remaining-subscription-{verb}", "")
    if left.isdecimal():
        bucket.tokens = min(bucket.tokens, float(left))


def verb_of(method: str) -> str:
    """Which bucket a method draws from."""
    return {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")


def storage_verbs(method: str, url: str) -> tuple[str, ...]:
    """Which of the Storage provider's own buckets a request draws from, the one that empties first in front."""
    _, found, rest = urlsplit(url).path.casefold().rpartition("/providers/microsoft.storage/")
    if not found:
        return ()
    if method not in {"GET", "HEAD"}:
        return ("storage writes", "storage writes of an hour")
    return LISTS if len(rest.rstrip("/").split("/")) % 2 else ("storage reads",)


def subscription_of(url: str) -> str:
    """The subscription in a URL; `tenant` where there is none."""
    found = re.search(r"(?i)/subscriptions/([^/?]+)", url)
    return found[1].casefold() if found else "tenant"
