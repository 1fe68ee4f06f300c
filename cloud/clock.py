"""Time as the wire needs it: what is the time, wait so long, and a little chance so that not all wait alike."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

PATIENCE = timedelta(seconds=30)  # what a read may take where nobody set a budget
TURNS = 5  # of the loop, in which a call to Azure leaves through gate, turnstile and token
_DEADLINE: ContextVar[datetime | None] = ContextVar("deadline", default=None)


class Clock:
    """The real one. Drills and tests put a faster one in its place."""

    def now(self) -> datetime:
        """The time, aware UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        """A number between 0 and 1, for jitter."""
        return random.random()  # noqa: S311 - spreads retries, keeps no secret


@contextmanager
def budget(until: datetime) -> Iterator[None]:
    """Inside, nothing waits beyond `until` (an outer, shorter budget stays in force)."""
    outer = _DEADLINE.get()
    token = _DEADLINE.set(until if outer is None else min(outer, until))
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def deadline(now: datetime) -> datetime:
    """The end of the budget that is in force."""
    return _DEADLINE.get() or now + PATIENCE


async def give_way() -> None:
    """Let the calls to Azure leave that were begun before this; none of them is waited for."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
