"""The daily digest: one per person and day, with every reminder since the last; nobody's phone rings for it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from desk import tell
from desk.parts import Parts
from incident.canonical import digest
from incident.contacts import Contact
from ledger import Line

DIGEST = "Tourniquet.Digest"
SOURCE = "/tourniquet/digests"
MOST = 200
"""Lines in one event; the rest is counted."""


async def deliver(parts: Parts) -> int:
    """The digests of every day that is due and has lines; how many went out."""
    local = parts.now().astimezone(ZoneInfo(parts.policy.entity.zone))
    if local.hour < parts.policy.reminders.digest_hour:
        return 0
    days: dict[date, list[Line]] = defaultdict(list)
    for line in await parts.ledger.digests.waiting(local.date()):
        days[line.day].append(line)
    if not days:
        return 0
    events = [event for day, lines in sorted(days.items()) for event in _events(parts, day, lines)]
    await tell.send(parts, events, must=True)
    await parts.ledger.digests.tell(local.date())
    return len(events)


def _events(parts: Parts, day: date, lines: Sequence[Line]) -> list[dict[str, Any]]:
    contacts = parts.policy.contacts
    return [_event(parts, day, lines, contact) for contact in contacts] if contacts else [_event(parts, day, lines)]


def _event(parts: Parts, day: date, lines: Sequence[Line], contact: Contact | None = None) -> dict[str, Any]:
    """A CloudEvent whose id is made of the day and the person."""
    role = contact.role if contact else "on call"
    ordered = sorted(lines, key=lambda line: (line.body["due_at"], line.incident, line.key))
    told = [{"incident": line.incident, **line.body} for line in ordered[:MOST]]
    return {
        "specversion": "1.0",
        "id": digest([DIGEST, day, role])[:32],
        "source": SOURCE,
        "type": DIGEST,
        "subject": f"{day.isoformat()}/{role}",
        "time": parts.now().isoformat(),
        "datacontenttype": "application/json",
        "data": {"day": day.isoformat(), "to": role, **_way(contact), "lines": told, "more": len(lines) - len(told)},
    }


def _way(contact: Contact | None) -> dict[str, str]:
    return {"way": contact.ways[0].kind, "address": contact.ways[0].address} if contact else {}
