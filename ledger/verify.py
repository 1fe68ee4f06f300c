"""Whether a chain is what was written: every entry by its own hash and its place, the whole by its anchors.

A chain alone cannot show that its tail was cut or that all of it was computed anew; anchors can, up to the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from incident.entry import GENESIS, Entry
from ledger.anchors import Anchor, Signed
from ledger.rows import Head


class Fault(StrEnum):
    """What was done to a chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten whole"
    FORGED = "anchor forged"
    NOT_ANCHORED = "not anchored"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The first fault: what, and from which sequence on."""

    fault: Fault
    sequence: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that is kept of a chain, in the order in which it was found."""

    incident: str
    head: Head | None
    entries: tuple[Entry, ...]
    anchors: tuple[Anchor, ...]


def verify(record: Record, *, signed: Signed | None = None) -> Found | None:
    """The first fault, or None. `signed` tells whether a trusted key signed an anchor; without it all are believed."""
    return broken_link(record) or _anchored(record, signed) or _headed(record) or _covered(record)


def broken_link(record: Record) -> Found | None:
    """The first entry that is not what its own hash, its place or the entry before it says."""
    previous = GENESIS
    for place, entry in enumerate(record.entries, start=1):
        if entry.sequence != place:
            return _misplaced(record.entries, place)
        if entry.incident != record.incident or entry.expected != entry.hash:
            return Found(fault=Fault.CHANGED, sequence=place, why="its hash is not that of its content")
        if entry.previous != previous:
            return _relinked(record.anchors, place, previous)
        previous = entry.hash
    return None


def _misplaced(entries: Sequence[Entry], place: int) -> Found:
    if any(entry.sequence == place for entry in entries):
        return Found(fault=Fault.REORDERED, sequence=place, why="another entry stands in its place")
    return Found(fault=Fault.REMOVED, sequence=place, why="the entries after it are there")


def _relinked(anchors: Sequence[Anchor], place: int, previous: str) -> Found:
    """One entry's hash was computed anew: the one before, unless it was the first or is anchored."""
    kept = place == 1 or any((anchor.sequence, anchor.hash) == (place - 1, previous) for anchor in anchors)
    changed = place if kept else place - 1
    return Found(fault=Fault.CHANGED, sequence=changed, why="hashed anew, but its neighbour remembers another hash")


def _anchored(record: Record, signed: Signed | None) -> Found | None:
    sound = 0
    for anchor in sorted(record.anchors, key=lambda anchor: anchor.sequence):
        at = anchor.sequence
        if anchor.incident != record.incident or at < 1 or (signed and not signed(anchor)):
            return Found(fault=Fault.FORGED, sequence=at, why="no trusted key signed the anchor of this incident here")
        if at > len(record.entries):
            return Found(
                fault=Fault.TRUNCATED, sequence=len(record.entries) + 1, why=f"an anchor tells of {at} entries"
            )
        if record.entries[at - 1].hash != anchor.hash:
            return Found(fault=Fault.REWRITTEN, sequence=sound + 1, why=f"the anchor at {at} tells of another chain")
        sound = at
    return None


def _headed(record: Record) -> Found | None:
    count = len(record.entries)
    last = record.entries[-1].hash if record.entries else GENESIS
    if record.head is None:
        return Found(fault=Fault.REMOVED, sequence=count, why="the chain has no head")
    if record.head.sequence > count:
        return Found(fault=Fault.TRUNCATED, sequence=count + 1, why=f"the head tells of {record.head.sequence} entries")
    if (record.head.sequence, record.head.hash) != (count, last):
        return Found(fault=Fault.CHANGED, sequence=record.head.sequence, why="the head is not that of the last entry")
    return None


def _covered(record: Record) -> Found | None:
    covered = max((anchor.sequence for anchor in record.anchors), default=0)
    if covered == len(record.entries):
        return None
    return Found(fault=Fault.NOT_ANCHORED, sequence=covered + 1, why="nothing outside the tables vouches for the tail")
