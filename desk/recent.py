"""What this process has seen lately: signals it has taken in, and causes that are being told of again and again.

All of it may be lost at any moment: it spares reads and writes, and decides nothing that a table does not know.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from incident.errors import LedgerUnavailable
from incident.signal import Signal
from ledger import Work

KNOWN = 20_000  # signals that are remembered
CAUSES = 5_000
BURST = 4
"""So many signals about one cause are taken in each for itself; what comes on top of them is entered together."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a sender is told of a signal that this process knows."""

    incident: str | None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A signal that is to be entered with others, and the row of open work that makes sure of it."""

    signal: Signal
    note: Work


@dataclass
class Cause:
    """One cause: when it was told of last (the loop's clock), how often in a row, and what waits to be entered."""

    keys: frozenset[str]
    last: float = 0.0
    told: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    entering: asyncio.Task[None] | None = None
    opened: asyncio.Future[Told] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def hears(self, now: float, calm: float) -> bool:
        """One more signal; whether it is one of a storm."""
        self.told = 0 if now - self.last > calm and self.entering is None else self.told + 1
        self.last = now
        return self.told >= BURST

    def open(self, told: Told) -> None:
        """The incident is known."""
        if self.opened.done():
            self.opened = asyncio.get_running_loop().create_future()
        self.opened.set_result(told)

    def taken(self) -> list[Waiting]:
        """What waits, which from now on waits no more."""
        taken, self.waiting = self.waiting, []
        return taken


@dataclass
class Recent:
    """Bounded: the oldest of many is forgotten.

    `calm`, seconds: after so long without a word a cause is no storm any more, and so often a storm is entered.
    """

    calm: float = 2.0
    paged: str = ""  # the hour in which somebody was last told of parked signals
    known: dict[str, Told] = field(default_factory=dict)
    under_way: dict[str, asyncio.Future[Told]] = field(default_factory=dict)
    causes: dict[frozenset[str], Cause] = field(default_factory=dict)

    async def of(self, signal: str) -> Told | None:
        """What became of the signal, if this process has taken it in, or is doing so: then it is waited for."""
        if signal in self.known:
            return self.known[signal]
        twin = self.under_way.get(signal)
        return None if twin is None else await asyncio.shield(twin)

    @contextmanager
    def taking(self, signal: str) -> Iterator["asyncio.Future[Told]"]:
        """Inside, the signal is being taken in; whoever waits for it hears how it ended."""
        ended: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self.under_way[signal] = ended
        try:
            yield ended
        finally:
            self.under_way.pop(signal, None)
            if ended.done():
                _remember(self.known, signal, ended.result(), KNOWN)
            else:
                ended.set_exception(LedgerUnavailable("the same signal is being taken in and was not kept; try again"))
                ended.exception()

    def cause(self, keys: frozenset[str]) -> Cause:
        """The cause with these keys."""
        cause = self.causes.get(keys) or Cause(keys)
        _remember(self.causes, keys, cause, CAUSES)
        return cause


def _remember[K, V](among: dict[K, V], key: K, value: V, most: int) -> None:
    among.pop(key, None)
    among[key] = value
    if len(among) > most:
        del among[next(iter(among))]
