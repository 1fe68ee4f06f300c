"""Planning anew what a pause held back or what changed after people had agreed to it, on the state as it is now."""

import asyncio

from desk.parts import Parts
from incident.entry import Draft
from incident.errors import Interrupted, Postponed, Refused
from incident.target import Before
from responders import measures, planner
from responders.progress import StepState
from responders.runner import Act


async def revise(parts: Parts, act: Act) -> None:
    """A revision with every step that waits for a new look; what a pause still covers stays as it is."""
    now = parts.now()
    pauses = act.gate.pauses if act.gate else ()
    waiting = [
        state
        for state in act.progress.steps.values()
        if state.waits_for_a_look and not (act.gate and act.gate.paused(state, now))
    ]
    if not waiting:
        return
    looks = await asyncio.gather(*(_look(parts, state) for state in waiting))
    seen = [(state, look) for state, look in zip(waiting, looks, strict=True) if isinstance(look, Before)]
    at = planner.Circumstances(
        policy=parts.policy, now=now, read_at=now, actors=frozenset(act.progress.actors), pauses=pauses
    )
    drafts = [look for look in looks if isinstance(look, Draft)] + planner.anew(act.progress, seen, at)
    if drafts:
        await act.enter(parts.ledger, drafts)


async def _look(parts: Parts, state: StepState) -> Before | Draft | None:
    """The state now; where Azure will not show it, the entry that says so; None where it has not answered yet."""
    try:
        return await measures.by_id(state.step.measure).read(parts.cloud, state.step.target)
    except (Postponed, Interrupted):
        return None
    except Refused as fault:
        body = {"step": state.step.key, "hash": state.step.hash, "hold": "guard", "why": str(fault)}
        return Draft(kind="held", at=parts.now(), body=body)
