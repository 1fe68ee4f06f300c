"""The tables as one file and back: every row a JSON line, the last line its count and digest.

Anchors and evidence are not in it: they lie in write-once storage of their own, and judge what is restored. A backup
may be taken while the responder works: of each chain it holds what one moment knew. Hints and keys may be a little
older or newer than the chains, as after a crash; whoever meets them completes them.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from incident.errors import LedgerUnavailable, TourniquetError
from ledger.audit import incidents, record
from ledger.chain import TABLE
from ledger.ledger import Ledger
from ledger.rows import HEAD, LEASE, entry_of, head_of
from ledger.tables import NAMES, SCHEMA, Row, literal
from ledger.verify import Fault, Record, verify

BEARABLE = (Fault.TRUNCATED, Fault.NOT_ANCHORED)
"""What a backup older than the last entries shows. Any other fault says that the file is not what was written."""
READS = 5

type Line = Mapping[str, Any]


class BackupUnreadable(TourniquetError):  # noqa: N818 - named for what happened, as the tree in incident.errors
    """The file is no whole backup, or not what was written, or the tables are not empty: nothing was restored."""


@dataclass(frozen=True, kw_only=True)
class Fallen:
    """A chain whose last entries are missing in the backup."""

    incident: str
    why: str


async def backed_up(ledger: Ledger) -> AsyncIterator[str]:
    """The lines of a backup, without line ends. LedgerUnavailable when a chain does not come to rest."""
    count, whole = 0, hashlib.sha256()
    async for table, row in _rows(ledger):
        line = json.dumps({"table": table, "row": row}, sort_keys=True)
        whole.update(line.encode())
        count += 1
        yield line
    yield json.dumps({"rows": count, "sha256": whole.hexdigest(), "schema": SCHEMA})


async def _rows(ledger: Ledger) -> AsyncIterator[tuple[str, Line]]:
    async for name in _chains(ledger):
        for row in await _at_rest(ledger, name):
            yield TABLE, row.values
    for table in NAMES:
        if table != TABLE:
            async for row in ledger.tables.query(table, ""):
                yield table, row.values


async def _chains(ledger: Ledger) -> AsyncIterator[str]:
    async for row in ledger.tables.query(TABLE, f"RowKey eq {literal(HEAD)}"):
        yield row["PartitionKey"]


async def _at_rest(ledger: Ledger, incident: str) -> Sequence[Row]:
    """The chain's rows, its head among them telling of as many entries as there are; its lease left out."""
    for _ in range(READS):
        rows = [row async for row in ledger.tables.query(TABLE, f"PartitionKey eq {literal(incident)}")]
        kept = [row for row in rows if row["RowKey"] != LEASE]
        heads = [row for row in kept if row["RowKey"] == HEAD]
        if heads and heads[0]["sequence"] == len(kept) - 1:
            return kept
    raise LedgerUnavailable(f"{incident} is written again and again, or is not whole: verify it, then try again")


async def restored(ledger: Ledger, lines: Sequence[str]) -> tuple[int, list[Fallen]]:
    """How many rows are there again, and the chains of which anchors tell more than the backup holds.

    BackupUnreadable, before anything is written, when the file is cut or changed, a chain in it is not the one that
    was anchored, it is of a newer schema, or the tables hold something.
    """
    *kept, last = lines or [""]
    _check(kept, last)
    rows = [(each["table"], each["row"]) for each in map(json.loads, kept)]
    await _empty(ledger)
    fallen = [each async for each in _judged(ledger, [row for table, row in rows if table == TABLE])]
    for table in NAMES:
        await ledger.tables.put_all(table, (row for name, row in rows if name == table))
    return len(rows), [*fallen, *[each async for each in _missing(ledger)]]


def _check(kept: Iterable[str], last: str) -> None:
    whole, count = hashlib.sha256(), 0
    for line in kept:
        whole.update(line.encode())
        count += 1
    try:
        said = json.loads(last)
        sound = (said["rows"], said["sha256"]) == (count, whole.hexdigest())
    except (ValueError, KeyError, TypeError):
        sound, said = False, {}
    if not sound:
        raise BackupUnreadable("the file is no whole backup: its last line does not fit what stands before it")
    if said["schema"] > SCHEMA:
        raise BackupUnreadable(
            f"the backup has schema {said['schema']}, this version reads {SCHEMA}: use the newer one"
        )


async def _empty(ledger: Ledger) -> None:
    for table in NAMES:
        async for _ in ledger.tables.query(table, "", limit=1):
            raise BackupUnreadable(f"the table {table} is not empty: a backup is restored into new tables only")


async def _judged(ledger: Ledger, rows: Sequence[Line]) -> AsyncIterator[Fallen]:
    """The chains that end too early. BackupUnreadable for one that is not what was anchored."""
    for chain in _records(rows):
        anchors = await ledger.anchors.of(chain.incident)
        found = verify(Record(incident=chain.incident, head=chain.head, entries=chain.entries, anchors=anchors))
        if found and found.fault not in BEARABLE:
            raise BackupUnreadable(f"{chain.incident}: {found.fault} at entry {found.sequence}: {found.why}")
        if found and found.fault is Fault.TRUNCATED:
            yield Fallen(incident=chain.incident, why=found.why)


def _records(rows: Iterable[Line]) -> Iterator[Record]:
    ordered = sorted(rows, key=lambda row: (row["PartitionKey"], row["RowKey"]))
    for incident, same in groupby(ordered, key=lambda row: str(row["PartitionKey"])):
        *entries, head = (Row.kept(values) for values in same)
        yield Record(incident=incident, head=head_of(head), entries=tuple(map(entry_of, entries)), anchors=())


async def _missing(ledger: Ledger) -> AsyncIterator[Fallen]:
    """Chains of which anchors tell and the backup does not."""
    for incident in await incidents(ledger):
        if await ledger.head(incident) is None:
            anchors = (await record(ledger, incident)).anchors
            yield Fallen(incident=incident, why=f"anchors tell of {len(anchors)} states, the backup of none")
