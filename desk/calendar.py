"""Deadlines as a calendar (RFC 5545): one event per clock, with a UID that stays and a SEQUENCE that grows."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from desk.duties import Duty
from desk.exercises import last_year
from desk.parts import Parts
from incident.contacts import ESCALATION
from incident.entry import Entry

if TYPE_CHECKING:
    from icalendar import Calendar, Event

MOST = 200
"""Incidents in one calendar, the newest."""


async def calendar(parts: Parts) -> bytes:
    """The calendar of the clocks of the newest incidents and the last year's exercises.

    One that ended or was met stays as a cancelled event.
    """
    from icalendar import Calendar

    page = Calendar()
    page.add("prodid", "-//Tourniquet//Deadlines//EN")
    page.add("version", "2.0")
    page.add("x-wr-calname", "Breach deadlines")
    names = [row.incident for row in await parts.ledger.newest(MOST)] + last_year(parts)
    chains = await asyncio.gather(*(parts.ledger.entries(name, "clock") for name in names))
    for name, entries in zip(names, chains, strict=True):
        _enter(page, name, entries)
    return bytes(page.to_ical())


def _enter(page: "Calendar", incident: str, entries: Iterable[Entry]) -> None:
    """The last word on every clock; SEQUENCE is how often it has been changed."""
    told: dict[str, list[Duty]] = {}
    for entry in entries:
        told.setdefault(entry.body["clock"], []).append(Duty.of(entry.body, entry.at))
    for versions in told.values():
        page.add_component(_event(incident, versions[-1], sequence=len(versions) - 1))


def _event(incident: str, duty: Duty, *, sequence: int) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", f"{duty.key}.{incident}@tourniquet")
    event.add("sequence", sequence)
    event.add("dtstamp", duty.since or duty.clock.start)
    event.add("summary", f"{incident}: {duty.clock.recipient}")
    event.add("description", "\n".join(_words(duty)))
    event.add("status", "CONFIRMED" if duty.running else "CANCELLED")
    _time(event, duty)
    return event


def _time(event: "Event", duty: Duty) -> None:
    """A whole local day, or the instant where hours are counted."""
    if duty.clock.by_hour:
        event.add("dtstart", duty.clock.due_at)
        event.add("duration", timedelta(minutes=15))
        return
    event.add("dtstart", duty.clock.due)
    event.add("dtend", duty.clock.due + timedelta(days=1))


def _words(duty: Duty) -> Iterator[str]:
    yield f"{duty.clock.id}, {duty.clock.citation}"
    yield duty.clock.basis
    if duty.clock.not_before:
        yield f"No notice before {duty.clock.not_before}."
    if duty.provisional:
        yield f"Provisional: {duty.provisional}."
    if duty.entity:
        yield f"Covered entity: {duty.entity} ({duty.side.value} owe it)."
    if not duty.running:
        yield f"{duty.state.value.capitalize()}: {duty.why}."


def call_tree(parts: Parts) -> str:
    """Whom to call when mail and chat cannot be trusted, in the order in which they are woken; fit for print."""
    order = sorted(parts.policy.contacts, key=lambda contact: ESCALATION.index(contact.role))
    lines = [f"{place}. {contact.role.replace('_', ' ')}" for place, contact in enumerate(order, 1)]
    ways = [[f"     {way.kind}: {way.address}" for way in contact.ways if way.outside] for contact in order]
    told = [line for head, own in zip(lines, ways, strict=True) for line in (head, *own)]
    head = [f"Call tree, {parts.policy.entity.name}", "These ways do not depend on the tenant.", ""]
    return "\n".join([*head, *(told or ["The policy names nobody."]), ""])
