"""What this process has seen lately: signals it has taken in, and causes that are being told of again and again.

All of it may be lost at any moment: it spares reads and writes, and decides nothing that a table does not know.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from detection.facts import Facts, Found, Read
from detection.rule import Rule
from incident.errors import LedgerUnavailable
from incident.signal import Signal
from ledger import Work

KNOWN = 5_000  # signals that are remembered
CAUSES = 1_000
SIGHTS = 1_000  # what reads gave; a list of containers may be long
BURST = 3
QUIET = 15  # times `calm` without a word: the next one is taken in for itself again
"""So many signals about the same resources, one from each of three sources, are taken in each for itself; what comes on
top is entered together."""
LOOKS = 20  # reads a minute of the live state, for all storms together
STAND_BACK = 2  # seconds, at most, in which all else lets the first containment of a new cause pass
STORMS = 2  # storms that are entered at once: what is contained meanwhile goes before
EASE, SLOWEST = 8, 10  # for every so many storms at once each is entered that much less often, to a limit
NEVER, LOOK, SLOWER, RARELY = timedelta(), timedelta(seconds=10), 3, timedelta(minutes=5)
"""How long a look at the live state serves a storm, at first; each look serves longer, up to the last: Azure lets a
subscription list a hundred times in five minutes, and the next cause needs its turn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a sender is told of a signal that this process knows. Not `settled`: it is kept, and gone on with later."""

    incident: str | None
    classes: tuple[str, ...] = ()
    settled: bool = True


@dataclass(frozen=True)
class Waiting:
    """A signal that is to be entered with others, the row of open work that makes sure of it, and its rules."""

    signal: Signal
    note: Work
    matching: tuple[Rule, ...]


@dataclass(slots=True)
class Heat:
    """How often the same resources are spoken of: when last (the loop's clock), how often in a row, how many now."""

    last: float = -math.inf
    told: int = 0
    in_flight: int = 0

    def hears(self, now: float, quiet: float) -> bool:
        """One more signal; whether it is one of a storm, which `quiet` seconds without a word would have ended."""
        self.told = 0 if now - self.last > quiet else self.told + 1
        self.last = now
        return self.told >= BURST or self.in_flight > 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside, a signal about them is taken in for itself."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1


@dataclass(frozen=True)
class Sight:
    """What a read gave, when, and for how long that serves a storm."""

    found: Found
    at: datetime
    serves: timedelta


@dataclass(slots=True)
class Cause:
    """One cause: what waits to be entered, by whom, and in which incident."""

    keys: frozenset[str]
    waiting: list[Waiting] = field(default_factory=list)
    entering: asyncio.Task[None] | None = None
    opened: asyncio.Future[Told] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    eased: Callable[[], None] = lambda: None  # what is said when its first containment has left, or there is none

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
    quarter: str = ""  # the last whose exercises this process has looked after
    alarmed: str = ""  # the day on which this process last looked after the alarm of a lost paging route
    known: dict[str, Told] = field(default_factory=dict)
    bodies: dict[bytes, tuple[str, ...]] = field(default_factory=dict)  # by hash: the keys of the signals in it
    entering: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STORMS))
    under_way: dict[str, asyncio.Future[Told]] = field(default_factory=dict)
    causes: dict[frozenset[str], Cause] = field(default_factory=dict)
    heats: dict[frozenset[str], Heat] = field(default_factory=dict)  # by what is spoken of: resources, or causes
    sights: dict[Read, Sight] = field(default_factory=dict)
    urgent: set[frozenset[str]] = field(default_factory=set)  # new causes, whose first containment has not left yet
    calm_again: asyncio.Event = field(default_factory=asyncio.Event)
    homes: dict[str, str] = field(default_factory=dict)  # alerts and correlations, and the incident of each
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

    def led(self, keys: Iterable[str]) -> set[str | None]:
        """The incidents that the keys are known to lead to; None among them where one of the keys is not known."""
        return {self.homes.get(key) for key in keys}

    def leads(self, keys: Iterable[str], incident: str | None) -> None:
        """The keys lead to the incident, which has been begun; None: that is no longer known."""
        for key in keys:
            if incident:
                _remember(self.homes, key, incident, KNOWN)
            else:
                self.homes.pop(key, None)

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

    @contextmanager
    def first(self, cause: Cause) -> Iterator[None]:
        """Inside, until the cause is eased, all else stands back."""

        def eased() -> None:
            self.urgent.discard(cause.keys)
            if not self.urgent:
                self.calm_again.set()

        self.urgent.add(cause.keys)
        self.calm_again.clear()
        cause.eased = eased
        try:
            yield
        finally:
            eased()

    async def stand_back(self) -> None:
        """Until no new cause waits for its first containment, or for so long as anybody may be held up by that."""
        if self.urgent:
            with suppress(TimeoutError):
                async with asyncio.timeout(STAND_BACK):
                    await self.calm_again.wait()

    def may_look(self, now: datetime) -> bool:
        """Whether a storm may look at the live state once more; if so, it counts."""
        if len(self.looks) == LOOKS and now - self.looks[0] < timedelta(minutes=1):
            return False
        self.looks.append(now)
        return True

    def heat(self, signal: Signal, causes: frozenset[str]) -> Heat:
        """How often the signal's resources are spoken of; its causes, where it names no resource."""
        about = frozenset(resource.key for resource in signal.resources) or causes
        heat = self.heats.get(about) or Heat()
        _remember(self.heats, about, heat, CAUSES)
        return heat

    def saw(self, read: Read, found: Found, now: datetime) -> None:
        """What the read gave. Each look at the same serves longer than the one before, to a limit."""
        before = self.sights.get(read)
        again = before is not None and now - before.at < RARELY
        serves = min(before.serves * SLOWER, RARELY) if before and again else LOOK
        _remember(self.sights, read, Sight(found, now, serves), SIGHTS)

    def cause(self, keys: frozenset[str]) -> Cause:
        """The cause with these keys."""
        cause = self.causes.get(keys) or Cause(keys)
        _remember(self.causes, keys, cause, CAUSES)
        return cause


@dataclass
class Memory:
    """What was seen lately, as it serves signals at `now`: nothing that is older than `serves`.

    Nothing serves a signal that tells of a later write, unless looks are scarce and `serves` is a storm's. `since`: the
    oldest of what has served was so then.
    """

    recent: Recent
    now: datetime
    serves: timedelta
    written: datetime | None = None
    recalled: set[Read] = field(default_factory=set)
    since: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.since = self.now

    @classmethod
    def of(cls, recent: Recent, signals: Iterable[Signal], now: datetime, serves: timedelta) -> "Memory":
        """What serves these signals."""
        written = [signal.occurred_at or now for signal in signals if signal.operation]
        return cls(recent, now, serves, max(written, default=None))

    def recall(self, read: Read) -> Found | None:
        """What the read gave lately; None where it has to be made."""
        sight = self.recent.sights.get(read)
        if sight is None or read.since or not self.serves:
            return None
        fresh = self.now - sight.at <= min(sight.serves, self.serves)
        if fresh and (self.written is None or self.written < sight.at):
            return self._served(read, sight)
        return None if self.serves < RARELY or self.recent.may_look(self.now) else self._served(read, sight)

    def otherwise(self, read: Read) -> Found | None:
        """What the read gave at some time, where Azure's limits keep it from being made for a storm."""
        sight = None if self.serves < RARELY else self.recent.sights.get(read)
        return self._served(read, sight) if sight else None

    def keep(self, read: Read, found: Found) -> None:
        """What the read has given now."""
        self.recent.saw(read, found, self.now)

    def live(self, facts: Facts) -> Facts:
        """The part of the facts that was not recalled."""
        return Facts({read: found for read, found in facts.found.items() if read not in self.recalled})

    def _served(self, read: Read, sight: Sight) -> Found:
        self.recalled.add(read)
        self.since = min(self.since, sight.at)
        return sight.found


def _remember[K, V](among: dict[K, V], key: K, value: V, most: int) -> None:
    among.pop(key, None)
    among[key] = value
    if len(among) > most:
        del among[next(iter(among))]
