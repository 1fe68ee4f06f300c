"""The clocks that an incident starts, reckoned from its earliest signal, and where reminders look for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from compliance import ladder
from compliance.engine import reckon
from compliance.reading import read_facts
from compliance.reckoning import Clock
from compliance.rulebook import shipped
from desk.parts import Parts
from incident.entry import Draft, Entry
from ledger import Rung

UNKNOWN = 500
"""How many persons are taken to be affected until somebody knows: the reading with the earlier dates (164.408(b))."""


async def start(parts: Parts, incident: str) -> None:
    """Keep every clock that is not in the chain yet, its first reminder first: a crash between leaves a reminder."""
    entries = (await parts.ledger.chain(incident)).entries
    if not owed(entries):
        return
    known = {entry.body["clock"] for entry in entries if entry.kind == "clock"}
    fresh = [clock for clock in reckoned(parts, entries) if clock.id not in known]
    for clock in fresh:
        await _remember(parts, incident, clock)
    if fresh:
        await parts.ledger.append(incident, [_draft(clock, parts.now()) for clock in fresh])


def owed(entries: Sequence[Entry]) -> bool:
    """Whether the incident starts clocks: PHI was seen exposed, or a person has yet to rule it out."""
    findings = [entry.body for entry in entries if entry.kind == "finding"]
    return any(finding["exposed"] or finding["disposition"] == "review" for finding in findings)


def reckoned(parts: Parts, entries: Sequence[Entry]) -> tuple[Clock, ...]:
    """The clocks under the law as shipped, from the earliest moment at which anybody could know."""
    since = min(entry.body["earliest"] for entry in entries if entry.kind == "signal")
    facts = read_facts(
        {
            "entity_zone": parts.policy.entity.zone,
            "role": parts.policy.entity.role,
            "discovery": {"known_at": since},
            "total": UNKNOWN,
            "documents": {"incident record": {"created": since[:10]}},
        }
    )
    return reckon(facts, shipped()).clocks


async def _remember(parts: Parts, incident: str, clock: Clock) -> None:
    rung = ladder.next_rung(clock, parts.now())
    if rung:
        await parts.ledger.deadlines.put(rung_of(incident, clock, rung), now=parts.now())


def rung_of(incident: str, clock: Clock, rung: ladder.Rung) -> Rung:
    """The rung as the table keeps it, with what the ladder needs to find the next one."""
    body = {"start": clock.start.isoformat(), "kind": clock.kind.value, "recipient": clock.recipient}
    return Rung(incident=incident, clock=clock.id, name=rung.name, at=rung.at, deadline=clock.due_at, body=body)


def _draft(clock: Clock, now: datetime) -> Draft:
    body: dict[str, Any] = {
        "clock": clock.id,
        "due": clock.due.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "start": clock.start.isoformat(),
        "obligor": clock.obligor,
        "recipient": clock.recipient,
        "citation": clock.citation,
        "basis": clock.basis,
        "provisional": f"the number of persons is not known yet; reckoned as {UNKNOWN} or more",
    }
    return Draft(kind="clock", at=now, body=body)
