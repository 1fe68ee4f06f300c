"""Faults that are put between the caller and the estate: when they strike, and what happens then.

estate.faults.add(when(method="PATCH", path="storageaccounts", nth=1), throttled())
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from drills.estate.wire import Asked, CutError, RefusalError, Reply

type Effect = Callable[[], Reply]
type Action = Callable[[Asked, Effect], Awaitable[Reply]]


@dataclass
class When:
    """The requests that a fault strikes: of this method, with this pattern in the path, the nth of them or all."""

    method: str = ""
    path: str = ""
    nth: int = 0
    seen: int = 0

    def strikes(self, asked: Asked) -> bool:
        """True when the fault is this request's."""
        if self.method not in {"", asked.method} or not re.search(self.path, asked.path, re.IGNORECASE):
            return False
        self.seen += 1
        return self.nth in {0, self.seen}


def when(*, method: str = "", path: str = "", nth: int = 0) -> When:
    """Requests by method and by a regular expression on the path, without regard to case; `nth` counts from 1."""
    return When(method.upper(), path, nth)


@dataclass
class Faults:
    """The faults in force. The first that strikes decides."""

    forgetting: Callable[[], AbstractContextManager[None]]
    active: list[tuple[When, Action]] = field(default_factory=list)

    def add(self, match: When, action: Action) -> None:
        """One more fault."""
        self.active.append((match, action))

    def clear(self) -> None:
        """The estate is well again."""
        self.active.clear()

    async def around(self, asked: Asked, effect: Effect) -> Reply:
        """The reply, through whatever fault strikes."""
        for match, action in tuple(self.active):
            if match.strikes(asked):
                return await action(asked, effect)
        return effect()

    def lies(self) -> Action:
        """Writes are answered as done, and are not."""

        async def lie(_: Asked, effect: Effect) -> Reply:
            with self.forgetting():
                return effect()

        return lie


def throttled(retry_after: int | None = None) -> Action:
    """429, without Retry-After unless told."""
    return refused(429, "TooManyRequests", "The request is being throttled.", retry_after=retry_after)


def refused(status: int, code: str, message: str = "Injected fault.", *, retry_after: int | None = None) -> Action:
    """An error of the service, without effect: 409 with a code, 503, 403 RequestDisallowedByPolicy."""

    async def refuse(_asked: Asked, _effect: Effect) -> Reply:
        raise RefusalError(status, code, message, retry_after=retry_after)

    return refuse


def cut_before() -> Action:
    """The connection drops before anything happened."""

    async def cut(_asked: Asked, _effect: Effect) -> Reply:
        raise CutError

    return cut


def cut_after() -> Action:
    """The write is done, and the connection drops before the answer."""

    async def cut(_: Asked, effect: Effect) -> Reply:
        effect()
        raise CutError

    return cut


def delayed(delay: timedelta) -> Action:
    """The request waits before it has its effect."""

    async def wait(_: Asked, effect: Effect) -> Reply:
        await asyncio.sleep(delay.total_seconds())
        return effect()

    return wait


def slow_body(delay: timedelta) -> Action:
    """The headers come at once, the body after the delay."""

    async def slow(_: Asked, effect: Effect) -> Reply:
        return replace(effect(), pace=delay)

    return slow


def half_body() -> Action:
    """The effect is there; of the answer come the headers and half of the body, then the connection drops."""

    async def half(_: Asked, effect: Effect) -> Reply:
        return replace(effect(), broken=True)

    return half


def stale(times: int) -> Action:
    """Reads go on showing what the first of them saw, so many times: a service that is consistent only in the end."""
    seen: list[Reply] = []

    async def old(_: Asked, effect: Effect) -> Reply:
        seen.append(seen[0] if 0 < len(seen) <= times else effect())
        return seen[-1]

    return old
