"""Undo: people ask, the entry names them, the runner restores only onto the state that we wrote.

Whoever undoes must be entitled to what was done: an automatic action needs the right to operate the responder alone,
others the approvers of their level; two approvers are two people. The reporter undoes nothing, and nothing is undone
while the rule still sees an exposure.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from desk import carry, kept, observe, pauses, tell
from desk.parts import Parts
from detection import rules
from detection.rule import Rule
from incident.canonical import digest
from incident.consent import APPROVING
from incident.entry import Draft, Entry
from incident.errors import NotAllowed, Refused
from incident.person import Person
from incident.plan import Approval, Outcome, Recovery
from incident.signal import Signal
from responders.approval import Said, roles, sufficient
from responders.consent import LIFE
from responders.gate import Gate
from responders.progress import Progress, StepState

DONE = (Outcome.CONTAINED, Outcome.UNPROVED)
ASKED = "Tourniquet.Undo.Asked"


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks that which steps of which incident be undone."""

    person: Person
    incident: str
    entries: Sequence[Entry]
    steps: Sequence[StepState]

    @property
    def body(self) -> dict[str, object]:
        """What an entry says of it."""
        held = sorted(role.value for role in APPROVING if self.person.may(role))
        return {"steps": [state.step.key for state in self.steps], "roles": held}


async def undo(parts: Parts, person: Person, incident: str, steps: Sequence[str] = ()) -> None:
    """Undo the named steps, or all that can be. What two must approve waits for the second person, for 15 minutes.

    NotAllowed (role, own report) or Refused (nothing done, irreversible, paused, cause not gone): nothing is undone.
    """
    entries = await parts.ledger.whole(await parts.ledger.chain(incident))
    progress = Progress.of(incident, entries)
    asking = Asking(person=person, incident=incident, entries=entries, steps=_wanted(progress, steps))
    _check_person(progress, asking)
    _check_pauses(asking, Gate(policy=parts.policy, pauses=await pauses.running(parts)), parts)
    await _check_cause(parts, asking)
    if not _agreed(parts, asking):
        await _wait(parts, asking)
        return
    owed = carry.work(parts, incident)
    await parts.ledger.owe(owed)
    await parts.ledger.append(incident, [Draft(kind="undo", at=parts.now(), by=person.id, body=asking.body)])
    await carry.go_on(parts, incident, owed)


def _wanted(progress: Progress, steps: Sequence[str]) -> list[StepState]:
    unknown = sorted(set(steps) - set(progress.steps))
    if unknown:
        raise Refused(f"no such step: {', '.join(unknown)}", code="UnknownStep")
    chosen = [progress.steps[key] for key in steps] or [s for s in progress.steps.values() if _can_be_undone(s)]
    for state in chosen:
        if state.outcome not in DONE:
            raise Refused(f"{state.step.title}: nothing was done that could be undone", code="NothingDone")
        if state.step.recovery is not Recovery.EXACT:
            raise Refused(f"{state.step.title}: this cannot be taken back", code="Irreversible")
    if not chosen:
        raise Refused("nothing was done that could be undone", code="NothingDone")
    return chosen


def _can_be_undone(state: StepState) -> bool:
    return state.outcome in DONE and state.step.recovery is Recovery.EXACT


def _check_person(progress: Progress, asking: Asking) -> None:
    if asking.person.id.casefold() in progress.reporters:
        raise NotAllowed("whoever has reported an incident undoes nothing in it", known=True)
    for state in asking.steps:
        if state.step.approval is not Approval.AUTO and not asking.person.may(*roles(state.step.approval)):
            needed = " or ".join(roles(state.step.approval))
            raise NotAllowed(f"{state.step.title}: to undo this needs the role {needed} as well", known=True)


def _check_pauses(asking: Asking, gate: Gate, parts: Parts) -> None:
    if any(gate.paused(state, parts.now()) for state in asking.steps):
        raise Refused("new writes are paused here, and an undo writes", code="Paused")


async def _check_cause(parts: Parts, asking: Asking) -> None:
    """The rules are asked once more, on the live state: what they see now, they saw besides what we contained."""
    classes = {state.incident_class for state in asking.steps}
    signals = [kept.restored(entry.body) for entry in asking.entries if entry.kind == "signal"]
    asked = [rule for rule in rules.every() if rule.id in classes]
    cases = {
        (rule.id, rule.cause(signal)): (rule, signal) for rule in asked for signal in signals if rule.match(signal)
    }
    seen = await asyncio.gather(*(_exposed(parts, rule, signal) for rule, signal in cases.values()))
    if reason := next(filter(None, seen), ""):
        raise Refused(f"the cause is not gone: {reason}", code="CauseNotGone")


async def _exposed(parts: Parts, rule: Rule, signal: Signal) -> str:
    facts = await observe.observe(parts.cloud, signal, [rule])
    found = (finding for finding in rule.findings(signal, facts, parts.policy) if finding.exposed)
    return next((finding.reason for finding in found), "")


def _agreed(parts: Parts, asking: Asking) -> bool:
    """Whether everybody who must has asked for it, within 15 minutes."""
    since = parts.now() - LIFE
    wanted = {state.step.key for state in asking.steps}
    earlier = [
        Said(by=entry.by.casefold(), roles=frozenset(entry.body["roles"]))
        for entry in asking.entries
        if entry.kind == "undo_asked" and entry.at >= since and wanted <= set(entry.body["steps"])
    ]
    held = frozenset(role.value for role in APPROVING if asking.person.may(role))
    said = [*earlier, Said(by=asking.person.id.casefold(), roles=held)]
    return all(state.step.approval is Approval.AUTO or sufficient(state.step.approval, said) for state in asking.steps)


async def _wait(parts: Parts, asking: Asking) -> None:
    """The second person is called, once however often the first asks meanwhile."""
    about = digest(sorted(state.step.key for state in asking.steps))[:16]
    subject = f"{asking.person.id}/{about}/{_over(parts, asking)}"
    event = tell.notice(parts, asking.incident, ASKED, subject, {"steps": len(asking.steps)})
    told = await tell.once(parts, asking.entries, event)
    asked = Draft(kind="undo_asked", at=parts.now(), by=asking.person.id, body=asking.body)
    await parts.ledger.append(asking.incident, [asked, *told])


def _over(parts: Parts, asking: Asking) -> int:
    """How many askings are over: carried out, or lapsed."""
    since = parts.now() - LIFE
    return sum(one.kind == "undo" or (one.kind == "undo_asked" and one.at < since) for one in asking.entries)
