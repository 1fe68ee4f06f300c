"""An attacker who goes on until he is turned away."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

PACE = timedelta(milliseconds=20)


class Attacker:
    """Takes one thing after another; `taken` counts what he got."""

    def __init__(self, take: Callable[[], bool]) -> None:
        self._take = take
        self.taken = 0

    def take(self) -> bool:
        """Whether one more thing could be taken."""
        got = self._take()
        self.taken += got
        return got

    async def until_refused(self) -> datetime:
        """Goes on at his pace; the moment of the first refusal."""
        while self.take():  # noqa: ASYNC110 - nobody tells an attacker when he will be refused
            await asyncio.sleep(PACE.total_seconds())
        return datetime.now(UTC)
