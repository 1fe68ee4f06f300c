"""How often the responder has acted by itself for one cause, counted by all processes in one table.

A row per incident that acted, in a partition per cause; what lies further back than is asked for is not read.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ledger.tables import Tables, literal
from ledger.work import stamp

TABLE = "tallies"


@dataclass
class Tallies:
    """The table `tallies`."""

    tables: Tables

    async def add(self, cause: str, incident: str, actions: int, *, at: datetime) -> None:
        """So many more actions for the cause."""
        row = {"PartitionKey": _partition(cause), "RowKey": f"{stamp(at)}~{incident}", "actions": actions}
        await self.tables.put(TABLE, row)

    async def since(self, cause: str, start: datetime) -> int:
        """How many actions there were for the cause from `start` on."""
        where = f"PartitionKey eq {literal(_partition(cause))} and RowKey ge {literal(stamp(start))}"
        return sum([int(row["actions"]) async for row in self.tables.query(TABLE, where)])


def _partition(cause: str) -> str:
    """A cause may hold what a partition key may not."""
    return hashlib.sha256(cause.encode()).hexdigest()
