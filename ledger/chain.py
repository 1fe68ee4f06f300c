"""Chains: entries are appended by transaction with the head's If-Match; what waits for one incident commits together.

After a failed transaction the head is read first and the entry at the attempted sequence second: the other way round,
a late arrival between the two would be appended again. An entry is known as one's own by the transaction's mark.
"""

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from incident.canonical import canonical, plain
from incident.entry import GENESIS, Draft, Entry
from incident.errors import LeaseLost, LedgerUnavailable, Unknown
from ledger.evidence import Evidence, Ref
from ledger.rows import (
    HEAD,
    LEASE,
    Chain,
    Head,
    Lease,
    entry_of,
    entry_row,
    head_of,
    head_row,
    lease_row,
    row_key,
)
from ledger.tables import Conflict, Lost, Operation, Row, Tables, literal, pause

TABLE = "entries"
WEEK = timedelta(days=7)
ROOM = 98  # of a transaction's 100 operations, head and lease take two
LONGEST_BODY = 32_000  # characters on the wire: 98 such bodies are 3 MiB, a transaction may have 4
KNOWN_HEADS = 300
CONFLICTS, LOSSES = 20, 3
NEVER = "W/\"datetime'1601-01-01T00%3A00%3A00.0000000Z'\""  # an ETag that no row has: the next write reads first

type Committed = tuple[Entry, ...] | LeaseLost


@dataclass(frozen=True, eq=False)
class Wanted:
    """What one caller wants appended."""

    drafts: tuple[Draft, ...]
    state: Mapping[str, Any]
    lease: Lease | None
    done: asyncio.Future[tuple[Entry, ...]]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One transaction: what would be written behind `before`, and what each caller is told if it is."""

    before: Head
    after: Head
    entries: tuple[Entry, ...]
    told: tuple[Committed, ...]


@dataclass
class Chains:
    """The chains of all incidents. Heads last written or read here are remembered; If-Match makes that safe."""

    tables: Tables
    evidence: Evidence
    ttl: timedelta
    heads: dict[str, Head] = field(default_factory=dict)
    waiting: dict[str, deque[Wanted]] = field(default_factory=dict)
    drains: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def begin(self, incident: str, drafts: Sequence[Draft], *, state: Mapping[str, Any], owner: str) -> Chain:
        """Head, entries, and a lease unless `owner` is empty, in one transaction. LeaseLost when there is a head."""
        fitted = await self._fitted(incident, drafts)
        chain = await self._first(incident, fitted[:ROOM], state=state, owner=owner)
        if len(fitted) == len(chain.entries):
            return chain
        rest = await self.append(incident, fitted[ROOM:], lease=chain.lease)
        return replace(chain, head=self.heads[incident], entries=chain.entries + rest)

    async def _first(self, incident: str, drafts: Sequence[Draft], *, state: Mapping[str, Any], owner: str) -> Chain:
        entries = chained(drafts, incident=incident, sequence=0, previous=GENESIS)
        head = Head(
            incident=incident, state=plain(state), sequence=len(entries), hash=entries[-1].hash, term=1 if owner else 0
        )
        mark, now = uuid.uuid4().hex, time.monotonic()
        operations = [Operation(kind="create", values=head_row(head))]
        operations += [Operation(kind="create", values=lease_row(incident, owner, head.term, mark))] if owner else []
        operations += [Operation(kind="create", values=entry_row(entry, mark)) for entry in entries]
        head_etag, lease_etag = await self._begun(operations, entries[0], mark)
        self.remember(replace(head, etag=head_etag))
        until = now + self.ttl.total_seconds()
        lease = Lease(incident=incident, owner=owner, term=head.term, etag=lease_etag, until=until) if owner else None
        return Chain(incident=incident, head=self.heads[incident], entries=entries, lease=lease)

    async def _begun(self, operations: Sequence[Operation], first: Entry, mark: str) -> tuple[str, str]:
        """The ETags of head and lease, once the transaction is known to have happened."""
        for turn in range(LOSSES):
            try:
                etags = await self.tables.transact(TABLE, operations)
            except (Conflict, Lost):
                if await self.head(first.incident):
                    return await self._own(first, mark)
                await pause(turn)
            else:
                return etags[0], etags[1] if len(etags) > 1 else NEVER
        raise LedgerUnavailable(f"{first.incident} could not be begun; do not act; try again")

    async def _own(self, first: Entry, mark: str) -> tuple[str, str]:
        """ETags that match nothing for a head or lease that others may have moved. LeaseLost if they began it."""
        if not await self._landed(first, mark):
            raise LeaseLost(f"{first.incident} has been begun by another process: append to it")
        row = await self.tables.read(TABLE, first.incident, LEASE)
        return NEVER, row.etag if row and row["mark"] == mark else NEVER

    async def append(
        self,
        incident: str,
        drafts: Sequence[Draft],
        *,
        state: Mapping[str, Any] | None = None,
        lease: Lease | None = None,
    ) -> tuple[Entry, ...]:
        """The drafts as entries, in order: up to 98 in one transaction, more in several.

        `state` replaces the names that it has in the head's, with the last transaction. LeaseLost, Unknown.
        """
        fitted = await self._fitted(incident, drafts)
        parts = tuple(batched(fitted, ROOM, strict=False))
        entries: tuple[Entry, ...] = ()
        for number, part in enumerate(parts, start=1):
            last = state if number == len(parts) else None
            entries += await self._queued(incident, part, plain(last or {}), lease)
        return entries

    async def _queued(
        self, incident: str, drafts: tuple[Draft, ...], state: Mapping[str, Any], lease: Lease | None
    ) -> tuple[Entry, ...]:
        done: asyncio.Future[tuple[Entry, ...]] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(incident, deque()).append(Wanted(drafts, state, lease, done))
        if incident not in self.drains:
            self.drains[incident] = asyncio.create_task(self._drain(incident))
        return await done

    async def _drain(self, incident: str) -> None:
        waiting = self.waiting[incident]
        while batch := _next(waiting):
            commit = asyncio.create_task(self._commit(incident, batch))
            await asyncio.wait([commit])
            _tell(batch, commit)
        del self.waiting[incident], self.drains[incident]

    async def _commit(self, incident: str, batch: Sequence[Wanted]) -> tuple[Committed, ...]:
        mark, losses = uuid.uuid4().hex, 0
        attempt: Attempt | None = None
        for turn in range(CONFLICTS):
            head = await self._known(incident, batch)
            if attempt and head.sequence > attempt.before.sequence and await self._landed(attempt.entries[0], mark):
                return attempt.told
            attempt = planned(head, batch)
            if not attempt.entries:
                return attempt.told
            try:
                await self._write(attempt, mark)
            except (Conflict, Lost) as failed:
                losses += isinstance(failed, Lost)
                self.heads.pop(incident, None)
                if losses == LOSSES:
                    break
                await pause(turn)
            else:
                return attempt.told
        if attempt and await self._landed(attempt.entries[0], mark):
            return attempt.told
        raise LedgerUnavailable(f"{incident} could not be appended to; do not act; try again")

    async def _write(self, attempt: Attempt, mark: str) -> None:
        head = Operation(kind="update", values=head_row(attempt.after), etag=attempt.before.etag)
        rows = [Operation(kind="create", values=entry_row(entry, mark)) for entry in attempt.entries]
        etags = await self.tables.transact(TABLE, [head, *rows])
        self.remember(replace(attempt.after, etag=etags[0]))

    async def _landed(self, entry: Entry, mark: str) -> bool:
        """Whether the transaction with this mark wrote the entry at its sequence."""
        row = await self.tables.read(TABLE, entry.incident, row_key(entry.sequence))
        return row is not None and row["hash"] == entry.hash and row["mark"] == mark

    async def _known(self, incident: str, batch: Sequence[Wanted]) -> Head:
        """The remembered head, unless somebody's lease disagrees with its term: then the one at the service."""
        head = self.heads.get(incident)
        if head is None or any(wanted.lease and wanted.lease.term != head.term for wanted in batch):
            head = await self.head(incident)
        if head is None:
            raise Unknown(f"there is no incident {incident}")
        return head

    async def head(self, incident: str) -> Head | None:
        """The head as it is now, or None."""
        row = await self.tables.read(TABLE, incident, HEAD)
        if row is None:
            return None
        self.remember(head_of(row))
        return self.heads[incident]

    def remember(self, head: Head) -> None:
        """The head that this process wrote or read last; the oldest of many is forgotten."""
        self.heads.pop(head.incident, None)
        self.heads[head.incident] = head
        if len(self.heads) > KNOWN_HEADS:
            del self.heads[next(iter(self.heads))]

    async def chain(self, incident: str) -> Chain:
        """Head and entries. Unknown when there is no head."""
        rows = [row async for row in self.tables.query(TABLE, f"PartitionKey eq {literal(incident)}")]
        heads = [head_of(row) for row in rows if row["RowKey"] == HEAD]
        if not heads:
            raise Unknown(f"there is no incident {incident}")
        entries = _entries(rows)
        if len(entries) < heads[0].sequence:
            entries += await self._since(incident, len(entries))
        self.remember(heads[0])
        return Chain(incident=incident, head=heads[0], entries=entries)

    async def entries(self, incident: str, *kinds: str) -> tuple[Entry, ...]:
        """The entries of these kinds alone, in order; none when there is no such incident."""
        where = " or ".join(f"kind eq {literal(kind)}" for kind in kinds)
        rows = [row async for row in self.tables.query(TABLE, f"PartitionKey eq {literal(incident)} and ({where})")]
        return _entries(rows)

    async def intending(self, since: datetime) -> list[str]:
        """The incidents, opened within a week before, that have intended a call since then. It reads through all."""
        opened, from_then = literal(f"{since - WEEK:%Y%m%d}"), literal(since.isoformat())
        where = f"PartitionKey ge {opened} and (kind eq 'intent' or kind eq 'intents') and at ge {from_then}"
        return list(dict.fromkeys([str(row["PartitionKey"]) async for row in self.tables.query(TABLE, where)]))

    async def _since(self, incident: str, sequence: int) -> tuple[Entry, ...]:
        """What was appended while the pages before the head were read."""
        after = f"RowKey gt {literal(row_key(sequence))} and RowKey lt {literal(HEAD)}"
        return _entries(
            [row async for row in self.tables.query(TABLE, f"PartitionKey eq {literal(incident)} and {after}")]
        )

    async def _fitted(self, incident: str, drafts: Sequence[Draft]) -> tuple[Draft, ...]:
        if not drafts:
            raise ValueError("nothing to record: a transaction needs at least one draft")
        return tuple([await self._short(incident, draft) for draft in drafts])

    async def _short(self, incident: str, draft: Draft) -> Draft:
        """The draft; a body too long for a row is put to evidence, and its reference takes its place."""
        body = canonical(draft.body)
        if len(json.dumps(body.decode())) <= LONGEST_BODY:
            return replace(draft, body=plain(draft.body))
        ref = await self.evidence.put(incident, f"{draft.kind}.json", body)
        return replace(draft, body={"evidence": plain(ref)})

    async def body(self, entry: Entry) -> Mapping[str, Any]:
        """The entry's body, from evidence where it was too long for the row."""
        if set(entry.body) != {"evidence"}:
            return entry.body
        body: Mapping[str, Any] = json.loads(await self.evidence.read(Ref(**entry.body["evidence"])))
        return body

    async def note(self, incident: str, *drafts: Draft) -> None:
        """The drafts are in the chain, which is begun with them where there is none."""
        try:
            await self.append(incident, drafts)
        except Unknown:
            await self._open(incident, drafts)

    async def _open(self, incident: str, drafts: Sequence[Draft]) -> None:
        try:
            await self.begin(incident, drafts, state={}, owner="")
        except LeaseLost:
            await self.append(incident, drafts)

    async def close(self) -> None:
        """What is being written is waited for."""
        await asyncio.gather(*self.drains.values())


def chained(drafts: Sequence[Draft], *, incident: str, sequence: int, previous: str) -> tuple[Entry, ...]:
    """The drafts as entries behind the entry with this sequence and hash."""
    entries: list[Entry] = []
    for number, draft in enumerate(drafts, start=sequence + 1):
        entries.append(Entry.of(draft, incident=incident, sequence=number, previous=previous))
        previous = entries[-1].hash
    return tuple(entries)


def planned(head: Head, batch: Sequence[Wanted]) -> Attempt:
    """What the batch comes to behind this head; who wants it under an older term is told that the lease is lost."""
    after = head
    entries: list[Entry] = []
    told: list[Committed] = []
    for wanted in batch:
        if wanted.lease and wanted.lease.term != head.term:
            told.append(LeaseLost(f"another process acts on {head.incident}: stop"))
            continue
        new = chained(wanted.drafts, incident=head.incident, sequence=after.sequence, previous=after.hash)
        after = replace(after, sequence=new[-1].sequence, hash=new[-1].hash, state={**after.state, **wanted.state})
        entries += new
        told.append(new)
    return Attempt(before=head, after=after, entries=tuple(entries), told=tuple(told))


def _next(waiting: deque[Wanted]) -> list[Wanted]:
    """The longest run of those who still wait that fits in one transaction."""
    batch: list[Wanted] = []
    room = ROOM
    while waiting and len(waiting[0].drafts) <= room:
        wanted = waiting.popleft()
        if not wanted.done.done():
            batch.append(wanted)
            room -= len(wanted.drafts)
    return batch


def _tell(batch: Sequence[Wanted], commit: asyncio.Task[tuple[Committed, ...]]) -> None:
    error = commit.exception()
    results = commit.result() if error is None else [error] * len(batch)
    for wanted, result in zip(batch, results, strict=True):
        if wanted.done.done():
            continue
        if isinstance(result, BaseException):
            wanted.done.set_exception(result)
        else:
            wanted.done.set_result(result)


def _entries(rows: Sequence[Row]) -> tuple[Entry, ...]:
    try:
        return tuple(entry_of(row) for row in rows if row["RowKey"] not in (HEAD, LEASE))
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerUnavailable(f"{rows[0]['PartitionKey']} is broken: `python -m ledger verify` says where") from error
