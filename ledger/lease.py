"""The lease on an incident: who may act. Its age is told by the service's clock alone.

A holder counts from before its request left (monotonic), the service from when it wrote the row: so a holder stops no
later than another may start. Take-over waits for the call timeout besides, for a call sent in the last moment, and
raises the term in the head.
"""

import time
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from incident.errors import LeaseLost, LedgerUnavailable, Unknown
from ledger.chain import TABLE, Chains
from ledger.rows import HEAD, LEASE, Head, Lease, head_of, head_row, lease_row
from ledger.tables import Conflict, Lost, Operation, Row, Tables, literal, pause

TURNS = 5


@dataclass
class Leases:
    """Leases on all incidents: `ttl` from the last renewal, and `grace` (a call's timeout) before a take-over."""

    tables: Tables
    chains: Chains
    ttl: timedelta
    grace: timedelta

    async def take(self, incident: str, owner: str) -> Lease:
        """The lease, under a new term. LeaseLost while another owner's lives; an owner's new lease ends its old one."""
        mark = uuid.uuid4().hex
        for turn in range(TURNS):
            now = time.monotonic()
            head, held = await self._standing(incident)
            if held and held["mark"] == mark:
                since = now - held.age.total_seconds() - 1  # Date has whole seconds
                return self._lease(incident, owner, held["term"], held.etag, since)
            if held and held["owner"] not in ("", owner) and held.age <= self.ttl + self.grace:
                raise LeaseLost(f"another process acts on {incident}: stop")
            try:
                etag = await self._raise_term(head, held, owner, mark)
            except (Conflict, Lost):
                await pause(turn)
            else:
                return self._lease(incident, owner, head.term + 1, etag, now)
        raise LedgerUnavailable(f"the lease on {incident} could not be taken; try again")

    async def _standing(self, incident: str) -> tuple[Head, Row | None]:
        where = f"PartitionKey eq {literal(incident)} and RowKey ge {literal(HEAD)}"
        rows = {row["RowKey"]: row async for row in self.tables.query(TABLE, where)}
        if HEAD not in rows:
            raise Unknown(f"there is no incident {incident}")
        return head_of(rows[HEAD]), rows.get(LEASE)

    async def _raise_term(self, head: Head, held: Row | None, owner: str, mark: str) -> str:
        """The new lease's ETag: head and lease change in one transaction, or neither does."""
        after = replace(head, term=head.term + 1)
        values = lease_row(head.incident, owner, after.term, mark)
        lease = (
            Operation(kind="update", values=values, etag=held.etag) if held else Operation(kind="create", values=values)
        )
        raised = Operation(kind="update", values=head_row(after), etag=head.etag)
        etags = await self.tables.transact(TABLE, (raised, lease))
        self.chains.remember(replace(after, etag=etags[0]))
        return etags[1]

    def _lease(self, incident: str, owner: str, term: int, etag: str, since: float) -> Lease:
        return Lease(incident=incident, owner=owner, term=term, etag=etag, until=since + self.ttl.total_seconds())

    async def renew(self, lease: Lease) -> Lease:
        """The same lease, running anew. LeaseLost when it has changed hands."""
        since = time.monotonic()
        return replace(lease, etag=await self._write(lease, lease.owner), until=since + self.ttl.total_seconds())

    async def release(self, lease: Lease) -> None:
        """Anybody may take it now; nothing happens when it has changed hands already."""
        try:
            await self._write(lease, "")
        except LeaseLost:
            return

    async def _write(self, lease: Lease, owner: str) -> str:
        mark = uuid.uuid4().hex
        etag = lease.etag
        for turn in range(TURNS):
            try:
                return await self.tables.replace(TABLE, lease_row(lease.incident, owner, lease.term, mark), etag=etag)
            except (Conflict, Lost):
                row = await self.tables.read(TABLE, lease.incident, LEASE)
            if row and row["mark"] == mark:
                return row.etag
            if not row or (row["owner"], row["term"]) != (lease.owner, lease.term):
                raise LeaseLost(f"another process acts on {lease.incident}: stop")
            etag = row.etag
            await pause(turn)
        raise LedgerUnavailable(f"the lease on {lease.incident} could not be renewed; stop before it runs out")
