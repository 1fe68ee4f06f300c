"""Undo: a person asks, the entry names them, the runner restores only onto the state that we wrote."""

from collections.abc import Sequence

from desk import carry
from desk.parts import Parts
from incident.entry import Draft
from incident.errors import Refused
from incident.person import Person
from incident.plan import Outcome, Recovery
from responders.progress import Progress, StepState

DONE = (Outcome.CONTAINED, Outcome.UNPROVED)


async def undo(parts: Parts, person: Person, incident: str, steps: Sequence[str] = ()) -> None:
    """Undo the named steps, or all that were done. Refused when one cannot be; nothing is undone then."""
    entries = await carry.whole(parts, await parts.ledger.chain(incident))
    progress = Progress.of(incident, entries)
    wanted = _wanted(progress, steps)
    owed = carry.work(parts, incident)
    await parts.ledger.owe(owed)
    body = {"steps": [state.step.key for state in wanted]}
    await parts.ledger.append(incident, [Draft(kind="undo", at=parts.now(), by=person.id, body=body)])
    await carry.go_on(parts, incident, owed)


def _wanted(progress: Progress, steps: Sequence[str]) -> list[StepState]:
    unknown = sorted(set(steps) - set(progress.steps))
    if unknown:
        raise Refused(f"no such step: {', '.join(unknown)}", code="UnknownStep")
    chosen = [progress.steps[key] for key in steps] or [s for s in progress.steps.values() if s.outcome in DONE]
    for state in chosen:
        if state.outcome not in DONE:
            raise Refused(f"{state.step.title}: nothing was done that could be undone", code="NothingDone")
        if state.step.recovery is not Recovery.EXACT:
            raise Refused(f"{state.step.title}: this cannot be taken back", code="Irreversible")
    if not chosen:
        raise Refused("nothing was done that could be undone", code="NothingDone")
    return chosen
