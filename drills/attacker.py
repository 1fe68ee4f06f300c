"""An attacker who goes on until he is turned away."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

PACE = timedelta(milliseconds=20)


class Attacker:
    """Takes one thing after another; `taken` counts what he got, the moments are of the last and of the refusal.

    `way` is his way in, where there are several.
    """

    def __init__(self, take: Callable[[], bool], way: str = "") -> None:
        self._take = take
        self.way = way
        self.taken = 0
        self.served_at: datetime | None = None
        self.refused_at: datetime | None = None

    def take(self) -> bool:
        """Whether one more thing could be taken."""
        got = self._take()
        if got:
            self.taken, self.served_at = self.taken + 1, datetime.now(UTC)
        elif self.refused_at is None:
            self.refused_at = datetime.now(UTC)
        return got

    async def until_refused(self) -> None:
        """Goes on at his pace until the first refusal."""
        while self.take():  # noqa: ASYNC110 - nobody tells an attacker when he will be refused
            await asyncio.sleep(PACE.total_seconds())
