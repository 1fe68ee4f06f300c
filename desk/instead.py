"""After a refusal: what serves instead is read and planned at its own level, and people are told what Azure refused.

It goes by the chain alone, so that it happens after a crash as well, and once.
"""

from collections.abc import Sequence
from typing import Any

from desk import occasion, tell
from desk.grow import actor, circumstances, contained
from desk.parts import Parts
from incident.entry import Draft, Entry
from responders import alternatives, planner, prior
from responders.alternatives import Alternative
from responders.progress import StepState
from responders.runner import Act

REFUSED = "Tourniquet.Containment.Refused"
DO = {
    "resourcenotfound": "It is gone. Look in the activity log who deleted it, and whether it can be brought back.",
}
LACKING = "The resource does not have what this needs; do by hand what the catalogue names for it."


async def plan(parts: Parts, act: Act, entries: Sequence[Entry]) -> bool:
    """Whether the plan has grown by what serves instead of steps that were refused."""
    findings = tuple(contained(entries))
    chosen = alternatives.due(act.progress, findings, parts.policy)
    wanted = [(each.measure, each.target) for each in chosen]
    read = await prior.read(parts.cloud, wanted)
    able = [each for each in chosen if read.of(each.measure, each.target)]
    drafts: list[Draft] = []
    if able:
        at = await circumstances(parts, act, entries, findings)
        drafts = planner.instead(act.progress, able, read, at)
        await occasion.tally(parts, act.progress.incident, actor(entries), drafts)
    notices = await _told(parts, act, entries, able)
    if drafts or notices:
        await act.enter(parts.ledger, [*drafts, *notices])
    return bool(drafts)


async def _told(parts: Parts, act: Act, entries: Sequence[Entry], able: Sequence[Alternative]) -> list[Draft]:
    """The notices of refusals that nobody has been told of."""
    known = {entry.body["id"] for entry in entries if entry.kind == tell.KIND}
    events = [_event(parts, act, state, able) for state in alternatives.refused(act.progress)]
    unsaid = [event for event in events if event["id"] not in known]
    return await tell.send(parts, unsaid) if unsaid else []


def _event(parts: Parts, act: Act, state: StepState, able: Sequence[Alternative]) -> dict[str, Any]:
    serving = [each.measure for each in able if each.refused is state]
    data = {
        "title": state.step.title,
        "measure": state.step.code,
        "code": state.code,
        "why": state.why,
        "do": _do(state),
        "instead": [{"title": each.title, "measure": each.code, "needs": each.approval.value} for each in serving],
    }
    return tell.notice(parts, act.progress.incident, REFUSED, state.step.key, data)


def _do(state: StepState) -> str:
    """What a person can do, where the reason does not say it."""
    code = state.code.casefold()
    return DO.get(code, LACKING if any(word in code for word in alternatives.LACKING) else "")
