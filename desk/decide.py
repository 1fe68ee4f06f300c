"""Decisions: people answer offers, by the hash of the step that they mean; both answers are entries.

Everything that is named is checked first, and nothing is entered when one of it cannot be. The fold over the chain
judges each answer once more, so that an answer which came too late changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from desk import carry, pauses, reasons
from desk.parts import Parts
from incident.entry import Draft
from incident.errors import NotAllowed, Refused
from incident.person import Person
from incident.plan import Mode
from responders.approval import roles
from responders.gate import Gate
from responders.progress import Progress, StepState


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One answer: the step's hash, approve or reject, and why, in a person's words."""

    hash: str
    approve: bool
    reason: str = ""


async def decide(parts: Parts, person: Person, incident: str, decisions: Sequence[Decision]) -> None:
    """Enter the answers and go on. NotAllowed (role, own report), Refused (no such offer, expired, decided, paused)."""
    progress = Progress.of(incident, await parts.ledger.whole(await parts.ledger.chain(incident)))
    gate = Gate(policy=parts.policy, pauses=await pauses.running(parts))
    meant = [(_meant(progress, decision.hash), decision) for decision in decisions]
    for state, decision in meant:
        _check(parts, person, progress, state)
        if decision.approve:
            _check_open(parts, gate, state)
    drafts = [await _draft(parts, person, incident, state, decision) for state, decision in meant]
    owed = carry.work(parts, incident)
    await parts.ledger.owe(owed)
    await parts.ledger.append(incident, drafts)
    if not await carry.go_on(parts, incident, owed):
        await carry.anchor(parts, incident)


def _meant(progress: Progress, wanted: str) -> StepState:
    """The step with that hash, the one that waits before one that does not."""
    found = [state for state in progress.steps.values() if state.step.hash == wanted]
    if not found:
        raise Refused("no step of the plan has this hash: it has been planned anew, or never was", code="UnknownStep")
    return next((state for state in found if state.hold == "approval"), found[-1])


def _check(parts: Parts, person: Person, progress: Progress, state: StepState) -> None:
    """Whether the person may answer at all, and whether there is something to be answered."""
    title, asked = state.step.title, roles(state.step.approval)
    if state.hold == "by hand" or not asked:
        raise Refused(f"{title}: this is done by hand only; nobody can approve it here", code="ByHand")
    if not person.may(*asked):
        raise NotAllowed(f"{title}: this needs the role {' or '.join(asked)}", known=True)
    if person.id.casefold() in progress.reporters:
        raise NotAllowed(f"{title}: whoever has reported an incident decides nothing in it", known=True)
    if state.hold != "approval" or not state.unbegun:
        raise Refused(f"{title}: it waits for no decision ({state.hold or 'decided already'})", code="AlreadyDecided")
    if not state.consent.stands(parts.now()):
        raise Refused(f"{title}: the offer has expired; it is made again within a minute", code="Expired")
    if person.id.casefold() in {said.by for said in state.consent.said}:
        raise NotAllowed(f"{title}: you have approved it; somebody else must do so as well", known=True)


def _check_open(parts: Parts, gate: Gate, state: StepState) -> None:
    """Whether an approval could lead to anything now."""
    resource = state.step.target.resource
    if gate.policy.ruled(state.incident_class, resource) is Mode.WATCH:
        raise Refused("the policy in force, or the lack of signatures, lets nothing be done here", code="OnlyWatched")
    if pause := gate.paused(state, parts.now()):
        raise Refused(f"new writes are paused here until {pause.until:%Y-%m-%d %H:%M} UTC", code="Paused")


async def _draft(parts: Parts, person: Person, incident: str, state: StepState, decision: Decision) -> Draft:
    body = {
        "step": state.step.key,
        "hash": state.step.hash,
        "decision": "approve" if decision.approve else "reject",
        "roles": sorted(role.value for role in roles(state.step.approval) if person.may(role)),
        "reason": await reasons.keep(parts, incident, decision.reason),
    }
    return Draft(kind="decision", at=parts.now(), by=person.id, body=body)
