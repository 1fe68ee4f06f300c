"""The reminder timer: every rung that has come due is told once, and the next one put in its place."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from compliance import ladder
from compliance.rows import Kind
from desk import tell
from desk.parts import Parts
from ledger import Rung

REMINDER = "Tourniquet.Deadline.Reminder"
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A clock as its row in the table of deadlines describes it."""

    start: datetime
    due_at: datetime
    kind: Kind

    @classmethod
    def of(cls, row: Rung) -> Self:
        """The clock behind the row."""
        start = datetime.fromisoformat(row.body["start"])
        return cls(start=start, due_at=row.deadline, kind=Kind(row.body["kind"]))


async def remind(parts: Parts) -> int:
    """Tell every rung that has come due; how many were told.

    The next rung goes in before the old one goes out, so none is lost; what a crash makes it tell again carries the
    same event id.
    """
    told = 0
    async for row in parts.ledger.deadlines.due(parts.now()):
        told += await _tell(parts, row)
    await parts.ledger.deadlines.rise(parts.now())
    return told


async def _tell(parts: Parts, row: Rung) -> int:
    """Every rung from the row's to now, also those that a downtime has passed over."""
    clock = Running.of(row)
    rungs = ladder.rungs_between(clock, row.at - INSTANT, parts.now())
    await parts.ledger.append(row.incident, await tell.send(parts, [_event(parts, row, rung) for rung in rungs]))
    then = ladder.next_rung(clock, rungs[-1].at)
    following = replace(row, name=then.name, at=then.at) if then else None
    await parts.ledger.deadlines.advance(row, following, now=parts.now())
    return len(rungs)


def _event(parts: Parts, row: Rung, rung: ladder.Rung) -> dict[str, Any]:
    due = {"clock": row.clock, "due_at": row.deadline.isoformat(), "rung": rung.name, "overdue": rung.overdue}
    return tell.notice(parts, row.incident, REMINDER, f"{row.clock}/{row.deadline:%Y-%m-%d}/{rung.name}", due)
