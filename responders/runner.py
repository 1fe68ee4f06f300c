"""Carries plans out: intent first, then the act, then its outcome, then the proof; and goes on where a crash left off.

Steps of a wave run together and each on its own: a slow or failing target holds up no other. The next wave starts when
every call of the wave before has its answer; only a barrier waits for the proof as well. Calls of a step run in order.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cloud import Cloud, Reply, State
from incident.canonical import digest
from incident.entry import Draft
from incident.errors import Interrupted, LeaseLost, LedgerUnavailable, Postponed, Refused
from incident.plan import Approval, Outcome
from incident.resource import ResourceId
from incident.target import Before
from ledger import Lease, Ledger
from ledger.tables import together
from responders import measures
from responders.effective import difference
from responders.gate import Gate, Held
from responders.measure import Call, Irreversible, Measure, Proof
from responders.progress import CallState, Progress, StepState

STALE = "PreconditionFailed"
IRREVERSIBLE = "Irreversible"
ENDED = (Outcome.CONTAINED, Outcome.NOOP)
HAPPENED = {"result": "succeeded", "why": "read back: it had happened"}


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long a call may take, how often a proof is looked for, how often a call is tried.

    `patience` is how long after Azure's last answer a proof is waited for, whichever process waits: an invocation may
    end before that, and the next goes on. `recheck` is how often it is looked whether a call that Azure refuses had
    happened already, in an attempt that got no answer.
    """

    call: timedelta = timedelta(seconds=30)
    look: timedelta = timedelta(milliseconds=500)
    looks: int = 120
    patience: timedelta = timedelta(seconds=60)
    attempts: int = 4
    recheck: int = 20


PACE = Pace()


@dataclass(kw_only=True)
class Act:
    """One incident in the hands of this process: its progress, its lease, and the intents written but not yet sent."""

    progress: Progress
    lease: Lease
    gate: Gate | None = None  # what may begin; None where everything was planned a moment ago
    written: set[str] = field(default_factory=set)
    led: set[str] = field(default_factory=set)  # names of rows that lead to the incident, written in this invocation
    answered: Callable[[], None] = lambda: None  # called whenever Azure has answered a call
    faults: list[Exception] = field(default_factory=list)  # unforeseen, recorded, to be raised when all have ended

    async def enter(self, ledger: Ledger, drafts: Sequence[Draft]) -> None:
        """The drafts are in the chain, and count."""
        for entry in await ledger.append(self.progress.incident, drafts, lease=self.lease):
            self.progress.add(entry)


class Runner:
    """Runs and undoes the steps of an incident."""

    def __init__(
        self,
        cloud: Cloud,
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
        pace: Pace = PACE,
        by_id: Callable[[str], Measure] = measures.by_id,
    ) -> None:
        self.cloud = cloud
        self.ledger = ledger
        self.now = now
        self.pace = pace
        self.by_id = by_id

    async def opening(self, progress: Progress) -> list[Draft]:
        """The intents of the first call of every step that starts at once: they go into the first transaction.

        A step whose first request cannot be made has none here: `run` meets the reason again and records it.
        """
        waves = progress.waves
        ready = [state for state in (waves[0] if waves else ()) if state.runnable]
        drafts = await asyncio.gather(*(self._first(progress, state) for state in ready), return_exceptions=True)
        return [draft for draft in drafts if isinstance(draft, Draft)]

    async def _first(self, progress: Progress, state: StepState) -> Draft | None:
        calls = self._contain(state)
        return await self._draft(progress, state, calls[0], 1, undo=False) if calls else None

    async def run(self, act: Act) -> None:
        """Carry out whatever may run and has not ended; what nobody foresaw is raised when all else has ended."""
        try:
            async with asyncio.TaskGroup() as proofs:
                await self._waves(act, proofs)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group
        if act.faults:
            raise act.faults[0]

    async def _waves(self, act: Act, proofs: asyncio.TaskGroup) -> None:
        for wave in act.progress.waves:
            proving = await together(self._step(act, state, proofs) for state in wave if state.runnable)
            if any(state.step.barrier for state in wave):
                await asyncio.gather(*(proof for proof in proving if proof))
                if any(state.step.barrier and state.outcome not in ENDED for state in wave):
                    return

    async def undo(self, act: Act) -> None:
        """Undo what a person asked to undo: an account is opened before its containers can be.

        Resources go in plan order; of several steps on one resource the last comes first.
        """
        for wave in _by_resource(act.progress.waves):
            await together(self._revert_all(act, states) for states in wave)

    async def _revert_all(self, act: Act, states: Sequence[StepState]) -> None:
        """The steps on one resource, one after the other."""
        for state in states:
            await self._revert(act, state)

    async def _step(self, act: Act, state: StepState, proofs: asyncio.TaskGroup) -> asyncio.Task[bool | None] | None:
        """The calls of one step; its proof goes on beside the next wave."""
        acted = await self._ended(act, state, self._admitted(act, state), Outcome.FAILED)
        if acted is None:
            return None
        proof = self._prove(act, state, acted=acted)
        return proofs.create_task(self._ended(act, state, proof, Outcome.UNPROVED))

    async def _admitted(self, act: Act, state: StepState) -> bool:
        """The calls, unless something holds the step back now: that is recorded, and the step waits."""
        if act.gate and self._left_to_send(state) and (held := await self._held_back(act.gate, state)):
            if state.unbegun:
                await self._hold(act, state, held)
            raise Postponed(held.why, until=self.now())
        return await self._calls(act, state, undo=False)

    def _left_to_send(self, state: StepState) -> bool:
        sent = {call.name for call in state.calls.values() if call.done or call.result == "pending"}
        return any(call.name not in sent for call in self._contain(state))

    async def _held_back(self, gate: Gate, state: StepState) -> Held | None:
        """Why it may not go on. What people agreed to is looked at once more: it runs on that state, or not at all."""
        held = gate.closed(state, self.now())
        if held or not (state.unbegun and state.consent.agreed_at):
            return held
        measure = self._measure(state)
        return gate.changed(state, measure, await measure.read(self.cloud, state.step.target), self.now())

    async def _hold(self, act: Act, state: StepState, held: Held) -> None:
        body = {"step": state.step.key, "hash": state.step.hash, "hold": held.hold, "why": held.why}
        await self._record(act, Draft(kind="held", at=self.now(), body=body))

    async def _ended(
        self, act: Act, state: StepState, work: Coroutine[Any, Any, bool], otherwise: Outcome
    ) -> bool | None:
        """What comes of the work; None when it has to wait or has failed, which then is the end of the step."""
        try:
            return await work
        except Postponed:
            return None
        except Interrupted as fault:
            await self._end(act, state, Outcome.FAILED, f"{fault}. Look at the resource: it may have been changed")
        except Refused as fault:
            await self._end(act, state, Outcome.REFUSED, str(fault), code=fault.code)
        except (LeaseLost, LedgerUnavailable):
            raise
        except Exception as fault:  # noqa: BLE001 - the one place: recorded here, raised when all others have ended
            await self._end(act, state, otherwise, f"{type(fault).__name__}; the log of this hour has the details")
            act.faults.append(fault)
        return None

    def _contain(self, state: StepState) -> tuple[Call, ...]:
        if self._measure(state).approval is Approval.NEVER:
            raise Refused("this is done by hand only; the command is prepared", code="ByHand")
        return self._measure(state).contain(state.step.target, _prior(state))

    def _measure(self, state: StepState) -> Measure:
        return self.by_id(state.step.measure)

    async def _calls(self, act: Act, state: StepState, *, undo: bool, onto: Before | None = None) -> bool:
        """Every call without an answer, in order; whether there was any. A stale ETag is read again and retried."""
        for _ in range(self.pace.attempts):
            calls = self._reverts(state, onto or _prior(state)) if undo else self._contain(state)
            try:
                for call in calls:
                    await self._call(act, state, call, undo=undo)
            except Refused as fault:
                if undo or not (fault.code == STALE or state.doubtful):
                    raise
                if await self._was_ourselves(act, state, 1 if fault.code == STALE else self.pace.recheck):
                    continue
                if fault.code != STALE:
                    raise
                await self._reread(act, state)
            else:
                return bool(calls)
        raise Refused("the resource changes faster than it can be written; a person must stop that first", code=STALE)

    def _reverts(self, state: StepState, onto: Before) -> tuple[Call, ...]:
        calls = self._measure(state).undo(state.step.target, onto)
        if isinstance(calls, Irreversible):
            raise Refused(calls.why, code=IRREVERSIBLE)
        return calls

    async def _was_ourselves(self, act: Act, state: StepState, looks: int) -> bool:
        """Whether a call that got no answer has had its effect: what was deleted cannot be deleted again.

        A directory may tell the old state for a while, and is asked again.
        """
        for look in range(looks if state.doubtful else 0):
            await asyncio.sleep(self.pace.look.total_seconds() if look else 0)
            fresh = await self._measure(state).read(self.cloud, state.step.target)
            left = {call.name for call in self._measure(state).contain(state.step.target, fresh)}
            if happened := [call for call in state.doubtful if call.name not in left]:
                for call in happened:
                    await self._outcome(act, state, call, HAPPENED, undo=False)
                return True
        return False

    async def _reread(self, act: Act, state: StepState) -> None:
        """Somebody else wrote in between: the state now is the prior state."""
        measure = self._measure(state)
        fresh = await measure.read(self.cloud, state.step.target)
        if act.gate and state.consent.agreed_at and (held := act.gate.changed(state, measure, fresh, self.now())):
            await self._hold(act, state, held)
            raise Postponed(held.why, until=self.now())
        await self._record(act, prior_draft(fresh, [state.step.key], self.now()))

    async def _call(self, act: Act, state: StepState, call: Call, *, undo: bool) -> None:
        """One write: intent, act, outcome. Tried again only where the answer or the call itself allows it."""
        known = (state.reverts if undo else state.calls).get(call.name)
        if known and known.done:
            return
        if known and known.result == "pending":
            await self._await_end(act, state, known, undo=undo)
            return
        if known and known.request_id not in act.written and await self._happened(act, state, call, undo=undo):
            return
        await self._attempts(act, state, call, known.attempt if known else 0, undo=undo)

    async def _attempts(self, act: Act, state: StepState, call: Call, tried: int, *, undo: bool) -> None:
        """Attempts until one is answered. A call that must not be repeated is read back instead."""
        for attempt in range(tried + 1, tried + 1 + self.pace.attempts):
            try:
                answered = await self._try(act, state, call, attempt, undo=undo)
            except Interrupted:
                if await self._happened(act, state, call, undo=undo):
                    return
                if call.once:
                    raise
            else:
                await self._await_end(act, state, answered, undo=undo)
                return
        raise Interrupted(f"{call.name}: no answer from Azure in {self.pace.attempts} attempts")

    async def _happened(self, act: Act, state: StepState, call: Call, *, undo: bool) -> bool:
        """Whether a call that must not be repeated has had its effect, read back and recorded."""
        if call.once is None or not await call.once(self.cloud):
            return False
        known = (state.reverts if undo else state.calls)[call.name]
        await self._outcome(act, state, known, HAPPENED, undo=undo)
        return True

    async def _try(self, act: Act, state: StepState, call: Call, attempt: int, *, undo: bool) -> CallState:
        """One attempt, recorded however it ends."""
        known = await self._intended(act, state, call, attempt, undo=undo)
        act.lease = await self._held(act.lease)
        try:
            reply = await self.cloud.perform(call.send, request_id=known.request_id, timeout=self.pace.call)
        except (Interrupted, Postponed, Refused) as fault:
            act.answered()
            await self._outcome(act, state, known, _failed(fault), undo=undo)
            raise
        act.answered()
        await self._outcome(act, state, known, _facts(reply), undo=undo)
        return known

    async def _intended(self, act: Act, state: StepState, call: Call, attempt: int, *, undo: bool) -> CallState:
        """The call with its intent in the ledger: the one that was written with the plan, or a new one."""
        calls = state.reverts if undo else state.calls
        if call.name not in calls or calls[call.name].request_id not in act.written:
            await self._record(act, await self._draft(act.progress, state, call, attempt, undo=undo))
        act.written.discard(calls[call.name].request_id)
        return calls[call.name]

    async def _held(self, lease: Lease) -> Lease:
        """The lease, renewed when what remains of it is shorter than a call may take."""
        return lease if lease.remaining(time.monotonic()) > self.pace.call else await self.ledger.renew(lease)

    async def _await_end(self, act: Act, state: StepState, call: CallState, *, undo: bool) -> None:
        """The end of a long operation. What does not end within the looks stays pending and is resumed later."""
        for _ in range(self.pace.looks):
            if call.result != "pending" or not call.poll_url:
                return
            reply = await self.cloud.poll(call.poll_url)
            if reply.state is State.FAILED:
                why = f"{reply.code}: {reply.message}"
                await self._outcome(act, state, call, {"result": "failed", "why": why}, undo=undo)
                raise Refused(f"{call.name}: {why}", code=reply.code or "OperationFailed")
            if reply.state is State.SUCCEEDED:
                await self._outcome(act, state, call, {"result": "succeeded"}, undo=undo)
                return
            await asyncio.sleep((reply.retry_after or self.pace.look).total_seconds())
        raise Postponed(f"{call.name} is still running in Azure", until=self.now() + self.pace.call)

    async def _prove(self, act: Act, state: StepState, *, acted: bool) -> bool:
        """Look until the proof holds or patience ends; both are recorded. Where nothing was changed, one look tells."""
        proof: Proof | None = None
        for _ in range(self.pace.looks):
            try:
                proof = await self._proof(state)
            except (Interrupted, Postponed):
                proof = None
            except Refused as fault:
                await self._end(act, state, Outcome.UNPROVED, f"the proof could not be read: {fault}")
                return False
            if (proof and (proof.settled or not acted)) or self._waited_long(state):
                break
            await asyncio.sleep(self.pace.look.total_seconds())
        holds = proof is not None and proof.holds
        outcome = (Outcome.CONTAINED if acted else Outcome.NOOP) if holds else Outcome.UNPROVED
        await self._end(act, state, outcome, "" if holds else _unproved(proof), proof)
        return holds

    def _waited_long(self, state: StepState) -> bool:
        """Whether Azure has had the time that a change takes to reach everywhere."""
        answers = [call.answered_at for call in state.calls.values() if call.answered_at]
        return bool(answers) and self.now() - max(answers) > self.pace.patience

    async def _proof(self, state: StepState) -> Proof:
        """The measure's own proof; what must not be repeated is read back by its call besides."""
        proof = await self._measure(state).verify(self.cloud, state.step.target)
        effects = {call.name: await call.once(self.cloud) for call in self._contain(state) if call.once}
        return Proof.of(proof.after, **{**proof.checks, **effects})

    async def _revert(self, act: Act, state: StepState) -> None:
        """Undo one step, only onto the state that we wrote; else the difference goes to a person."""
        if act.gate and act.gate.paused(state, self.now()):
            return
        try:
            before = _prior(state)
            now = await self._measure(state).read(self.cloud, state.step.target)
            if foreign := _foreign(state, self._measure(state).own, before, now):
                await self._keep(act, state, foreign)
                return
            await self._calls(act, state, undo=True, onto=before.onto(now))
        except Postponed:
            return
        except (Refused, Interrupted) as fault:
            if _irreversible(fault) or await self._left(state):
                await self._keep(act, state, [_unread(fault)])
                return
        await self._restored(act, state)

    async def _restored(self, act: Act, state: StepState) -> None:
        """The state is again what it was before the first write, read back."""
        for _ in range(self.pace.looks):
            left = await self._left(state)
            if not left:
                await self._end(act, state, Outcome.UNDONE, "")
                return
            await asyncio.sleep(self.pace.look.total_seconds())
        await self._keep(act, state, left)

    async def _left(self, state: StepState) -> list[dict[str, Any]]:
        """Where the resource differs from what it was before the first write, or why that cannot be read."""
        try:
            measure = self._measure(state)
            before = measure.own(_prior(state))
            now = await measure.read(self.cloud, state.step.target)
        except (Refused, Postponed, Interrupted) as fault:
            return [_unread(fault)]
        return list(difference(before, before, measure.own(now)))

    async def _keep(self, act: Act, state: StepState, foreign: Sequence[dict[str, Any]]) -> None:
        """The undo ends without effect, and says what stands in its way."""
        state.undo_by = None
        body = {"step": state.step.key, "difference": list(foreign)}
        await self._record(act, Draft(kind="undo_refused", at=self.now(), body=body))

    async def _draft(self, progress: Progress, state: StepState, call: Call, attempt: int, *, undo: bool) -> Draft:
        """The intent of one attempt: the exact request by its digest, and the id that it will carry."""
        request = await self.cloud.rehearse(call.send)
        row = request.as_row()
        key = digest([progress.incident, state.step.key, call.name, undo, row])
        request_id = str(uuid5(NAMESPACE_URL, f"{key}/{attempt}"))
        body = {
            "step": state.step.key,
            "hash": state.step.hash,
            "call": call.name,
            "undo": undo,
            "key": key,
            "attempt": attempt,
            "request_id": request_id,
            "request": row,
            "policy": progress.policy,
        }
        return Draft(kind="intent", at=self.now(), body=body)

    async def _outcome(
        self, act: Act, state: StepState, call: CallState, facts: Mapping[str, Any], *, undo: bool
    ) -> None:
        body = {"step": state.step.key, "call": call.name, "undo": undo, "attempt": call.attempt, **facts}
        await self._record(act, Draft(kind="outcome", at=self.now(), body=body))
        current = (state.reverts if undo else state.calls)[call.name]
        call.result, call.poll_url = current.result, current.poll_url

    async def _end(  # noqa: PLR0913 - what there is to say of an end
        self, act: Act, state: StepState, outcome: Outcome, why: str, proof: Proof | None = None, *, code: str = ""
    ) -> None:
        body: dict[str, Any] = {"step": state.step.key, "outcome": outcome.value, "why": why}
        body |= {"code": code} if code else {}
        if proof:
            body["proof"] = {"checks": dict(proof.checks), "after": dict(self._measure(state).own(proof.after))}
        self.cloud.telemetry.ended(state.step.measure, outcome.value)
        await self._record(act, Draft(kind="step", at=self.now(), body=body))

    async def _record(self, act: Act, draft: Draft) -> None:
        await act.enter(self.ledger, [draft])


def prior_draft(before: Before, steps: Iterable[str], now: datetime) -> Draft:
    """The entry that keeps a resource as it was, for the steps that start from it."""
    return Draft(kind="prior", at=now, body={"steps": list(steps), "digest": before.digest, "body": dict(before.body)})


def _prior(state: StepState) -> Before:
    if state.prior is None:
        raise Refused("the state before is not recorded, so nothing is done", code="NoPriorState")
    return state.prior


def _by_resource(waves: Iterable[Iterable[StepState]]) -> Iterable[list[list[StepState]]]:
    """What is to be undone: resources in the order in which they were first written, of each the last step first.

    What lies in another resource that was written comes after it, whenever that was: a closed account lets nobody
    write its containers, and one that refuses other tenants takes no policy that copies to them.
    """
    steps = [state for wave in waves for state in sorted(wave, key=lambda state: state.step.round)]
    first: dict[ResourceId, int] = {}
    for state in steps:
        first.setdefault(state.step.target.resource, state.step.wave)
    turns = {resource: (len(first.keys() & {*_holders(resource)}), wave) for resource, wave in first.items()}
    for turn in sorted(set(turns.values())):
        resources = [resource for resource, its in turns.items() if its == turn]
        asked = [[state for state in reversed(steps) if state.step.target.resource == one] for one in resources]
        yield [[state for state in states if state.being_undone] for states in asked]


def _holders(resource: ResourceId) -> Iterator[ResourceId]:
    here = resource.parent
    while here is not None:
        yield here
        here = here.parent


def _foreign(
    state: StepState, own: Callable[[Before], Mapping[str, Any]], before: Before, now: Before
) -> list[dict[str, Any]]:
    """How what the measure wrote differs now; empty also when it is already as it was before."""
    found, was = own(now), own(before)
    return [] if found == was else list(difference(was, (state.proof or {}).get("after", was), found))


def _irreversible(fault: Exception) -> bool:
    return isinstance(fault, Refused) and fault.code == IRREVERSIBLE


def _unread(fault: Exception) -> dict[str, Any]:
    return {"at": "", "before": None, "ours": None, "now": str(fault)}


def _failed(fault: Interrupted | Postponed | Refused) -> dict[str, Any]:
    """What an outcome keeps of a call that was not acknowledged."""
    match fault:
        case Interrupted():
            return {"result": "interrupted", "why": str(fault)}
        case Postponed():
            return {"result": "postponed", "why": str(fault), "until": fault.until.isoformat()}
        case Refused():
            return {"result": "stale" if fault.code == STALE else "refused", "code": fault.code, "why": str(fault)}


def _facts(reply: Reply) -> dict[str, Any]:
    """What an outcome keeps of Azure's answer."""
    return {
        "result": "pending" if reply.state is State.RUNNING and reply.poll_url else "acknowledged",
        "status": reply.status,
        "service_request_id": reply.service_request_id,
        "correlation_id": reply.correlation_id,
        "poll_url": reply.poll_url,
        "sent_at": reply.sent_at.isoformat(),
        "acknowledged_at": reply.acknowledged_at.isoformat(),
    }


def _unproved(proof: Proof | None) -> str:
    if proof is None:
        return "Azure did not answer while the proof was looked for"
    failed = ", ".join(name for name, check in proof.checks.items() if check is False)
    untried = ", ".join(name for name, check in proof.checks.items() if check is None)
    return "; ".join(
        part for part in (failed and f"not so: {failed}", untried and f"could not be tried: {untried}") if part
    )
