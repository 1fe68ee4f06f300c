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
    "paused": "Tourniquet.Incident.Paused",
    "rejected": "Tourniquet.Incident.Rejected",
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


async def send(parts: Parts, events: Iterable[dict[str, Any]], *, must: bool = False) -> list[Draft]:
    """Publish the events and give the entries that say so; what cannot be sent is entered with the reason.

    `must`: the failure is raised instead, for events that somebody will send again.
    """
    listed = list(events)
    why = "no topic is configured"
    if parts.settings.events_topic:
        try:
            await parts.cloud.publish(listed)
            why = ""
        except TourniquetError as fault:
            if must:
                raise
            why = str(fault)
    return [
        Draft(kind="notice", at=parts.now(), body={**_kept(event), "published": not why, "why": why})
        for event in listed
    ]


def _kept(event: dict[str, Any]) -> dict[str, Any]:
    """What the ledger holds of the event: not whose phone rang."""
    data = {name: value for name, value in event["data"].items() if name != "address"}
    return {"id": event["id"], "type": event["type"], "subject": event["subject"], "data": data}
