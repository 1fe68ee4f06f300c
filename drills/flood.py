"""A flood of alerts beside the one that matters: sent as fast as the host answers, sixteen at once."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from drills.callers import Callers
from drills.scenario import Alert

AT_ONCE = 16


@dataclass
class Flood:
    """Alerts in their order. `answered` counts the answers by status; `half` is set when half of them are there."""

    callers: Callers
    alerts: Sequence[Alert]
    answered: Counter[int] = field(default_factory=Counter)
    half: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self) -> None:
        """All of them."""
        left = iter(self.alerts)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._send(left))

    async def _send(self, left: Iterator[Alert]) -> None:
        for source, body in left:
            answer = await self.callers.post_signal(source, body)
            self.answered[answer.status] += 1
            if self.answered.total() * 2 >= len(self.alerts):
                self.half.set()
