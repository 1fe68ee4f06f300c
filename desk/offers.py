"""Offers: what waits for an approval is put before people, again until somebody has answered; it never runs unasked.

First those on call are told, then their deputies, and after half an hour the escalation of the policy as well. It ends
with an answer, with the verdict that it was not so or was expected, by one who may answer, and with the incident's
closing (`responders.progress`). The one exception is written in the signed policy: `auto_on_timeout`, for PHI that is
leaving.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from desk import tell
from desk.parts import Parts
from incident.canonical import digest
from incident.entry import Draft
from incident.plan import Approval, Mode, Recovery
from ledger import Work
from responders.approval import needed, roles
from responders.planner import MOST_ROUNDS
from responders.progress import Progress, StepState
from responders.runner import Act

OFFERED = "Tourniquet.Approval.Offered"
KIND = "offer"
LEAVING = "phi.exfiltration"


async def lapse(parts: Parts, act: Act) -> None:
    """Offers that nobody answered in time are over; that is entered, and what the policy runs then may run."""
    now = parts.now()
    late = [state for state in waiting(act.progress) if (ends := state.consent.expires) is not None and now >= ends]
    if not late:
        return
    rows = [
        {"step": state.step.key, "hash": state.step.hash, "run": _runs_unanswered(parts, act, state)} for state in late
    ]
    body = {"steps": rows, "policy": parts.policy.hash}
    await act.enter(parts.ledger, [Draft(kind="expiry", at=now, body=body)])


def _runs_unanswered(parts: Parts, act: Act, state: StepState) -> bool:
    step, now = state.step, parts.now()
    return (
        step.code in parts.policy.auto_on_timeout
        and (state.incident_class, state.phi) == (LEAVING, True)
        and needed(step.approval) is Approval.A1
        and step.recovery is not Recovery.NONE
        and step.round <= MOST_ROUNDS
        and parts.policy.mode(state.incident_class, step.target.resource, now) is Mode.ACT
        and not (act.gate and act.gate.paused(state, now))
    )


async def make(parts: Parts, progress: Progress) -> list[Draft]:
    """Offers of everything that waits and is not on offer, and the notices of them; the work that ends them is owed."""
    now = parts.now()
    due: dict[tuple[Approval, timedelta, int], list[StepState]] = {}
    for state in waiting(progress):
        if not state.consent.stands(now):
            lives = state.consent.next_life(state.incident_class, now)
            due.setdefault((needed(state.step.approval), lives, state.consent.lapsed), []).append(state)
    drafts: list[Draft] = []
    for (approval, lives, _), states in due.items():
        drafts += await _offer(parts, progress.incident, approval, lives, states)
    return drafts


async def _offer(
    parts: Parts, incident: str, approval: Approval, lives: timedelta, states: Sequence[StepState]
) -> list[Draft]:
    now = parts.now()
    expires = now + lives
    await parts.ledger.owe(Work(incident=incident, kind=KIND, due=expires))
    asked = [role.value for role in roles(approval)]
    told = _told(parts, asked, states)
    body = {"steps": [_row(state) for state in states], "needs": approval.value, "expires": expires.isoformat()}
    subject = f"{digest([state.step.hash for state in states])[:16]}/{states[0].consent.lapsed + 1}"
    event = tell.notice(parts, incident, OFFERED, subject, {**body, "roles": asked, **told})
    return [Draft(kind="offer", at=now, body={**body, **told}), *await tell.send(parts, [event])]


def _told(parts: Parts, asked: Iterable[str], states: Sequence[StepState]) -> dict[str, Any]:
    """Who is told, and on which rung of the ladder that is."""
    approvers, consent = parts.policy.approvers, states[0].consent
    asked = tuple(asked)
    if consent.escalated(parts.now()):
        return {"rung": "escalation", "to": [*approvers.deputies(asked), *approvers.escalation]}
    if consent.lapsed:
        return {"rung": "deputy", "to": list(approvers.deputies(asked))}
    return {"rung": "on call", "to": list(approvers.on_call(asked))}


def _row(state: StepState) -> dict[str, str]:
    step = state.step
    return {"step": step.key, "hash": step.hash, "title": step.title, "recovery": step.recovery.value}


def waiting(progress: Progress) -> list[StepState]:
    """What waits for an approval."""
    return [state for state in progress.steps.values() if state.hold == "approval" and state.unbegun]
