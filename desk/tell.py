"""What is to be told: notices as CloudEvents, to the topic where there is one, into the chain in any case."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from desk.parts import Parts
from desk.status import status, steps, word
from incident.canonical import digest
from incident.entry import Draft, Entry
from incident.errors import TourniquetError
from ledger import Work
from ledger.notices import NO_TOPIC, NOTICE, unsent
from responders.progress import Progress

SOURCE = "/tourniquet/incidents"
KIND = NOTICE
KEPT = ("id", "type", "subject", "data")
AGAIN, RARELY = timedelta(minutes=1), timedelta(hours=1)
"""How soon a notice that could not be published is tried again, at first and at last: each time twice as long."""
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
    subject = f"{state['status']}/{_standing(incident, entries, state['status'])}"
    said = {"status": state["status"], "classes": state["classes"], **_uncontained(entries)}
    return await once(parts, entries, notice(parts, incident, kind, subject, said))


async def once(parts: Parts, entries: Iterable[Entry], event: dict[str, Any]) -> list[Draft]:
    """The event is sent, unless one of these entries says that it was."""
    known = any(entry.kind == KIND and entry.body["id"] == event["id"] for entry in entries)
    return [] if known else await send(parts, [event])


def _uncontained(entries: Iterable[Entry]) -> dict[str, Any]:
    """The stores that are only detected, by name."""
    found = [each for entry in entries if entry.kind == "finding" for each in entry.body.get("uncontained", ())]
    return {"uncontained": sorted({each["store"] for each in found})} if found else {}


def _standing(incident: str, entries: Sequence[Entry], status: str) -> str:
    """What makes it stand so, by a digest: the steps of that word, and when each ended. Nothing else tells it anew."""
    concerned = [state for state in steps(Progress.of(incident, entries)) if word(state) == status]
    return digest(sorted([state.step.key, state.step.hash, str(state.ended_at)] for state in concerned))[:16]


async def send(parts: Parts, events: Iterable[dict[str, Any]], *, must: bool = False) -> list[Draft]:
    """Publish the events and give the entries that say so; what cannot be sent is entered, and owed, with the reason.

    `must`: the failure is raised instead, for events that somebody will send again.
    """
    listed = list(events)
    why = NO_TOPIC
    if parts.settings.events_topic:
        try:
            await parts.cloud.publish(listed)
            why = ""
        except TourniquetError as fault:
            if must:
                raise
            why = str(fault)
            await _owe(parts, listed)
    return [_entered(parts, _kept(event), why) for event in listed]


async def again(parts: Parts, work: Work) -> bool:
    """Publish what the chain says was not published, under the same ids; while it cannot be sent it stays owed."""
    owed = unsent(await parts.ledger.entries(work.incident, KIND))
    try:
        await parts.cloud.publish([_event(work.incident, entry) for entry in owed])
    except TourniquetError:
        await later(parts, work)
        return False
    if owed:
        drafts = [_entered(parts, {name: entry.body[name] for name in KEPT}, "") for entry in owed]
        await parts.ledger.append(work.incident, drafts)
    await parts.ledger.settle(work.id)
    return True


async def later(parts: Parts, work: Work) -> None:
    """It stays owed; nothing is tried now."""
    turn = work.body.get("turn", 0) + 1
    due = parts.now() + min(RARELY, AGAIN * 2 ** min(turn, 10))
    await parts.ledger.settle(work.id, then=replace(work, due=due, body={"turn": turn}))


async def _owe(parts: Parts, events: Iterable[dict[str, Any]]) -> None:
    due = parts.now() + AGAIN
    for chain in {event["data"].get("incident") for event in events} - {None}:
        await parts.ledger.owe(Work(incident=chain, kind=KIND, due=due))


def _event(incident: str, entry: Entry) -> dict[str, Any]:
    """The event as it was, from its entry."""
    return {
        "specversion": "1.0",
        "source": f"{SOURCE}/{incident}",
        "time": entry.at.isoformat(),
        "datacontenttype": "application/json",
        **{name: entry.body[name] for name in KEPT},
    }


def _entered(parts: Parts, kept: dict[str, Any], why: str) -> Draft:
    return Draft(kind=KIND, at=parts.now(), body={**kept, "published": not why, "why": why})


def _kept(event: dict[str, Any]) -> dict[str, Any]:
    """What the ledger holds of the event: not whose phone rang."""
    data = {name: value for name, value in event["data"].items() if name != "address"}
    return {"id": event["id"], "type": event["type"], "subject": event["subject"], "data": data}
