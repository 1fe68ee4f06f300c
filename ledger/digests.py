"""What waits for the daily digest, by the day on which it is told. Lines stay: they show what was told when."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from incident.canonical import canonical
from ledger.tables import Row, Tables, literal

TABLE = "digests"
WATERMARK = "watermark"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a digest. `key` names what it tells, so that telling it twice on a day is telling it once."""

    day: date
    incident: str
    key: str
    body: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """The line as a row."""
        return {
            "PartitionKey": self.day.isoformat(),
            "RowKey": f"{self.incident}~{self.key}",
            "body": canonical(self.body).decode(),
        }

    @classmethod
    def of(cls, row: Row) -> Self:
        """The line in the row."""
        incident, key = row["RowKey"].split("~", 1)
        day = date.fromisoformat(row["PartitionKey"])
        return cls(day=day, incident=incident, key=key, body=json.loads(row["body"]))


@dataclass
class Digests:
    """The table `digests`."""

    tables: Tables

    async def put_all(self, lines: Iterable[Line]) -> None:
        """The lines wait for their days."""
        await self.tables.put_all(TABLE, [line.row() for line in lines])

    async def waiting(self, until: date) -> list[Line]:
        """The lines of every day that has not been told, up to `until`, by day."""
        where = f"PartitionKey gt {literal(await self.told())} and PartitionKey le {literal(until.isoformat())}"
        return [Line.of(row) async for row in self.tables.query(TABLE, where)]

    async def told(self) -> str:
        """The last day whose digest went out; the first of days when none has."""
        row = await self.tables.read(TABLE, WATERMARK, WATERMARK)
        return str(row["day"]) if row else date.min.isoformat()

    async def tell(self, day: date) -> None:
        """The digests up to that day have gone out."""
        await self.tables.put(TABLE, {"PartitionKey": WATERMARK, "RowKey": WATERMARK, "day": day.isoformat()})
