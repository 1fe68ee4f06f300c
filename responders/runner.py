"""Carries plans out: intent first, then the act, then its outcome, then the proof; and goes on where a crash left off.

Steps of a wave run together and each on its own: a slow or failing target holds up no other. The next wave starts when
every call of the wave before has its answer; only a barrier waits for the proof as well. Calls of a step run in order.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cloud import Cloud, Reply, State
from incident.canonical import digest
from incident.entry import Draft
from incident.errors import Interrupted, LeaseLost, LedgerUnavailable, Postponed, Refused
from incident.plan import Outcome
from incident.target import Before
from ledger import Lease, Ledger
from responders import measures
from responders.effective import difference, effective
from responders.measure import Call, Irreversible, Measure, Proof
from responders.progress import CallState, Progress, StepState

STALE = "PreconditionFailed"
ENDED = (Outcome.CONTAINED, Outcome.NOOP)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long a call may take, how often and how long a proof is looked for, how often a call is tried."""

    call: timedelta = timedelta(seconds=30)
    look: timedelta = timedelta(milliseconds=500)
    looks: int = 120
    attempts: int = 4


PACE = Pace()


@dataclass(kw_only=True)
class Act:
    """One incident in the hands of this process: its progress, its lease, and the intents written but not yet sent."""

    progress: Progress
    lease: Lease
    written: set[str] = field(default_factory=set)


class Runner:
    """Runs and undoes the steps of an incident."""

    def __init__(self, cloud: Cloud, ledger: Ledger, *, now: Callable[[], datetime], pace: Pace = PACE) -> None:
        self.cloud = cloud
        self.ledger = ledger
        self.now = now
        self.pace = pace

    async def opening(self, progress: Progress) -> list[Draft]:
        """The intents of the first call of every step that starts at once: they go into the first transaction."""
        waves = progress.waves
        ready = [state for state in (waves[0] if waves else ()) if state.runnable]
        firsts = [(state, self._contain(state)[:1]) for state in ready]
        return list(
            await asyncio.gather(
                *(self._draft(progress, state, calls[0], 1, undo=False) for state, calls in firsts if calls)
            )
        )

    async def run(self, act: Act) -> None:
        """Carry out whatever may run and has not ended."""
        async with asyncio.TaskGroup() as proofs:
            for wave in act.progress.waves:
                going = [(state, proofs) for state in wave if state.runnable]
                proving = await _each(self._step(act, state, group) for state, group in going)
                if any(state.step.barrier for state in wave):
                    await asyncio.gather(*(proof for proof in proving if proof))
                    if any(state.step.barrier and state.outcome not in ENDED for state in wave):
                        return

    async def undo(self, act: Act) -> None:
        """Undo what a person asked to undo, in plan order: an account is opened before its containers can be."""
        for wave in act.progress.waves:
            await _each(self._revert(act, state) for state in wave if state.being_undone)

    async def _step(self, act: Act, state: StepState, proofs: asyncio.TaskGroup) -> asyncio.Task[None] | None:
        """The calls of one step; its proof goes on beside the next wave."""
        try:
            acted = await self._calls(act, state, undo=False)
        except Postponed:
            return None
        except Interrupted as fault:
            await self._end(act, state, Outcome.FAILED, f"{fault}. Look at the resource, then resume")
            return None
        except Refused as fault:
            await self._end(act, state, Outcome.REFUSED, str(fault))
            return None
        except (LeaseLost, LedgerUnavailable):
            raise
        except Exception as fault:
            await self._end(act, state, Outcome.FAILED, f"{type(fault).__name__}; the log of this hour has the details")
            raise
        return proofs.create_task(self._prove(act, state, acted=acted))

    def _contain(self, state: StepState) -> tuple[Call, ...]:
        return self._measure(state).contain(state.step.target, _prior(state))

    def _measure(self, state: StepState) -> Measure:
        return measures.by_id(state.step.measure)

    async def _calls(self, act: Act, state: StepState, *, undo: bool, onto: Before | None = None) -> bool:
        """Every call without an answer, in order; whether there was any. A stale ETag is read again and retried."""
        for _ in range(self.pace.attempts):
            calls = self._reverts(state, onto or _prior(state)) if undo else self._contain(state)
            try:
                for call in calls:
                    await self._call(act, state, call, undo=undo)
            except Refused as fault:
                if fault.code != STALE or undo:
                    raise
                await self._reread(act, state)
            else:
                return bool(calls)
        raise Refused("the resource changes faster than it can be written; a person must stop that first", code=STALE)

    def _reverts(self, state: StepState, onto: Before) -> tuple[Call, ...]:
        calls = self._measure(state).undo(state.step.target, onto)
        if isinstance(calls, Irreversible):
            raise Refused(calls.why, code="Irreversible")
        return calls

    async def _reread(self, act: Act, state: StepState) -> None:
        """Somebody wrote in between: the state now is the prior state."""
        fresh = await self._measure(state).read(self.cloud, state.step.target)
        await self._record(act, prior_draft(fresh, [state.step.key], self.now()))
        state.prior = fresh

    async def _call(self, act: Act, state: StepState, call: Call, *, undo: bool) -> None:
        """One write: intent, act, outcome. Tried again only where the answer or the call itself allows it."""
        known = (state.reverts if undo else state.calls).get(call.name)
        if known and known.done:
            return
        if known and known.result == "pending":
            await self._await_end(act, state, known, undo=undo)
            return
        if known and call.once and known.request_id not in act.written and await call.once(self.cloud):
            await self._outcome(
                act, state, known, {"result": "succeeded", "why": "read back: it had happened"}, undo=undo
            )
            return
        for attempt in range(known.attempt if known else 0, (known.attempt if known else 0) + self.pace.attempts):
            last = await self._try(act, state, call, attempt + 1, undo=undo)
            if last:
                await self._await_end(act, state, last, undo=undo)
                return
        raise Interrupted(f"{call.name}: no answer from Azure in {self.pace.attempts} attempts")

    async def _try(self, act: Act, state: StepState, call: Call, attempt: int, *, undo: bool) -> CallState | None:
        """One attempt; None when its outcome is unknown and it may be repeated."""
        calls = state.reverts if undo else state.calls
        known = calls.get(call.name)
        if known is None or known.request_id not in act.written:
            await self._record(act, await self._draft(act.progress, state, call, attempt, undo=undo))
        known = calls[call.name]
        act.written.discard(known.request_id)
        act.lease = await self._held(act.lease)
        try:
            reply = await self.cloud.perform(call.send, request_id=known.request_id, timeout=self.pace.call)
        except Interrupted as fault:
            await self._outcome(act, state, known, {"result": "interrupted", "why": str(fault)}, undo=undo)
            if call.once:
                raise
            return None
        except Postponed as fault:
            facts = {"result": "postponed", "why": str(fault), "until": fault.until.isoformat()}
            await self._outcome(act, state, known, facts, undo=undo)
            raise
        except Refused as fault:
            result = "stale" if fault.code == STALE else "refused"
            await self._outcome(act, state, known, {"result": result, "code": fault.code, "why": str(fault)}, undo=undo)
            raise
        await self._outcome(act, state, known, _facts(reply), undo=undo)
        return known

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

    async def _prove(self, act: Act, state: StepState, *, acted: bool) -> None:
        """Look until the proof holds or the looks are used up; both ends are recorded."""
        proof: Proof | None = None
        for _ in range(self.pace.looks):
            try:
                proof = await self._measure(state).verify(self.cloud, state.step.target)
            except (Interrupted, Postponed):
                proof = None
            except Refused as fault:
                await self._end(act, state, Outcome.UNPROVED, f"the proof could not be read: {fault}")
                return
            if proof and (proof.holds or (None in proof.checks.values() and False not in proof.checks.values())):
                break
            await asyncio.sleep(self.pace.look.total_seconds())
        holds = proof is not None and proof.holds
        outcome = (Outcome.CONTAINED if acted else Outcome.NOOP) if holds else Outcome.UNPROVED
        await self._end(act, state, outcome, "" if holds else _unproved(proof), proof)

    async def _revert(self, act: Act, state: StepState) -> None:
        """Undo one step, only onto the state that we wrote; else the difference goes to a person."""
        before = _prior(state)
        try:
            now = await self._measure(state).read(self.cloud, state.step.target)
            if foreign := _foreign(state, before, now):
                await self._keep(act, state, foreign)
                return
            await self._calls(act, state, undo=True, onto=before.onto(now))
            await self._restored(act, state)
        except Postponed:
            return
        except (Refused, Interrupted) as fault:
            await self._keep(act, state, [{"at": "", "was": None, "now": str(fault)}])

    async def _restored(self, act: Act, state: StepState) -> None:
        """The state is again what it was before the first write, read back."""
        for _ in range(self.pace.looks):
            now = await self._measure(state).read(self.cloud, state.step.target)
            left = list(difference(effective(_prior(state)), effective(now)))
            if not left:
                await self._end(act, state, Outcome.UNDONE, "")
                return
            await asyncio.sleep(self.pace.look.total_seconds())
        await self._keep(act, state, left)

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
            "call": call.name,
            "undo": undo,
            "key": key,
            "attempt": attempt,
            "request_id": request_id,
            "request": row,
            "policy": progress.policy,
        }
        return Draft(kind="intent", at=self.now(), body=body)

    async def _outcome(self, act: Act, state: StepState, call: CallState, facts: dict[str, Any], *, undo: bool) -> None:
        body = {"step": state.step.key, "call": call.name, "undo": undo, "attempt": call.attempt, **facts}
        await self._record(act, Draft(kind="outcome", at=self.now(), body=body))
        current = (state.reverts if undo else state.calls)[call.name]
        call.result, call.poll_url = current.result, current.poll_url

    async def _end(self, act: Act, state: StepState, outcome: Outcome, why: str, proof: Proof | None = None) -> None:
        body: dict[str, Any] = {"step": state.step.key, "outcome": outcome.value, "why": why}
        if proof:
            body["proof"] = {"checks": dict(proof.checks), "after": effective(proof.after)}
        await self._record(act, Draft(kind="step", at=self.now(), body=body))

    async def _record(self, act: Act, draft: Draft) -> None:
        for entry in await self.ledger.append(act.progress.incident, [draft], lease=act.lease):
            act.progress.add(entry)


def prior_draft(before: Before, steps: Iterable[str], now: datetime) -> Draft:
    """The entry that keeps a resource as it was, for the steps that start from it."""
    return Draft(kind="prior", at=now, body={"steps": list(steps), "digest": before.digest, "body": dict(before.body)})


async def _each(steps: Iterable[Any]) -> list[Any]:
    """All of them to their end; then the first failure, if any."""
    ends = await asyncio.gather(*steps, return_exceptions=True)
    faults = [end for end in ends if isinstance(end, BaseException)]
    if faults:
        raise faults[0]
    return list(ends)


def _prior(state: StepState) -> Before:
    if state.prior is None:
        raise Refused("the state before is not recorded, so nothing is done", code="NoPriorState")
    return state.prior


def _foreign(state: StepState, before: Before, now: Before) -> list[dict[str, Any]]:
    """How the state now differs from what we wrote; empty also when it is already as it was before."""
    found, was = effective(now), effective(before)
    return [] if found == was else list(difference((state.proof or {}).get("after", was), found))


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
