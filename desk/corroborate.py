"""One turn of asking the activity log for what it did not hold when a signal was judged.

What it now bears out is contained, and a change that it now shows to be fresh needs nobody's word where the plan says
so. The rules judge the live state anew: what is no longer so is not acted upon. Each turn is entered.
"""

import asyncio
from collections.abc import Iterator, Sequence

from desk import awaited, carry, judging, observe, occasion
from desk.awaited import Awaited
from desk.judged import Judged, finding_draft
from desk.parts import Parts
from desk.recent import Waiting
from detection import rules
from incident.entry import Draft, Entry
from incident.finding import Disposition, Finding
from ledger import Work
from responders import planner
from responders.prior import Priors
from responders.progress import Progress


async def look(parts: Parts, work: Work) -> None:
    """Ask about every signal that is due; then the next turn is owed. What Azure puts off stays due."""
    incident = work.incident
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    due = [one for one in awaited.awaited(incident, entries) if one.due <= parts.now()]
    with parts.cloud.sweeping():
        looks = await asyncio.gather(*(_judged(parts, one, work) for one in due))
    asked = [(one, judged) for one, judged in zip(due, looks, strict=True) if not judged.facts.throttled]
    drafts = [*_turn(parts, asked), *_planned(incident, entries, asked)] if asked else []
    if drafts:
        await _entered(parts, work, asked[-1][1], drafts)
    then = awaited.owed(incident, [*entries, *(Entry.bare(draft, incident=incident) for draft in drafts)])
    await parts.ledger.settle(work.id, then=then)


async def _judged(parts: Parts, one: Awaited, work: Work) -> Judged:
    signal, read_at = one.signal, parts.now()
    matching = rules.matching(signal)
    facts, known = await asyncio.gather(
        observe.observe(parts.cloud, signal, matching), occasion.beside(parts, signal, matching)
    )
    return judging.judge(parts, Waiting(signal, work, matching), facts, known, read_at)


def _turn(parts: Parts, asked: Sequence[tuple[Awaited, Judged]]) -> Iterator[Draft]:
    borne_out = [one.signal.key for one, judged in asked if any(_told(one, judged))]
    body = {"signals": [one.signal.key for one, _ in asked], "borne_out": borne_out}
    yield Draft(kind=awaited.KIND, at=parts.now(), body=body)


def _planned(incident: str, entries: Sequence[Entry], asked: Sequence[tuple[Awaited, Judged]]) -> Iterator[Draft]:
    """What the log now says, and the plan that follows from it."""
    progress = Progress.of(incident, entries)
    for one, judged in asked:
        found = list(_told(one, judged))
        said = [finding_draft(each, judged.at.now) for each in found]
        planned = planner.drafts(progress, found, Priors(judged.facts.priors), judged.at)
        for draft in (*said, *planned):
            progress.add(Entry.bare(draft, incident=incident))
            yield draft


def _told(one: Awaited, judged: Judged) -> Iterator[Finding]:
    """What is now borne out of what nothing bore out, and what now has a date."""
    for each in judged.findings:
        kind = each.incident_class
        if each.disposition is Disposition.CONTAIN and (kind in one.unproved or (kind in one.undated and each.made)):
            yield each


async def _entered(parts: Parts, work: Work, judged: Judged, drafts: Sequence[Draft]) -> None:
    """Entered, and gone on with where something follows."""
    incident = work.incident
    if not any(draft.kind == "finding" for draft in drafts):
        await parts.ledger.append(incident, drafts)
        return
    owed = carry.work(parts, incident)
    await parts.ledger.owe(owed)
    await parts.ledger.append(incident, drafts)
    await occasion.tally(parts, incident, judged.signal.actor, drafts)
    await carry.go_on(parts, incident, owed)
