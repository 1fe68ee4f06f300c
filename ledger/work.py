"""Open work and the list of incidents: hints for timers and pages, rebuilt from the chains when they are lost."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from incident.canonical import canonical
from ledger.commits import Commits
from ledger.tables import Operation, Row, Tables, literal, together

WORK, INDEX = "work", "incidents"
SIGNAL = "signal"  # the kind of work that a signal is until it has been entered
SHARDS = 8
END_OF_TIME = 10**16  # microseconds; newer rows have smaller keys


@dataclass(frozen=True, kw_only=True)
class Work:
    """Something unfinished: one of a kind per incident and due time; `kind` is a word, `body` small, without PHI."""

    incident: str
    kind: str
    due: datetime
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Due time, kind, incident: they sort by due time."""
        return f"{stamp(self.due)}~{self.kind}~{self.incident}"

    def row(self) -> dict[str, Any]:
        """The work as a row."""
        return {**_place(self.id), "body": canonical(self.body).decode()}

    @classmethod
    def of(cls, row: Row) -> Self:
        """The work in the row."""
        due, kind, incident = row["RowKey"].split("~", 2)
        return cls(incident=incident, kind=kind, due=time_of(due), body=json.loads(row["body"]))


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """An incident in the list: when it was opened and what the list shows of it."""

    incident: str
    opened: datetime
    state: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where it stands in the list: its row key, newest first."""
        return f"{END_OF_TIME - int(self.opened.timestamp() * 1_000_000):016d}~{self.incident}"

    def row(self) -> dict[str, Any]:
        """The line as a row."""
        return {
            "PartitionKey": shard(self.incident),
            "RowKey": self.place,
            "opened": self.opened.isoformat(),
            "state": canonical(self.state).decode(),
        }

    @classmethod
    def of(cls, row: Row) -> Self:
        """The line in the row."""
        incident = row["RowKey"].split("~", 1)[1]
        return cls(incident=incident, opened=datetime.fromisoformat(row["opened"]), state=row.json("state"))


@dataclass
class Desk:
    """The tables `work` and `incidents`, in shards: by incident, signals by their second."""

    tables: Tables
    commits: Commits = field(init=False)

    def __post_init__(self) -> None:
        self.commits = Commits(self.tables, WORK)

    async def owe(self, work: Work) -> None:
        """The work is noted; again is the same."""
        await self.commits.write(Operation(kind="upsert", values=work.row()))

    async def settle(self, work_id: str, *, then: Work | None = None) -> None:
        """The work is done; `then` of the same incident takes its place and is there before it goes."""
        if then:
            await self.owe(then)
        if then is None or then.id != work_id:
            await self.commits.write(Operation(kind="delete", values=_place(work_id)))

    async def close(self) -> None:
        """What is being written is waited for."""
        await self.commits.close()

    async def due(self, now: datetime, limit: int = 100) -> list[Work]:
        """What is due at `now`, most overdue first."""
        found = await self._each_shard(WORK, f" and RowKey lt {literal(stamp(now) + '~~')}", limit)
        return sorted((Work.of(row) for row in found), key=lambda work: work.id)[:limit]

    async def index(self, row: IndexRow) -> None:
        """The incident stands in the list as given."""
        await self.tables.put(INDEX, row.row())

    async def newest(self, limit: int = 50, *, before: IndexRow | None = None, after: str = "") -> list[IndexRow]:
        """The incidents opened last, newest first; `before` is the last of the page before this, `after` its place."""
        after = before.place if before else after
        after = f" and RowKey gt {literal(after)}" if after else ""
        found = await self._each_shard(INDEX, after, limit)
        return [IndexRow.of(row) for row in sorted(found, key=lambda row: row["RowKey"])[:limit]]

    async def _each_shard(self, table: str, where: str, limit: int) -> Sequence[Row]:
        shards = await together(self._shard(table, f"{number:02d}", where, limit) for number in range(SHARDS))
        return [row for rows in shards for row in rows]

    async def _shard(self, table: str, name: str, where: str, limit: int) -> list[Row]:
        return [row async for row in self.tables.query(table, f"PartitionKey eq {literal(name)}{where}", limit=limit)]


def _place(work_id: str) -> dict[str, str]:
    """Where the row of the work is. Signals of one second stand together, so that a storm's commit together."""
    due, kind, incident = work_id.split("~", 2)
    return {"PartitionKey": shard(due.partition(".")[0] if kind == SIGNAL else incident), "RowKey": work_id}


def shard(incident: str) -> str:
    """The partition that an incident's rows stand in."""
    return f"{hashlib.sha256(incident.encode()).digest()[0] % SHARDS:02d}"


def stamp(at: datetime) -> str:
    """The time in UTC, to the microsecond, sorting as text."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def time_of(text: str) -> datetime:
    """The time that was stamped."""
    return datetime.strptime(text, "%Y%m%dT%H%M%S.%f%z")
