"""What is to be told: notices as CloudEvents, to the topic where there is one, into the chain in any case."""

from collections.abc import Iterable, Sequence
from typing import Any

from desk.parts import Parts
from desk.status import status
from incident.canonical import digest
from incident.entry import Draft, Entry
from incident.errors import TourniquetError

SOURCE = "/tourniquet/incidents"
TOLD = {
    "contained": "Tourniquet.Incident.Contained",
    "needs a person": "Tourniquet.Incident.NeedsPerson",
    "waiting for approval": "Tourniquet.Incident.ApprovalRequested",
    "watched": "Tourniquet.Incident.Watched",
    "undone": "Tourniquet.Incident.Undone",
}


def notice(parts: Parts, incident: str, kind: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    """A CloudEvent whose id is the hash of incident, kind and subject: told twice, it is the same event."""
    return {
        "specversion": "1.0",
        "id": digest([incident, kind, subject])[:32],
        "source": f"{SOURCE}/{incident}",
        "type": kind,
        "subject": subject,
        "time": parts.now().isoformat(),
        "datacontenttype": "application/json",
        "data": {"incident": incident, **data},
    }


async def outcomes(parts: Parts, incident: str, entries: Sequence[Entry]) -> list[Draft]:
    """The notice of where the incident stands, unless it has been told."""
    state = status(incident, entries)
    kind = TOLD.get(state["status"])
    if kind is None:
        return []
    marker = f"{state['status']}/{sum(entry.kind in ('step', 'plan') for entry in entries)}"
    event = notice(parts, incident, kind, marker, {"status": state["status"], "classes": state["classes"]})
    if any(entry.kind == "notice" and entry.body["id"] == event["id"] for entry in entries):
        return []
    return await send(parts, [event])


async def send(parts: Parts, events: Iterable[dict[str, Any]]) -> list[Draft]:
    """Publish the events and give the entries that say so; one that cannot be sent is entered with the reason."""
    listed = list(events)
    why = "no topic is configured"
    if parts.settings.events_topic:
        try:
            await parts.cloud.publish(listed)
            why = ""
        except TourniquetError as fault:
            why = str(fault)
    return [
        Draft(kind="notice", at=parts.now(), body={**_kept(event), "published": not why, "why": why})
        for event in listed
    ]


def _kept(event: dict[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in ("id", "type", "subject", "data")}
