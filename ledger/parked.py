"""Parked signals: what could not be read or decided waits here with its reason, and is never dropped."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from ledger.evidence import Ref, Restricted
from ledger.tables import Row, Tables, literal, together
from ledger.work import SHARDS, shard

TABLE = "parked"
CHAIN = "parked"  # the chain that notes who read a parked body


@dataclass(frozen=True, kw_only=True)
class Parked:
    """A parked signal: from where, why (neutral words), since when; its bytes are sealed at `ref`."""

    id: str
    source: str
    reason: str
    at: datetime
    ref: Ref

    def row(self) -> dict[str, Any]:
        """The parked signal as a row."""
        return {
            "PartitionKey": shard(self.id),
            "RowKey": self.id,
            "source": self.source,
            "reason": self.reason,
            "at": self.at.isoformat(),
            "name": self.ref.name,
            "sha256": self.ref.sha256,
            "size": self.ref.size,
        }

    @classmethod
    def of(cls, row: Row) -> Self:
        """The parked signal in the row."""
        ref = Ref(name=row["name"], sha256=row["sha256"], size=row["size"])
        at = datetime.fromisoformat(row["at"])
        return cls(id=row["RowKey"], source=row["source"], reason=row["reason"], at=at, ref=ref)


@dataclass
class Lot:
    """The table `parked`."""

    tables: Tables
    restricted: Restricted

    async def park(self, source: str, body: bytes, *, reason: str, at: datetime) -> Parked:
        """The signal is kept. The same bytes from the same source are parked once."""
        name = hashlib.sha256(source.encode() + b"\n" + body).hexdigest()
        ref = await self.restricted.put(CHAIN, name[:32], body)
        parked = Parked(id=name, source=source, reason=reason, at=at, ref=ref)
        found = await self.tables.insert(TABLE, parked.row())
        return parked if found is None else Parked.of(found)

    async def parked(self, limit: int = 100) -> list[Parked]:
        """What is parked, longest first."""
        shards = await together(self._shard(f"{number:02d}", limit) for number in range(SHARDS))
        return sorted((one for rows in shards for one in rows), key=lambda one: one.at)[:limit]

    async def _shard(self, name: str, limit: int) -> list[Parked]:
        where = f"PartitionKey eq {literal(name)}"
        return [Parked.of(row) async for row in self.tables.query(TABLE, where, limit=limit)]

    async def find(self, parked_id: str) -> Parked | None:
        """The parked signal with that id, or None."""
        row = await self.tables.read(TABLE, shard(parked_id), parked_id)
        return None if row is None else Parked.of(row)

    async def body(self, parked: Parked, *, by: str, at: datetime) -> bytes:
        """The bytes as they came; the reading is recorded in the chain `parked`."""
        return await self.restricted.read(parked.ref, by=by, why="replay", at=at)

    async def unpark(self, parked_id: str) -> None:
        """The signal has been handled; its bytes stay in the restricted container."""
        await self.tables.delete(TABLE, shard(parked_id), parked_id)
