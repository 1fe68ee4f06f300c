"""Group commit: what waits for a partition while it is being written goes out in its next transaction.

A row alone goes at once, by itself. What is given back is known: a transaction that failed, as one does when a row that
was to be new is there already, is written row by row.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.tables import MOST, Operation, Row, Tables, mark


@dataclass(frozen=True, eq=False)
class Wanted:
    """One row to be inserted, put or deleted, and who waits to hear of it, or of the row that was there first."""

    operation: Operation
    done: asyncio.Future[Row | None]

    @property
    def row(self) -> str:
        """Its row key."""
        return str(self.operation.values["RowKey"])


@dataclass
class Commits:
    """Writes to one table; those of one row happen in the order in which they were asked for."""

    tables: Tables
    table: str
    waiting: dict[str, deque[Wanted]] = field(default_factory=dict)
    drains: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def write(self, operation: Operation) -> None:
        """The row is as the operation, an upsert or a deletion, says. LedgerUnavailable when nobody knows."""
        await self._written(operation)

    async def insert(self, values: Mapping[str, Any]) -> Row | None:
        """None when the row is there by this call; else the row that was there first. LedgerUnavailable."""
        return await self._written(Operation(kind="create", values={**values, "mark": mark()}))

    async def _written(self, operation: Operation) -> Row | None:
        partition = operation.values["PartitionKey"]
        wanted = Wanted(operation, asyncio.get_running_loop().create_future())
        self.waiting.setdefault(partition, deque()).append(wanted)
        if partition not in self.drains:
            self.drains[partition] = asyncio.create_task(self._drain(partition))
        return await wanted.done

    async def _drain(self, partition: str) -> None:
        waiting = self.waiting[partition]
        while batch := _next(waiting):
            await self._commit(batch)
        del self.waiting[partition], self.drains[partition]

    async def _commit(self, batch: Sequence[Wanted]) -> None:
        """Whoever waits hears how it ended."""
        if len(batch) == 1 or not await self._at_once(batch):
            writes = [asyncio.create_task(self._alone(wanted.operation)) for wanted in batch]
            await asyncio.wait(writes)
            for wanted, write in zip(batch, writes, strict=True):
                _end(wanted, write)

    async def _at_once(self, batch: Sequence[Wanted]) -> bool:
        """Whether one transaction held them all; if not, each is tried for itself."""
        commit = asyncio.create_task(self.tables.transact(self.table, [wanted.operation for wanted in batch]))
        await asyncio.wait([commit])
        if commit.cancelled() or commit.exception():
            return False
        for wanted in batch:
            if not wanted.done.done():
                wanted.done.set_result(None)
        return True

    async def _alone(self, operation: Operation) -> Row | None:
        values = operation.values
        if operation.kind == "create":
            return await self.tables.insert(self.table, values)
        if operation.kind == "delete":
            await self.tables.delete(self.table, values["PartitionKey"], values["RowKey"])
        else:
            await self.tables.put(self.table, values)
        return None

    async def close(self) -> None:
        """What is being written is waited for."""
        await asyncio.gather(*self.drains.values())


def _next(waiting: deque[Wanted]) -> list[Wanted]:
    """The longest run of those who wait that fits in one transaction: no row is in it twice."""
    batch: dict[str, Wanted] = {}
    while waiting and len(batch) < MOST and waiting[0].row not in batch:
        wanted = waiting.popleft()
        batch[wanted.row] = wanted
    return list(batch.values())


def _end(wanted: Wanted, write: asyncio.Task[Row | None]) -> None:
    if wanted.done.done():
        return
    if fault := write.exception():
        wanted.done.set_exception(fault)
    else:
        wanted.done.set_result(write.result())
