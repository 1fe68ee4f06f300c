"""Disposal: what is sealed of an incident is deleted once nothing keeps it, and the chain says so.

Only the restricted container is emptied, of this incident: letters, lists and words that may name patients. The chain
and its hashes stay, and so does counsel's own workspace.
"""

from desk import carry, clocks, privilege
from desk.duties import duties
from desk.parts import Parts
from incident.entry import Draft
from incident.errors import Refused
from incident.person import Person


async def dispose(parts: Parts, person: Person, incident: str) -> int:
    """How many sealed documents are gone. Unknown without the incident.

    Refused under a litigation hold, within six years, and while a deadline of ours is open. The intent is entered
    first: what a crash leaves is disposed of when it is asked again.
    """
    await _check(parts, incident)
    names = await parts.ledger.restricted.held(incident)
    await _enter(parts, person, incident, "intended", len(names))
    await privilege.check_disposal(parts, incident)
    await parts.ledger.restricted.dispose(names)
    await _enter(parts, person, incident, "done", len(names))
    await carry.anchor(parts, incident)
    return len(names)


async def _check(parts: Parts, incident: str) -> None:
    if clocks.earliest(duties((await parts.ledger.chain(incident)).of("clock"))):
        raise Refused("a deadline is open: record what was sent, or close the incident", code="DeadlineOpen")
    await privilege.check_disposal(parts, incident)


async def _enter(parts: Parts, person: Person, incident: str, word: str, documents: int) -> None:
    body = {"disposal": word, "documents": documents}
    await parts.ledger.append(incident, [Draft(kind="disposal", at=parts.now(), by=person.id, body=body)])
