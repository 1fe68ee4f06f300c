"""The reminders of a clock: half time, 14 d, 7 d, 72 h, 24 h, 4 h before it is due, and daily once it is overdue.

A house that wants its duties done by a date of its own has that as one rung more.

A rung is named and stands at one instant, so that whoever publishes it can tell it apart from any other and never
twice. Rungs that would fall at or before the clock's start are not on the ladder, and no two stand at one instant.
Nothing is skipped after downtime: ask for all rungs in (after, now].
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, takewhile
from typing import Protocol

from compliance.rows import Kind

BEFORE = {
    "14d": timedelta(days=14),
    "7d": timedelta(days=7),
    "72h": timedelta(hours=72),
    "24h": timedelta(hours=24),
    "4h": timedelta(hours=4),
}
"""The rungs before the due instant, by name."""

DAY = timedelta(days=1)


class Running(Protocol):
    """What has a ladder: a clock with its first and last instant, and whether missing the last is a breach of duty."""

    @property
    def start(self) -> datetime:
        """The instant from which it runs."""
        ...

    @property
    def due_at(self) -> datetime:
        """The last instant."""
        ...

    @property
    def kind(self) -> Kind:
        """What the last instant means."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One reminder: `half`, `target`, `14d`, `7d`, `72h`, `24h`, `4h`, `overdue-1`, `overdue-2` ..., or `ended`."""

    name: str
    at: datetime

    @property
    def overdue(self) -> bool:
        """Whether the duty has been missed."""
        return self.name.startswith("overdue")


def rungs(clock: Running, target: datetime | None = None) -> Iterator[Rung]:
    """All rungs in order. Those of a deadline never end; any other clock ends once, when it is due.

    `target`: when the duty is to be done by a rule of the house, which is well before the law's last day.
    """
    yield from _before(clock, target)
    if clock.kind is not Kind.DEADLINE:
        yield Rung(name="ended", at=clock.due_at)
        return
    yield from (Rung(name=f"overdue-{day + 1}", at=clock.due_at + day * DAY) for day in count())


def _before(clock: Running, target: datetime | None) -> list[Rung]:
    """The rungs between start and due; where half time or the target coincides with another, the other stands."""
    half = clock.start + (clock.due_at - clock.start) / 2
    own = {target: "target"} if target else {}
    at = own | {half: "half"} | {clock.due_at - before: name for name, before in BEFORE.items()}
    return [Rung(name=at[when], at=when) for when in sorted(at) if clock.start < when < clock.due_at]


def rungs_between(clock: Running, after: datetime, until: datetime, target: datetime | None = None) -> tuple[Rung, ...]:
    """The rungs in (after, until]."""
    reached = takewhile(lambda rung: rung.at <= until, rungs(clock, target))
    return tuple(rung for rung in reached if rung.at > after)


def next_rung(clock: Running, after: datetime, target: datetime | None = None) -> Rung | None:
    """The first rung later than `after`; None where the ladder has ended."""
    return next((rung for rung in rungs(clock, target) if rung.at > after), None)
