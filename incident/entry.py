"""An entry of the ledger: one thing that was claimed, decided, intended, done or owed, chained to the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from incident.canonical import digest

GENESIS = "0" * 64
SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is to be entered. `by`: `tourniquet` or a person's object id; `body`: JSON, no secret, no PHI."""

    kind: str
    at: datetime
    body: Mapping[str, Any]
    by: str = "tourniquet"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A draft in its place: `hash` covers everything else here, the previous entry's hash included."""

    incident: str
    sequence: int
    kind: str
    at: datetime
    by: str
    body: Mapping[str, Any]
    previous: str
    schema: int = SCHEMA
    hash: str = ""

    @classmethod
    def of(cls, draft: Draft, *, incident: str, sequence: int, previous: str) -> Self:
        """The draft, chained behind `previous`."""
        return cls.bare(draft, incident=incident, sequence=sequence, previous=previous).sealed()

    @classmethod
    def bare(cls, draft: Draft, *, incident: str, sequence: int = 0, previous: str = GENESIS) -> Self:
        """The draft in its place, without its hash: to be read before it is entered, never kept."""
        return cls(
            incident=incident,
            sequence=sequence,
            kind=draft.kind,
            at=draft.at,
            by=draft.by,
            body=draft.body,
            previous=previous,
        )

    def sealed(self) -> Self:
        """The same entry with its hash computed anew."""
        return type(self)(**{**vars(self), "hash": self.expected})

    @property
    def expected(self) -> str:
        """The hash that an untouched entry carries."""
        return digest({name: value for name, value in vars(self).items() if name != "hash"})
