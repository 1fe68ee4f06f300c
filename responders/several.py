"""Many entries of one kind as few: the states and intents of fifty accounts go into one transaction with their plan."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from incident.canonical import canonical
from incident.entry import Draft

PLURAL = {"prior": "priors", "intent": "intents"}
FEW = 8
LONGEST = 24_000  # characters of canonical JSON: a row takes 32,000, each quote in it counted twice


def gathered(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts in their order; of a kind with a plural, more than eight in a row become entries that hold several."""
    runs = ((kind, list(run)) for kind, run in groupby(drafts, key=lambda draft: draft.kind))
    return [draft for kind, run in runs for draft in (_joined(run) if kind in PLURAL and len(run) > FEW else run)]


def each(kind: str, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The bodies that an entry holds: its own, or under a plural kind those that were gathered."""
    several: Sequence[Mapping[str, Any]] = body[kind] if kind in PLURAL.values() else (body,)
    return several


def _joined(run: Sequence[Draft]) -> Iterator[Draft]:
    kind = PLURAL[run[0].kind]
    for part in _parts(run):
        yield replace(part[0], kind=kind, body={kind: [draft.body for draft in part]})


def _parts(run: Iterable[Draft]) -> Iterator[list[Draft]]:
    """The drafts in order, as many together as one row takes."""
    part: list[Draft] = []
    room = LONGEST
    for draft in run:
        size = len(canonical(draft.body))
        if part and size > room:
            yield part
            part, room = [], LONGEST
        part.append(draft)
        room -= size
    yield part
