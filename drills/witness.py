"""A witness beside the responder, who reads in the ledger's tables what it has written so far."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from incident.settings import Settings
from ledger import Ledger
from responders import several

LISTED = 200
"""How many rows of open work are looked at."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """An intent in the table: whose, for which call, the id that its request is to carry, when the row was written."""

    incident: str
    call: str
    request_id: str
    written: datetime


@dataclass(frozen=True)
class Witness:
    """The tables, read and not written."""

    ledger: Ledger

    @classmethod
    @asynccontextmanager
    async def of(cls, settings: Mapping[str, str]) -> AsyncIterator[Self]:
        """A witness for the length of the block."""
        ledger = await Ledger.open(Settings.read(settings))
        try:
            yield cls(ledger)
        finally:
            await ledger.close()

    async def planned(self) -> list[str]:
        """The incidents for which something is planned."""
        return sorted({row["PartitionKey"] async for row in self.ledger.tables.query("entries", "kind eq 'plan'")})

    async def owed(self, kind: str) -> bool:
        """Whether open work of the kind is due."""
        return any(work.kind == kind for work in await self.ledger.due(datetime.now(UTC), LISTED))

    async def intents(self) -> list[Intent]:
        """Every intent of every incident, the earliest first."""
        where = "kind eq 'intent' or kind eq 'intents'"
        rows = [row async for row in self.ledger.tables.query("entries", where)]
        found = [
            Intent(incident=row["PartitionKey"], call=body["call"], request_id=body["request_id"], written=row.written)
            for row in rows
            for body in several.each(row["kind"], row.json("body"))
        ]
        return sorted(found, key=lambda intent: intent.written)
