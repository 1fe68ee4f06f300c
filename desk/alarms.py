"""What the watch found when it last looked, as everybody who asks is told: one read of one row.

Each day has a chain of its own, so that none grows for ever; what still stands is carried over into the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from desk.parts import Parts
from ledger import Head

PERIOD = timedelta(minutes=5)
SILENT = 2 * PERIOD + timedelta(minutes=1)
"""A watch that has not looked for so long does not run."""
WORDS = {
    "canary": "the queue path is silent",
    "backlog": "open work piles up",
    "parked": "signals wait for a person",
    "approvals": "approvals have expired unanswered",
    "chain": "a chain of the ledger is broken",
    "notices": "notices cannot be published",
    "boards": "Azure Boards cannot be told",
}


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something that is wrong: which, why in words, since when."""

    name: str
    why: str
    since: datetime

    @property
    def told(self) -> str:
        """In a sentence."""
        return f"{WORDS[self.name]}: {self.why} (since {self.since:%Y-%m-%d %H:%M} UTC)"


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A canary under way: under which key the line will know it, and since when."""

    key: str
    sent: datetime


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What stood at the last look: `backlog` counts due work, `broken` names chains, the list is read up to `place`."""

    at: datetime
    alarms: tuple[Alarm, ...] = ()
    canaries: tuple[Canary, ...] = ()
    backlog: int = 0
    broken: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """What the head's state holds."""
        return cls(
            at=datetime.fromisoformat(state["at"]),
            alarms=tuple(Alarm(**{**row, "since": datetime.fromisoformat(row["since"])}) for row in state["alarms"]),
            canaries=tuple(
                Canary(key=row["key"], sent=datetime.fromisoformat(row["sent"])) for row in state["canaries"]
            ),
            backlog=state["backlog"],
            broken=state["broken"],
            place=state["place"],
        )


def chain_of(day: datetime) -> str:
    """The chain of that day."""
    return f"watch-{day:%Y%m%d}"


async def last(parts: Parts) -> Watched | None:
    """The last look, of today or yesterday; None when there was none."""
    now = parts.now()
    head = await parts.ledger.head(chain_of(now)) or await parts.ledger.head(chain_of(now - timedelta(days=1)))
    return _watched(head)


def _watched(head: Head | None) -> Watched | None:
    return Watched.of(head.state) if head and "at" in head.state else None
