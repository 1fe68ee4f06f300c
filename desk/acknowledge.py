"""Acknowledgements: a person has seen a page and answers for it, so nobody else is woken for it."""

from collections.abc import Sequence

from desk import carry
from desk.duties import duties
from desk.parts import Parts
from desk.register import legal
from incident.entry import Draft
from incident.errors import Refused, Unknown
from incident.person import Person


async def acknowledge(parts: Parts, person: Person, incident: str, clocks: Sequence[str] = ()) -> None:
    """Enter who answers for the named clocks, or for all. It ends open pages; a later rung pages again.

    Unknown when there is no such incident, Refused when it has no such clock.
    """
    entries = await legal(parts, incident)
    if not entries:
        raise Unknown(f"there is no incident {incident}")
    if unknown := sorted(set(clocks) - set(duties(entries))):
        raise Refused(f"no such clock: {', '.join(unknown)}", code="UnknownClock")
    body = {"clocks": sorted(set(clocks))}
    await parts.ledger.append(incident, [Draft(kind="acknowledgement", at=parts.now(), by=person.id, body=body)])
    await carry.anchor(parts, incident)
