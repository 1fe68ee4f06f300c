"""Keys and signals: which incident a thing belongs to, decided once, for all processes.

A key row says `key -> incident` and is inserted once. Keys are taken one after another in one order, so of two
processes with the same keys only one gets the first, and the other follows it. A process that meets an incident on a
later key gives its own up and points the keys it had taken to that one. Until an incident has a head its keys may
still be pointed elsewhere: whoever finds an incident without a head claims again, and after some patience completes it
(`Ledger.begin` lets only one succeed).
"""

import hashlib
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incident.canonical import canonical
from ledger.tables import Conflict, Lost, Row, Tables, together

KEYS, SIGNALS = "keys", "signals"


@dataclass(frozen=True, kw_only=True, order=True)
class Found:
    """A key that somebody else had taken: for which incident, and since when (the service's clock)."""

    since: datetime
    incident: str


@dataclass
class Keys:
    """The tables `keys` and `signals`."""

    tables: Tables

    async def claim(self, keys: Sequence[str], incident: str) -> str:
        """The incident that the keys belong to: this one, unless a key was taken; the earliest, if several were."""
        own: list[str] = []
        rest = deque(sorted(set(keys)))
        while rest:
            found = await self._taken(rest[0], incident)
            if found:
                return await self._follow(found, own, list(rest)[1:], incident)
            own.append(rest.popleft())
        return incident

    async def _taken(self, key: str, incident: str) -> Found | None:
        """The other incident that has the key; None when it is this one's."""
        row = await self.tables.insert(KEYS, key_row(key, incident))
        if row is None or row["incident"] == incident:
            return None
        return Found(since=row.written, incident=row["incident"])

    async def _follow(self, first: Found, own: Sequence[str], rest: Sequence[str], incident: str) -> str:
        """The earliest incident met, `first` and on the keys that were left; those taken before point to it."""
        others = await together(self._taken(key, first.incident) for key in rest)
        winner = min([first, *(found for found in others if found)]).incident
        await together(self._point(key, incident, winner) for key in own)
        return winner

    async def _point(self, key: str, incident: str, winner: str) -> None:
        """The key that pointed to `incident` points to `winner`; one that somebody else has moved stays as it is."""
        row = await self._key(key)
        if row is None or row["incident"] != incident:
            return
        try:
            await self.tables.replace(KEYS, key_row(key, winner), etag=row.etag)
        except Conflict:
            return
        except Lost:
            await self._point(key, incident, winner)

    async def _key(self, key: str) -> Row | None:
        values = key_row(key, "")
        return await self.tables.read(KEYS, values["PartitionKey"], values["RowKey"])

    async def seen(self, signal: str, row: Mapping[str, Any]) -> str | None:
        """None when the signal is new and now noted; else its incident, or "" when it has none yet: go on with it."""
        values = {**signal_row(signal), "incident": "", "body": canonical(row).decode()}
        found = await self.tables.insert(SIGNALS, values)
        return None if found is None else str(found["incident"])

    async def belongs(self, signal: str, incident: str) -> None:
        """The signal is in the incident's chain."""
        await self.tables.merge(SIGNALS, {**signal_row(signal), "incident": incident})

    async def signal(self, signal: str) -> Mapping[str, Any] | None:
        """The row that `seen` noted, or None."""
        values = signal_row(signal)
        found = await self.tables.read(SIGNALS, values["PartitionKey"], values["RowKey"])
        return None if found is None else json.loads(found["body"])


def key_row(key: str, incident: str) -> dict[str, str]:
    """A key's row: under its hash, for a key may hold what a row key may not."""
    return {"PartitionKey": hashlib.sha256(key.encode()).hexdigest(), "RowKey": "key", "incident": incident}


def signal_row(signal: str) -> dict[str, str]:
    """Where a signal's row is."""
    return {"PartitionKey": signal, "RowKey": "signal"}
