"""One turn of reading the logs again: what came late is entered, and everything that rests on it is reckoned anew.

A disclosure list that has grown is a version of its own beside the earlier one. The clocks are reckoned with the
earliest reading by a stranger among the ways of knowing; a scope that was proposed is proposed again; a closing that
rested on the absence of access stands no longer. Whether those who were cut off are still served is listened for. Each
turn is entered, so that the chain says until when the logs were
read.
"""

from dataclasses import replace
from typing import Any

from desk import carry, evidence, late, scope, silence, tell
from desk.parts import Parts
from incident.entry import Draft, Entry
from ledger import Work
from responders.progress import Progress

GROWN = "Tourniquet.Disclosure.Grown"


async def read_again(parts: Parts, work: Work) -> None:
    """Read the logs of the incident once more; then the next turn is owed, if there is one."""
    incident = work.incident
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    due = late.owed(incident, entries)
    if due is None or due.due > parts.now():
        await parts.ledger.settle(work.id, then=due)
        return
    turn = due.body["turn"]
    done = Draft(kind=late.TURN, at=parts.now(), body={"turn": turn})
    then = late.owed(incident, [*entries, Entry.bare(done, incident=incident)])
    found = await evidence.again(parts, incident, entries, last=then is None)
    grown = [draft.body for draft in found if draft.kind == "disclosure"]
    told = [_notice(parts, incident, turn, body) for body in grown]
    heard = await silence.listen(parts, Progress.of(incident, entries))
    owed = carry.work(parts, incident)
    if grown or heard:
        await parts.ledger.owe(owed)
    done = replace(done, body={"turn": turn, "grown": len(grown)})
    await parts.ledger.append(incident, [*found, *heard, done, *(await tell.send(parts, told) if told else ())])
    if grown:
        await scope.propose_again(parts, incident)
    if grown or heard:
        await carry.go_on(parts, incident, owed)
    await parts.ledger.settle(work.id, then=then)


def _notice(parts: Parts, incident: str, turn: int, body: Any) -> dict[str, Any]:
    subject = f"{body['resource']}/{turn}"
    said = {name: body[name] for name in ("access", "objects", "reads") if name in body}
    return tell.notice(parts, incident, GROWN, subject, said)
