"""Keys and signals: which incident a thing belongs to, decided once, for all processes.

A key row says `key -> incident` and is inserted once. Keys are taken one after another in one order, so of two
processes with the same keys only one gets the first, and the other follows it. A process that meets an incident on a
later key gives its own up and points the keys it had taken to that one. Until an incident has a head its keys may
still be pointed elsewhere: whoever finds an incident without a head claims again, and after some patience completes it
(`Ledger.begin` lets only one succeed).

An alert's id stays what it is; a cause passes. A key of a `Spell` holds as long as the matter goes on, and is taken
over by whoever finds it past that: no half hour that ticks over splits a cause, and none goes on for ever.
"""

import hashlib
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from incident.canonical import canonical
from ledger.commits import Commits
from ledger.tables import Conflict, Lost, Row, Tables, together

KEYS, SIGNALS = "keys", "signals"
FRESHNESS = 6


@dataclass(frozen=True, kw_only=True)
class Spell:
    """Keys that hold for a while, seen `at`: one matter until `gap` passes without it, at most `longest` in all."""

    keys: frozenset[str]
    at: datetime
    gap: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=24)

    def over(self, row: Row) -> bool:
        """Whether what the row stands for had ended before: this is another matter."""
        return self.at > _time(row, "last") + self.gap or self.at > _time(row, "first") + self.longest

    def worn(self, row: Row) -> bool:
        """Whether the row should hear that the matter goes on: not each time, a sixth of the gap is near enough."""
        return self.at > _time(row, "last") + self.gap / FRESHNESS

    def times(self, first: datetime | None = None) -> dict[str, str]:
        """What the row keeps: when the matter began, and when it was told of last."""
        return {"first": (first or self.at).isoformat(), "last": self.at.isoformat()}


@dataclass(frozen=True, kw_only=True, order=True)
class Found:
    """A key that somebody else had taken: for which incident, and since when (the service's clock)."""

    since: datetime
    incident: str


@dataclass
class Keys:
    """The tables `keys` and `signals`; a storm's signals commit together."""

    tables: Tables
    commits: Commits = field(init=False)

    def __post_init__(self) -> None:
        self.commits = Commits(self.tables, SIGNALS)

    async def close(self) -> None:
        """What is being written is waited for."""
        await self.commits.close()

    async def claim(self, keys: Sequence[str], incident: str, spell: Spell | None = None) -> str:
        """The incident that the keys belong to: this one, unless a key was taken; the earliest, if several were.

        `spell` names those among the keys that pass, and when they were seen.
        """
        own: list[str] = []
        rest = deque(sorted(set(keys)))
        while rest:
            found = await self._taken(rest[0], incident, spell)
            if found:
                return await self._follow(found, own, list(rest)[1:], incident, spell)
            own.append(rest.popleft())
        return incident

    async def _taken(self, key: str, incident: str, spell: Spell | None) -> Found | None:
        """The other incident that has the key; None when it is this one's."""
        passing = spell if spell and key in spell.keys else None
        row = await self.tables.insert(KEYS, {**key_row(key, incident), **(passing.times() if passing else {})})
        if row is None or row["incident"] == incident:
            return None
        if passing and "last" in row.values:
            return await self._going_on(key, row, incident, passing)
        return Found(since=row.written, incident=row["incident"])

    async def _going_on(self, key: str, row: Row, incident: str, spell: Spell) -> Found | None:
        """The incident of a matter that goes on, which hears of it; None when it is over and the key was taken over."""
        first = _time(row, "first")
        if not (over := spell.over(row)) and not spell.worn(row):
            return Found(since=first, incident=row["incident"])
        heir, times = (incident, spell.times()) if over else (row["incident"], spell.times(first))
        try:
            await self.tables.replace(KEYS, {**key_row(key, heir), **times}, etag=row.etag)
        except (Conflict, Lost):
            return await self._taken(key, incident, spell)
        return None if over else Found(since=first, incident=heir)

    async def _follow(
        self, first: Found, own: Sequence[str], rest: Sequence[str], incident: str, spell: Spell | None
    ) -> str:
        """The earliest incident met, `first` and on the keys that were left; those taken before point to it."""
        others = await together(self._taken(key, first.incident, spell) for key in rest)
        winner = min([first, *(found for found in others if found)]).incident
        await together(self._point(key, incident, winner) for key in own)
        return winner

    async def _point(self, key: str, incident: str, winner: str) -> None:
        """The key that pointed to `incident` points to `winner`; one that somebody else has moved stays as it is."""
        row = await self._key(key)
        if row is None or row["incident"] != incident:
            return
        times = {name: row[name] for name in ("first", "last") if name in row.values}
        try:
            await self.tables.replace(KEYS, {**key_row(key, winner), **times}, etag=row.etag)
        except Conflict:
            return
        except Lost:
            await self._point(key, incident, winner)

    async def find(self, key: str) -> str | None:
        """The incident that the key points to, whether or not the matter goes on; None where nobody has taken it."""
        row = await self._key(key)
        return None if row is None else str(row["incident"])

    async def lead(self, key: str, incident: str) -> None:
        """The key points to the incident, wherever it pointed before."""
        await self.tables.put(KEYS, key_row(key, incident))

    async def _key(self, key: str) -> Row | None:
        values = key_row(key, "")
        return await self.tables.read(KEYS, values["PartitionKey"], values["RowKey"])

    async def seen(self, signal: str, row: Mapping[str, Any], incident: str = "") -> str | None:
        """None when the signal is new and now noted; else its incident, or "" when it has none yet: go on with it."""
        values = {**signal_row(signal), "incident": incident, "body": canonical(row).decode()}
        found = await self.commits.insert(values)
        return None if found is None else str(found["incident"])

    async def belongs(self, signal: str, incident: str) -> None:
        """The signal is in the incident's chain."""
        await self.tables.merge(SIGNALS, {**signal_row(signal), "incident": incident})

    async def place(self, signal: str) -> str:
        """The incident that the signal belongs to, or what stands for none; "" while it has not been taken in."""
        values = signal_row(signal)
        found = await self.tables.read(SIGNALS, values["PartitionKey"], values["RowKey"])
        return "" if found is None else str(found["incident"])

    async def signal(self, signal: str) -> Mapping[str, Any] | None:
        """The row that `seen` noted, or None."""
        values = signal_row(signal)
        found = await self.tables.read(SIGNALS, values["PartitionKey"], values["RowKey"])
        return None if found is None else json.loads(found["body"])


def key_row(key: str, incident: str) -> dict[str, str]:
    """A key's row: under its hash, for a key may hold what a row key may not."""
    return {"PartitionKey": hashlib.sha256(key.encode()).hexdigest(), "RowKey": "key", "incident": incident}


def signal_row(signal: str) -> dict[str, str]:
    """Where a signal's row is: in one of sixteen partitions, by the first digit of its hash."""
    return {"PartitionKey": signal[:1], "RowKey": signal}


def _time(row: Row, name: str) -> datetime:
    return datetime.fromisoformat(row[name])
