"""What stands in the `entries` table, and its rows: entries by sequence, one `head`, one `lease`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from incident.canonical import canonical
from incident.entry import Entry
from ledger.tables import Row

HEAD, LEASE = "head", "lease"
LONGEST_STATE = 32_000


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where a chain stands. `state` is small JSON of the desk's; `term` counts the leases there have been."""

    incident: str
    state: Mapping[str, Any]
    sequence: int
    hash: str
    term: int
    etag: str = ""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to act on an incident; it ends at `until`, seconds of this process's monotonic clock."""

    incident: str
    owner: str
    term: int
    etag: str
    until: float

    def remaining(self, now: float) -> timedelta:
        """What is left of it at `now` (time.monotonic()); negative when it has run out."""
        return timedelta(seconds=self.until - now)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """An incident as the ledger has it. `lease` is there when this call took one."""

    incident: str
    head: Head
    entries: tuple[Entry, ...]
    lease: Lease | None = None

    @property
    def state(self) -> Mapping[str, Any]:
        """The head's state."""
        return self.head.state

    def of(self, *kinds: str) -> tuple[Entry, ...]:
        """The entries of these kinds, in order."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)


def row_key(sequence: int) -> str:
    """The sequence, zero-padded: row keys sort as text."""
    return f"{sequence:010d}"


def entry_row(entry: Entry, mark: str) -> dict[str, Any]:
    """The entry's row; `mark` tells whose transaction wrote it and is not part of the hash."""
    return {
        "PartitionKey": entry.incident,
        "RowKey": row_key(entry.sequence),
        "sequence": entry.sequence,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "by": entry.by,
        "body": canonical(entry.body).decode(),
        "previous": entry.previous,
        "hash": entry.hash,
        "form": entry.schema,
        "mark": mark,
    }


def entry_of(row: Row) -> Entry:
    """The entry in the row, as it stands there: whether it is sound is for `verify` to say."""
    return Entry(
        incident=row["PartitionKey"],
        sequence=row["sequence"],
        kind=row["kind"],
        at=datetime.fromisoformat(row["at"]),
        by=row["by"],
        body=row.json("body"),
        previous=row["previous"],
        schema=row["form"],
        hash=row["hash"],
    )


def head_row(head: Head) -> dict[str, Any]:
    """The head's row. ValueError when the state is too long for one property."""
    state = canonical(head.state).decode()
    if len(json.dumps(state)) > LONGEST_STATE:
        raise ValueError(f"a head's state has at most {LONGEST_STATE} characters: keep the rest in entries")
    return {
        "PartitionKey": head.incident,
        "RowKey": HEAD,
        "state": state,
        "sequence": head.sequence,
        "hash": head.hash,
        "term": head.term,
    }


def head_of(row: Row) -> Head:
    """The head in the row."""
    return Head(
        incident=row["PartitionKey"],
        state=row.json("state"),
        sequence=row["sequence"],
        hash=row["hash"],
        term=row["term"],
        etag=row.etag,
    )


def lease_row(incident: str, owner: str, term: int, mark: str) -> dict[str, Any]:
    """The lease's row; no owner means that it is free."""
    return {"PartitionKey": incident, "RowKey": LEASE, "owner": owner, "term": term, "mark": mark}
