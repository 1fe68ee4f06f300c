"""Exemptions from a policy end: whoever allowed one hears of it a day before, and what stands when it is over.

Each turn reads the exemption itself, and tells if it was written again to last longer than was known.
"""

from collections.abc import Sequence

from desk import exempted, tell
from desk.parts import Parts
from incident.entry import Draft, Entry
from incident.errors import Gone
from incident.resource import ResourceId
from incident.target import Before
from ledger import Work

NOTICES = {
    "soon": "Tourniquet.Exemption.EndsSoon",
    "over": "Tourniquet.Exemption.Over",
    "renewed": "Tourniquet.Exemption.Renewed",
}


async def owe(parts: Parts, incident: str, entries: Sequence[Entry]) -> None:
    """The next turn is open work."""
    if work := exempted.owed(incident, entries):
        await parts.ledger.owe(work)


async def look(parts: Parts, work: Work) -> None:
    """Every exemption whose turn has come; then the next turn is owed."""
    incident, now = work.incident, parts.now()
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    told: list[Draft] = []
    for one in exempted.exempted(incident, entries):
        if one.due and one.due <= now:
            told += await _looked(parts, incident, one)
    if told:
        await parts.ledger.append(incident, told)
    then = exempted.owed(incident, [*entries, *(Entry.bare(draft, incident=incident) for draft in told)])
    await parts.ledger.settle(work.id, then=then)


async def _looked(parts: Parts, incident: str, one: exempted.Exempted) -> list[Draft]:
    state = await _state(parts, one.exemption)
    word, ends = one.word(state, parts.now()), state.properties.get("expiresOn") if state else None
    said = {"exemption": one.exemption.text, "ends": ends}
    seen = Draft(kind=exempted.KIND, at=parts.now(), body={**said, "word": word, "at": parts.now().isoformat()})
    if word not in NOTICES:
        return [seen]
    subject = f"{one.exemption.key}/{word}/{ends}"
    event = tell.notice(parts, incident, NOTICES[word], subject, {**said, "approvers": _approvers(one, state)})
    return [seen, *await tell.send(parts, [event])]


async def _state(parts: Parts, exemption: ResourceId) -> Before | None:
    try:
        return await parts.cloud.arm.read(exemption)
    except Gone:
        return None


def _approvers(one: exempted.Exempted, state: Before | None) -> list[str]:
    """Object ids of those who allowed it: who agreed to its end, else whom it names itself."""
    agreed = [said.by for said in one.step.consent.said] if one.step else []
    named = ((state.properties if state else {}).get("metadata") or {}).get("approvers")
    return agreed or [str(each) for each in (named if isinstance(named, list) else [])]
