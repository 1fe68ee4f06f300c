"""Azure's token buckets (learn.microsoft.com, request-limits-and-throttling; Storage resource provider limits)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from drills.estate.rbac import needed
from drills.estate.store import Clock
from drills.estate.wire import Asked, RefusalError


@dataclass(frozen=True)
class Limit:
    """A bucket of `size` tokens that fills by `per_second`."""

    size: float
    per_second: float


@dataclass
class Bucket:
    """What is left of a limit, and when that was counted."""

    limit: Limit
    left: float
    at: datetime

    def take(self, now: datetime) -> timedelta | None:
        """None when a token was there; else how long until there is one."""
        self.left = min(self.limit.size, self.left + self.limit.per_second * (now - self.at).total_seconds())
        self.at = now
        if self.left < 1:
            return timedelta(seconds=(1 - self.left) / self.limit.per_second)
        self.left -= 1
        return None


PRINCIPAL = {"reads": Limit(250, 25), "writes": Limit(200, 10), "deletes": Limit(200, 10)}
SUBSCRIPTION = {verb: Limit(limit.size * 15, limit.per_second * 15) for verb, limit in PRINCIPAL.items()}
STORAGE = {
    "reads": (Limit(800, 800 / 300),),
    "lists": (Limit(100, 100 / 300),),
    "writes": (Limit(10, 10), Limit(1200, 1200 / 3600)),
}


class Throttle:
    """Every bucket of the estate: per principal and verb, per subscription and verb, and the Storage provider's own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._binds = True

    def admit(self, asked: Asked, principal: str, subscription: str) -> dict[str, str]:
        """The headers that tell what is left.

        Raises RefusalError 429 with Retry-After when a bucket is empty.
        """
        verb = _verb(asked)
        self._take(PRINCIPAL[verb], principal, subscription, verb)
        self._take(SUBSCRIPTION[verb], subscription, verb)
        if "/providers/microsoft.storage/" in asked.path.lower():
            own = _storage_verb(asked)
            for limit in STORAGE[own]:
                self._take(limit, "Microsoft.Storage", subscription, own, f"{limit.size} at once")
        left = self._buckets[principal, subscription, verb].left
        return {f"x-ms-ratelimit-remaining-subscription-{verb}": str(int(left))}

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """What is asked inside is told as of one moment, but took its time: no bucket holds it back."""
        before, self._binds = self._binds, False
        try:
            yield
        finally:
            self._binds = before

    def _take(self, limit: Limit, *key: str) -> None:
        now = self._clock()
        bucket = self._buckets.setdefault(key, Bucket(limit, limit.size, now))
        wait = bucket.take(now)
        if wait and self._binds:
            seconds = ceil(wait.total_seconds())
            message = f"Requests for '{' '.join(key)}' exceeded the limit. Please try again after '{seconds}' seconds."
            raise RefusalError(429, "TooManyRequests", message, retry_after=seconds)


def _verb(asked: Asked) -> str:
    if asked.method == "DELETE":
        return "deletes"
    return "reads" if needed(asked)[0].endswith("/read") else "writes"


def _storage_verb(asked: Asked) -> str:
    if asked.method != "GET":
        return "writes"
    segments = asked.path.rstrip("/").rpartition("/providers/")[2].split("/")
    return "reads" if len(segments) % 2 else "lists"
