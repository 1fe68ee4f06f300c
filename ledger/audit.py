"""Records read whole: from the tables and anchors, or from an export (JSON lines); and hints rebuilt from them."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from incident.canonical import plain
from incident.entry import Entry
from ledger.anchors import Anchor
from ledger.chain import TABLE
from ledger.ledger import Ledger
from ledger.notices import NOTICE, unsent
from ledger.rows import HEAD, LEASE, Chain, Head, entry_of, head_of, row_key
from ledger.tables import Row, literal
from ledger.verify import Record, broken_link
from ledger.work import IndexRow, Work

NO_TIME = datetime.min.replace(tzinfo=UTC)

type OpenWork = Callable[[Chain], Iterable[Work]]
type Listed = Callable[[Chain], IndexRow]


class ExportUnreadable(ValueError):  # noqa: N818 - named for what happened
    """A line of the export is nothing that `export` writes."""


async def incidents(ledger: Ledger) -> list[str]:
    """Every incident of which a head, a first entry or an anchor is left, in order."""
    where = f"RowKey eq {literal(HEAD)} or RowKey eq {literal(row_key(1))}"
    found = {row["PartitionKey"] async for row in ledger.tables.query(TABLE, where)}
    return sorted(found | {incident async for incident in ledger.anchors.incidents()})


async def record(ledger: Ledger, incident: str) -> Record:
    """What the tables and the anchors hold of the incident, sound or not."""
    anchors = await ledger.anchors.of(incident)
    rows = [row async for row in ledger.tables.query(TABLE, f"PartitionKey eq {literal(incident)}")]
    heads = [head_of(row) for row in rows if row["RowKey"] == HEAD]
    entries = tuple(_entry(row) for row in rows if row["RowKey"] not in (HEAD, LEASE))
    return Record(incident=incident, head=heads[0] if heads else None, entries=entries, anchors=anchors)


def _entry(row: Row) -> Entry:
    """The entry in the row; one without a hash where the row is no entry any more, so that it counts as changed."""
    try:
        return entry_of(row)
    except (KeyError, TypeError, ValueError):
        sequence = int(row["RowKey"]) if row["RowKey"].isdecimal() else 0
        return Entry(incident=row["PartitionKey"], sequence=sequence, kind="", at=NO_TIME, by="", body={}, previous="")


def exported(record: Record) -> Iterator[str]:
    """The record as JSON lines: its head, its entries, its anchors."""
    if record.head:
        yield json.dumps({"head": plain(replace(record.head, etag=""))})
    for entry in record.entries:
        yield json.dumps({"entry": plain(entry)})
    for anchor in record.anchors:
        yield json.dumps({"anchor": plain(anchor)})


@dataclass
class Gathered:
    """What an export says of one incident so far."""

    heads: list[Head] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)


def imported(lines: Iterable[str]) -> list[Record]:
    """The records in an export, by incident. ExportUnreadable names the line that is none of ours."""
    found: dict[str, Gathered] = {}
    for number, line in enumerate(lines, start=1):
        try:
            _gather(found, json.loads(line))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ExportUnreadable(f"line {number} of the export is no head, entry or anchor") from error
    return [_record(incident, gathered) for incident, gathered in sorted(found.items())]


def _gather(found: dict[str, Gathered], line: Mapping[str, Any]) -> None:
    [(kind, body)] = line.items()
    gathered = found.setdefault(body["incident"], Gathered())
    match kind:
        case "head":
            gathered.heads.append(Head(**body))
        case "entry":
            gathered.entries.append(Entry(**{**body, "at": datetime.fromisoformat(body["at"])}))
        case "anchor":
            gathered.anchors.append(Anchor.of(body))
        case _:
            raise KeyError(kind)


def _record(incident: str, gathered: Gathered) -> Record:
    head = gathered.heads[0] if gathered.heads else None
    entries, anchors = tuple(gathered.entries), tuple(gathered.anchors)
    return Record(incident=incident, head=head, entries=entries, anchors=anchors)


def open_work(chain: Chain) -> list[Work]:
    """What the head's state calls `open` (`kind`, `due` in ISO 8601, perhaps `body`), and notices still to be told."""
    named = [
        Work(
            incident=chain.incident,
            kind=row["kind"],
            due=datetime.fromisoformat(row["due"]),
            body=row.get("body", {}),
        )
        for row in chain.state.get("open", ())
    ]
    return [*named, *_untold(chain)]


def _untold(chain: Chain) -> Iterator[Work]:
    """One row stands for all notices of the chain that could not be published, due since the first of them.

    One too long for its row, of which the chain shows but a reference, is not told from here.
    """
    for first in unsent(entry for entry in chain.entries if "id" in entry.body)[:1]:
        yield Work(incident=chain.incident, kind=NOTICE, due=first.at)


def listed(chain: Chain) -> IndexRow:
    """The incident's line in the list: opened with its first entry, and what the head's state says."""
    state = {name: value for name, value in chain.state.items() if name != "open"}
    return IndexRow(incident=chain.incident, opened=chain.entries[0].at, state=state)


def is_incident(chain: Chain) -> bool:
    """Whether the chain is an incident's: its head tells a status. Registers, pauses and workspaces have none."""
    return "status" in chain.state


async def rebuild(
    ledger: Ledger, *, work: OpenWork = open_work, line: Listed = listed
) -> AsyncIterator[tuple[str, int | None]]:
    """Index and work rows of every incident are there again: each, and how much open work it has.

    None stands for a chain that cannot be read as one: nothing of it is restored, `verify` names its fault. Chains
    that are no incident's have no line in the list; what they leave open is owed again.
    """
    where = f"RowKey eq {literal(HEAD)}"
    names: Sequence[str] = [row["PartitionKey"] async for row in ledger.tables.query(TABLE, where)]
    for name in names:
        kept = await record(ledger, name)
        if kept.head is None or not kept.entries or broken_link(kept):
            yield name, None
            continue
        chain = Chain(incident=name, head=kept.head, entries=kept.entries)
        owed = await _owe(ledger, work(chain))
        if is_incident(chain):
            await ledger.index(line(chain))
            yield name, owed


async def _owe(ledger: Ledger, works: Iterable[Work]) -> int:
    owed = list(works)
    for one in owed:
        await ledger.owe(one)
    return len(owed)
