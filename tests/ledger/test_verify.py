from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.entry import GENESIS, Draft, Entry
from ledger.anchors import Anchor, LocalSigner, sealed, signed_by
from ledger.chain import chained
from ledger.rows import Head
from ledger.verify import Fault, Found, Record, verify
from tests.ledger.conftest import NOW

BODIES = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.booleans(), max_size=3)


def anchor(entry: Entry) -> Anchor:
    return Anchor(incident=entry.incident, sequence=entry.sequence, hash=entry.hash, at=NOW)


def chain_of(*bodies: Mapping[str, object]) -> tuple[Entry, ...]:
    drafts = [Draft(kind="noted", at=NOW, body=body) for body in bodies]
    return chained(drafts, incident="inc", sequence=0, previous=GENESIS)


def recorded(entries: tuple[Entry, ...], anchored: set[int]) -> Record:
    head = Head(incident="inc", state={}, sequence=len(entries), hash=entries[-1].hash, term=1)
    anchors = tuple(anchor(entry) for entry in entries if entry.sequence in anchored)
    return Record(incident="inc", head=head, entries=entries, anchors=anchors)


@st.composite
def records(draw: st.DrawFn, at_least: int = 1) -> Record:
    """A sound record whose tail is anchored, and some places before it."""
    entries = chain_of(*draw(st.lists(BODIES, min_size=at_least, max_size=8)))
    anchored = draw(st.sets(st.integers(1, len(entries))))
    return recorded(entries, anchored | {len(entries)})


def places(record: Record) -> st.SearchStrategy[int]:
    return st.integers(0, len(record.entries) - 1)


def fault_of(record: Record) -> tuple[Fault, int] | None:
    found = verify(record)
    return (found.fault, found.sequence) if isinstance(found, Found) else None


def with_entries(record: Record, *entries: Entry) -> Record:
    return replace(record, entries=tuple(entries))


@given(records())
def test_a_chain_as_it_was_written_has_no_fault(record: Record) -> None:
    assert verify(record) is None


@given(
    records(),
    st.data(),
    st.sampled_from(
        [
            {"kind": "other"},
            {"by": "somebody"},
            {"body": {"x": "other"}},
            {"at": NOW + timedelta(seconds=1)},
            {"incident": "other"},
            {"previous": "f" * 64},
            {"hash": "f" * 64},
            {"schema": 2},
        ]
    ),
)
def test_a_changed_entry_is_found_and_named(record: Record, data: st.DataObject, change: dict[str, object]) -> None:
    place = data.draw(places(record))
    entries = list(record.entries)
    entries[place] = Entry(**{**vars(entries[place]), **change})
    assert fault_of(with_entries(record, *entries)) == (Fault.CHANGED, place + 1)


@given(records(at_least=2), st.data())
def test_an_entry_changed_and_hashed_anew_is_found_and_named(record: Record, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(record.entries) - 2))
    entries = list(record.entries)
    entries[place] = replace(entries[place], by="somebody else").sealed()
    assert fault_of(with_entries(record, *entries)) == (Fault.CHANGED, place + 1)


@given(records(at_least=2), st.data())
def test_a_removed_entry_is_found_and_named(record: Record, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(record.entries) - 2))
    rest = record.entries[:place] + record.entries[place + 1 :]
    assert fault_of(with_entries(record, *rest)) == (Fault.REMOVED, place + 1)


@given(records(at_least=2), st.data())
def test_two_entries_that_changed_places_are_found_and_named(record: Record, data: st.DataObject) -> None:
    first, second = sorted(data.draw(st.sets(places(record), min_size=2, max_size=2)))
    entries = list(record.entries)
    entries[first], entries[second] = entries[second], entries[first]
    assert fault_of(with_entries(record, *entries)) == (Fault.REORDERED, first + 1)


@given(records(), st.data())
def test_an_entry_told_twice_is_found_and_named(record: Record, data: st.DataObject) -> None:
    place = data.draw(places(record))
    entries = (*record.entries[: place + 1], *record.entries[place:])
    found = fault_of(with_entries(record, *entries))
    expected = Fault.REORDERED if place + 1 < len(record.entries) else Fault.REMOVED
    assert found == (expected, place + 2)


@given(records(), st.data())
def test_a_cut_tail_is_found_and_named_although_the_head_was_set_back(record: Record, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(record.entries) - 1))
    entries = record.entries[:kept]
    last = entries[-1].hash if entries else GENESIS
    head = Head(incident="inc", state={}, sequence=kept, hash=last, term=1)
    assert fault_of(replace(record, entries=entries, head=head)) == (Fault.TRUNCATED, kept + 1)


@given(records(), st.data())
def test_a_chain_computed_anew_is_found_and_named(record: Record, data: st.DataObject) -> None:
    place = data.draw(places(record))
    drafts = [
        Draft(kind=entry.kind, at=entry.at, body=entry.body, by="liar" if number >= place else entry.by)
        for number, entry in enumerate(record.entries)
    ]
    anew = recorded(chained(drafts, incident="inc", sequence=0, previous=GENESIS), set())
    found = verify(replace(anew, anchors=record.anchors))
    assert found
    assert found.fault is Fault.REWRITTEN
    assert found.sequence <= place + 1
    assert all(not found.sequence <= one.sequence <= place for one in record.anchors)


@given(records(at_least=2), st.data())
def test_a_tail_that_nothing_anchors_is_named(record: Record, data: st.DataObject) -> None:
    covered = data.draw(st.integers(0, len(record.entries) - 1))
    anchors = tuple(one for one in record.anchors if one.sequence <= covered)
    last = max((one.sequence for one in anchors), default=0)
    assert fault_of(replace(record, anchors=anchors)) == (Fault.NOT_ANCHORED, last + 1)


@given(records())
def test_a_head_that_tells_something_else_is_found(record: Record) -> None:
    assert record.head
    ahead = replace(record.head, sequence=record.head.sequence + 1)
    assert fault_of(replace(record, head=ahead)) == (Fault.TRUNCATED, len(record.entries) + 1)
    assert fault_of(replace(record, head=replace(record.head, hash="f" * 64))) == (Fault.CHANGED, len(record.entries))
    assert fault_of(replace(record, head=None)) == (Fault.REMOVED, len(record.entries))


@pytest.mark.parametrize("change", [{"at": NOW + timedelta(days=1)}, {"key": "other"}, {"signature": "AAAA"}])
async def test_an_anchor_that_no_trusted_key_signed_is_named(change: dict[str, object]) -> None:
    signer = LocalSigner.fresh()
    record = recorded(chain_of({}), {1})
    anchor = await sealed(record.anchors[0], signer)
    signed = signed_by([signer.key.public_key()])
    assert verify(replace(record, anchors=(anchor,)), signed=signed) is None
    forged = Anchor(**{**vars(anchor), **change})
    found = verify(replace(record, anchors=(forged,)), signed=signed)
    assert found
    assert found.fault is Fault.FORGED


def test_an_anchor_of_another_incident_is_named() -> None:
    record = recorded(chain_of({}), {1})
    other = replace(record.anchors[0], incident="other")
    assert fault_of(replace(record, anchors=(other,))) == (Fault.FORGED, 1)
