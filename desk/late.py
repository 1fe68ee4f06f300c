"""When the logs are read again: rows follow their request, and Azure promises no time within which they do."""

from collections.abc import Iterable
from datetime import timedelta

from incident.entry import Entry
from ledger import Work

KIND = "late"
TURN = "reread"
AFTER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""How long after the first disclosure list each turn is; what comes later still is for a person to ask for."""


def owed(incident: str, entries: Iterable[Entry]) -> Work | None:
    """The turn that the chain still owes: none before the first list, and none after the last turn."""
    told = list(entries)
    first = next((entry.at for entry in told if entry.kind == "disclosure"), None)
    nth = max((entry.body["turn"] for entry in told if entry.kind == TURN), default=0)
    if first is None or nth == len(AFTER):
        return None
    return Work(incident=incident, kind=KIND, due=first + AFTER[nth], body={"turn": nth + 1})
