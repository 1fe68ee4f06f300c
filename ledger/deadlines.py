"""Deadlines by the UTC day of their next rung, so that a tick reads what is due and nothing else.

One row per clock: its next rung. The rung after it is inserted before the row goes, so none is skipped; a crash between
the two leaves both, and the event id, made of incident, clock and rung, lets a consumer tell the repetition.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from incident.canonical import canonical
from ledger.tables import Row, Tables, literal
from ledger.work import stamp, time_of

TABLE = "deadlines"
WATERMARK = "watermark"
SLACK = timedelta(days=1)  # yesterday is read once more: clocks of processes differ


@dataclass(frozen=True, kw_only=True)
class Rung:
    """The next reminder of a clock: due at `at`, its duty at `deadline`; `body` is small JSON without PHI."""

    incident: str
    clock: str
    name: str
    at: datetime
    deadline: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    day: str = ""  # the partition it was read from

    @property
    def key(self) -> str:
        """Row key: they sort by time."""
        return f"{stamp(self.at)}~{self.incident}~{self.clock}~{self.name}"

    @property
    def event_id(self) -> str:
        """The same for every repetition of this reminder, and for no other."""
        return hashlib.sha256(f"{self.incident}~{self.clock}~{self.name}".encode()).hexdigest()

    def row(self, day: str) -> dict[str, Any]:
        """The rung as a row of that day."""
        return {
            "PartitionKey": day,
            "RowKey": self.key,
            "deadline": self.deadline.isoformat(),
            "body": canonical(self.body).decode(),
        }

    @classmethod
    def of(cls, row: Row) -> Self:
        """The rung in the row."""
        at, incident, clock, name = row["RowKey"].split("~", 3)
        deadline = datetime.fromisoformat(row["deadline"])
        return cls(
            incident=incident,
            clock=clock,
            name=name,
            at=time_of(at),
            deadline=deadline,
            body=json.loads(row["body"]),
            day=row["PartitionKey"],
        )


@dataclass
class Deadlines:
    """The table `deadlines`. A watermark read or raised here is remembered: what was over before a day stays over."""

    tables: Tables
    mark: str = ""

    async def put(self, rung: Rung, *, now: datetime) -> None:
        """The rung is noted, on its day, or today when that has passed: a tick does not look behind its watermark."""
        await self.tables.put(TABLE, rung.row(_day(max(rung.at, now))))

    async def put_all(self, rungs: Iterable[Rung], *, now: datetime) -> None:
        """Every rung is noted, as `put` notes one."""
        await self.tables.put_all(TABLE, [rung.row(_day(max(rung.at, now))) for rung in rungs])

    async def drop(self, rungs: Iterable[Rung]) -> None:
        """The rungs are over; one that is not there is no matter."""
        await self.tables.delete_all(TABLE, [(rung.day or _day(rung.at), rung.key) for rung in rungs])

    async def due(self, now: datetime) -> AsyncIterator[Rung]:
        """What is due at `now`, day by day from the watermark, by time within a day."""
        today = now.astimezone(UTC).date().isoformat()
        days = f"PartitionKey ge {literal(await self.watermark())} and PartitionKey le {literal(today)}"
        async for row in self.tables.query(TABLE, f"{days} and RowKey lt {literal(stamp(now) + '~~')}"):
            yield Rung.of(row)

    async def advance(self, rung: Rung, then: Rung | None, *, now: datetime) -> None:
        """The rung is over; the next one, if any, is there before it goes."""
        if then:
            await self.put(then, now=now)
        await self.tables.delete(TABLE, rung.day, rung.key)

    async def watermark(self) -> str:
        """The day before which nothing is left; the first of days when none was noted."""
        if not self.mark:
            row = await self.tables.read(TABLE, WATERMARK, WATERMARK)
            self.mark = str(row["day"]) if row else date.min.isoformat()
        return self.mark

    async def rise(self, now: datetime) -> str:
        """The watermark, raised to the first day that has rows, but never past yesterday; no call when it is there."""
        limit: str = (now.astimezone(UTC) - SLACK).date().isoformat()
        if (mark := await self.watermark()) >= limit:
            return mark
        where = f"PartitionKey ge {literal(mark)} and PartitionKey lt {literal(limit)}"
        left: list[str] = [row["PartitionKey"] async for row in self.tables.query(TABLE, where, limit=1)]
        day = min([*left, limit])
        if day > mark:
            await self.tables.put(TABLE, {"PartitionKey": WATERMARK, "RowKey": WATERMARK, "day": day})
            self.mark = day
        return self.mark


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
