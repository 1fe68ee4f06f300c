"""What this process has seen lately: signals it has taken in, and causes that are being told of again and again.

All of it may be lost at any moment: it spares reads and writes, and decides nothing that a table does not know.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from detection.facts import Facts
from incident.errors import LedgerUnavailable
from incident.signal import Signal
from ledger import Work

KNOWN = 20_000  # signals that are remembered
CAUSES = 5_000
BURST = 2
QUIET = 15  # times `calm` without a word: the next one is taken in for itself again
"""So many signals about one cause are taken in each for itself; what comes on top of them is entered together."""
LOOKS = 10  # looks a minute at the live state, for all storms together
STORMS = 2  # storms that are entered at once: what is contained meanwhile goes before
EASE, SLOWEST = 8, 10  # for every so many storms at once each is entered that much less often, to a limit
LOOK, SLOWER, RARELY = timedelta(seconds=10), 3, timedelta(minutes=5)
"""How long a look at the live state serves a storm, at first; each look serves longer, up to the last: Azure lets a
subscription list a hundred times in five minutes, and the next cause needs its turn."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a sender is told of a signal that this process knows. Not `settled`: it is kept, and gone on with later."""

    incident: str | None
    classes: tuple[str, ...] = ()
    settled: bool = True


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
    in_flight: int = 0
    facts: Facts = field(default_factory=Facts)
    read_at: datetime | None = None
    look: timedelta = LOOK
    waiting: list[Waiting] = field(default_factory=list)
    entering: asyncio.Task[None] | None = None
    opened: asyncio.Future[Told] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def hears(self, now: float, calm: float) -> bool:
        """One more signal; whether it is one of a storm."""
        self.told = 0 if now - self.last > QUIET * calm and self.entering is None else self.told + 1
        self.last = now
        return self.told >= BURST or self.in_flight > 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside, a signal about it is taken in for itself."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def saw(self, facts: Facts, read_at: datetime) -> None:
        """What was read of it, and since when it was so."""
        again = self.read_at is not None and read_at - self.read_at < RARELY
        self.look = min(self.look * SLOWER, RARELY) if again else LOOK
        self.facts, self.read_at = facts, read_at

    def seen(self, signals: Iterable[Signal], now: datetime) -> bool:
        """Whether what was read serves still: it is recent, and none of the signals tells of a later write."""
        if self.read_at is None or now - self.read_at > self.look:
            return False
        written = (signal.occurred_at for signal in signals if signal.operation)
        return all(at is None or at < self.read_at for at in written)

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

    `calm`, seconds: so often a storm is entered.
    """

    calm: float = 2.0
    looks: deque[datetime] = field(default_factory=lambda: deque(maxlen=LOOKS))
    paged: str = ""  # the hour in which somebody was last told of parked signals
    alarmed: str = ""  # the day on which this process last looked after the alarm of a lost paging route
    known: dict[str, Told] = field(default_factory=dict)
    bodies: dict[bytes, tuple[str, ...]] = field(default_factory=dict)  # by hash: the keys of the signals in it
    entering: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STORMS))
    under_way: dict[str, asyncio.Future[Told]] = field(default_factory=dict)
    causes: dict[frozenset[str], Cause] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)  # messages of the queue that failed, and why

    def fails(self, message: str, reason: str) -> None:
        """The message could not be taken in."""
        _remember(self.failed, message, reason, CAUSES)

    async def of(self, signal: str) -> Told | None:
        """What became of the signal, if this process has taken it in, or is doing so: then it is waited for."""
        if signal in self.known:
            return self.known[signal]
        twin = self.under_way.get(signal)
        return None if twin is None else await asyncio.shield(twin)

    def again(self, body: bytes) -> list[Told] | None:
        """What became of each signal in the body with this hash, if all of them are known."""
        found = [self.known.get(signal) for signal in self.bodies.get(body, ())]
        told = [each for each in found if each]
        return told if told and len(told) == len(found) else None

    def holds(self, body: bytes, signals: Iterable[str]) -> None:
        """The body with this hash has these signals and nothing else."""
        _remember(self.bodies, body, tuple(signals), KNOWN)

    def knows(self, signal: str, told: Told) -> None:
        """What became of the signal, from now on."""
        _remember(self.known, signal, told, KNOWN)

    def pause(self) -> float:
        """Seconds until a storm is entered: the longer, the more storms there are."""
        storms = sum(cause.entering is not None for cause in self.causes.values())
        return self.calm * min(1 + storms / EASE, SLOWEST)

    @contextmanager
    def taking(self, signal: str) -> Iterator["asyncio.Future[Told]"]:
        """Inside, the signal is being taken in; whoever waits for it hears how it ended."""
        ended: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self.under_way[signal] = ended
        try:
            yield ended
        finally:
            self.under_way.pop(signal, None)
            if ended.done() and ended.result().settled:
                self.knows(signal, ended.result())
            elif not ended.done():
                ended.set_exception(LedgerUnavailable("the same signal is being taken in and was not kept; try again"))
                ended.exception()

    def may_look(self, now: datetime) -> bool:
        """Whether a storm may look at the live state once more; if so, it counts."""
        if len(self.looks) == LOOKS and now - self.looks[0] < timedelta(minutes=1):
            return False
        self.looks.append(now)
        return True

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
