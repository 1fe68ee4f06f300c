"""Played again: what was parked, and the allow-list over the last thirty days before it is signed."""

from collections.abc import Sequence
from dataclasses import dataclass

from desk import allowed
from desk.intake import Left, Receipt, deliver
from desk.kept import restored
from desk.parts import Parts
from desk.verdict import MONTH, Verdict, lately
from incident.allow import Allow
from incident.entry import Entry
from incident.errors import SignalRejected, Unknown
from incident.person import Person
from incident.resource import ResourceId
from ledger import IndexRow, Parked
from ledger.tables import together

MOST = 1000


async def parked(parts: Parts) -> list[Parked]:
    """What nobody could read, longest first."""
    return await parts.ledger.parked(MOST)


async def replay(parts: Parts, person: Person, names: Sequence[str] = ()) -> list[Receipt | Left]:
    """Take in what is parked, all of it or by name; what still cannot be read stays. Unknown: nothing has the name."""
    wanted = await together(_named(parts, name) for name in names) if names else await parked(parts)
    results = [await _again(parts, person, each) for each in wanted]
    return [result for each in results for result in each]


async def _named(parts: Parts, name: str) -> Parked:
    found = await parts.ledger.lot.find(name)
    if found is None:
        raise Unknown(f"nothing is parked as {name[:80]}")
    return found


async def _again(parts: Parts, person: Person, left: Parked) -> list[Receipt | Left]:
    body = await parts.ledger.lot.body(left, by=person.id, at=parts.now())
    try:
        results = await deliver(parts, body, left.source)
    except SignalRejected as fault:
        return [Left(parked=left.id, reason=str(fault))]
    if all(isinstance(result, Receipt) for result in results):
        await parts.ledger.lot.unpark(left.id)
    return results


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """An incident that an entry would have hidden, and why that matters (empty: it does not)."""

    incident: str
    allow: Allow
    why: str


async def rehearsed(parts: Parts, entries: Sequence[Allow]) -> list[Hidden]:
    """What each entry of an allow-list would have hidden in the last 30 days."""
    rows = await lately(parts, parts.now() - MONTH)
    found = await together(_hidden(parts, row, entries) for row in rows)
    return [each for hidden in found for each in hidden]


async def _hidden(parts: Parts, row: IndexRow, listed: Sequence[Allow]) -> list[Hidden]:
    """The entries that cover a finding of the incident as it was made, whenever they expire."""
    entries = await parts.ledger.whole(await parts.ledger.chain(row.incident))
    why = _matters(row, entries)
    return [Hidden(incident=row.incident, allow=each, why=why) for each in listed if _covers(each, entries)]


def _covers(allow: Allow, entries: Sequence[Entry]) -> bool:
    signals = [restored({**entry.body, "body": None}) for entry in entries if entry.kind == "signal"]
    actors = {actor for signal in signals for actor in allowed.actors(signal)}
    first = signals[0].resources[:1] if signals else ()
    for entry in entries:
        if entry.kind == "finding" and entry.body["disposition"] != "record":
            about = [ResourceId(text) for text in entry.body["targets"]] or first
            if allow.speaks_of(entry.body["incident_class"], about, actors):
                return True
    return False


def _matters(row: IndexRow, entries: Sequence[Entry]) -> str:
    verdict = row.state.get("verdict")
    if verdict == Verdict.TRUE:
        return "a person has found it true"
    findings = [entry.body for entry in entries if entry.kind == "finding"]
    exposed = any(each["exposed"] and not each.get("posture") for each in findings)
    return "PHI was seen exposed, and nobody has said that it was expected" if exposed and not verdict else ""
