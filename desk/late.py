"""When the logs are read again: rows follow their request, and Azure promises no time within which they do."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from incident.entry import Entry
from incident.plan import Outcome
from ledger import Work
from responders.silence import SILENT

KIND = "late"
TURN = "reread"
AFTER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""How long after each start the logs are read again; what comes later still is for a person to ask for."""
CUT = (Outcome.CONTAINED.value, Outcome.UNPROVED.value)


def owed(incident: str, entries: Iterable[Entry]) -> Work | None:
    """The next turn that the chain still owes: none before the first start, and none when each has had its three."""
    told = list(entries)
    turns = [place for place, entry in enumerate(told) if entry.kind == TURN]
    had = {start: sum(turn > start for turn in turns) for start in _starts(told)}
    dues = [told[start].at + AFTER[nth] for start, nth in had.items() if nth < len(AFTER)]
    return Work(incident=incident, kind=KIND, due=min(dues), body={"turn": len(turns) + 1}) if dues else None


def _starts(entries: Sequence[Entry]) -> Iterator[int]:
    """Where rows may follow from: each resource's first disclosure list, and each cut whose effect the log tells."""
    listed: set[str] = set()
    for place, entry in enumerate(entries):
        if entry.kind == "disclosure" and entry.body["resource"] not in listed:
            listed.add(entry.body["resource"])
            yield place
    yield from _cuts(entries)


def _cuts(entries: Sequence[Entry]) -> Iterator[int]:
    silent = {
        row["key"]
        for entry in entries
        if entry.kind == "plan"
        for row in entry.body["steps"]
        if row["measure"] in SILENT
    }
    for place, entry in enumerate(entries):
        if entry.kind == "step" and entry.body["step"] in silent and entry.body["outcome"] in CUT:
            yield place
