"""Drift: a containment that somebody has taken back is found by reading, and contained again, once.

The entry names who did it, from the activity log, and what to change in infrastructure as code so that it stays. A
second reversal asks a person: two automata that correct each other help nobody.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from desk import carry, pauses, tell
from desk.parts import Parts
from incident.entry import Draft
from incident.errors import Interrupted, Postponed, Refused
from incident.plan import Outcome, Recovery
from incident.target import Before
from ledger import IndexRow
from responders import measures, planner
from responders.effective import difference
from responders.keep import KEEP
from responders.progress import Progress, StepState

REVERTED = "Tourniquet.Containment.Reverted"
AT_REST = ("undone", "watched", "recorded")
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Reversal:
    """A containment that is gone: the step, the state as it is now, where it differs, and who wrote last."""

    state: StepState
    now: Before
    changes: Sequence[Mapping[str, Any]]
    by: str
    kind: str  # person, pipeline or unknown
    operation: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """What the entry says of it."""
        step = self.state.step
        keep = KEEP.get(step.measure)
        return {
            "step": step.key,
            "resource": step.target.resource.text,
            "by": self.by,
            "kind": self.kind,
            "operation": self.operation,
            "difference": list(self.changes),
            "keep": asdict(keep) if keep else {},
        }


async def sweep(parts: Parts) -> int:
    """Look at everything that was contained; how many containments were found taken back."""
    found = 0
    with parts.cloud.sweeping():
        async for row in _contained(parts):
            found += await _incident(parts, row.incident)
    return found


async def _contained(parts: Parts) -> AsyncIterator[IndexRow]:
    """The incidents in which something may stand contained, newest first."""
    last: IndexRow | None = None
    while rows := await parts.ledger.newest(PAGE, before=last):
        for row in rows:
            if row.state.get("status") not in AT_REST:
                yield row
        last = rows[-1]


async def _incident(parts: Parts, incident: str) -> int:
    progress = Progress.of(incident, await parts.ledger.whole(await parts.ledger.chain(incident)))
    looks = [await _look(parts, progress, state) for state in _standing(progress)]
    reversals = [look for look in looks if look]
    if reversals:
        await _again(parts, progress, reversals)
    return len(reversals)


def _standing(progress: Progress) -> list[StepState]:
    """The last round of every step that was contained, can be read back, and that nobody is undoing."""
    last: dict[tuple[str, str], StepState] = {}
    for state in progress.steps.values():
        known = last.get(_place(state))
        last[_place(state)] = state if known is None or known.step.round < state.step.round else known
    return [
        state
        for state in last.values()
        if state.outcome is Outcome.CONTAINED and state.step.recovery is Recovery.EXACT and not state.being_undone
    ]


def _place(state: StepState) -> tuple[str, str]:
    return state.step.measure, state.step.target.key


async def _look(parts: Parts, progress: Progress, state: StepState) -> Reversal | None:
    """The reversal, if the state is neither what we left nor contained in another way; None where it cannot be read."""
    measure = measures.by_id(state.step.measure)
    try:
        now = await measure.read(parts.cloud, state.step.target)
    except (Refused, Postponed, Interrupted):
        return None
    left = (state.proof or {}).get("after", {})
    changes = list(difference(measure.own(state.prior) if state.prior else {}, left, measure.own(now)))
    if not changes or not measure.contain(state.step.target, now):
        return None
    return Reversal(state=state, now=now, changes=changes, **await _author(parts, progress, state))


async def _author(parts: Parts, progress: Progress, state: StepState) -> dict[str, str]:
    """Who wrote to the resource last, other than ourselves, since it was contained."""
    nobody = {"by": "somebody whom the activity log does not name", "kind": "unknown"}
    if state.ended_at is None:
        return nobody
    try:
        records = await parts.cloud.arm.activity(state.step.target.resource, state.ended_at)
    except (Refused, Postponed, Interrupted):
        return nobody
    foreign = (record for record in records if _foreign(record, progress))
    return next(({"by": str(each["caller"]), **_deed(each)} for each in foreign), nobody)


def _foreign(record: Mapping[str, Any], progress: Progress) -> bool:
    request = str((record.get("httpRequest") or {}).get("clientRequestId") or "").casefold()
    succeeded = (record.get("status") or {}).get("value") == "Succeeded"
    return succeeded and bool(record.get("caller")) and request not in progress.requests


def _deed(record: Mapping[str, Any]) -> dict[str, str]:
    is_app = (record.get("claims") or {}).get("idtyp") == "app" or "@" not in str(record["caller"])
    operation = (record.get("operationName") or {}).get("value") or ""
    return {"kind": "pipeline" if is_app else "person", "operation": str(operation)}


async def _again(parts: Parts, progress: Progress, reversals: Sequence[Reversal]) -> None:
    """What was found, who was told, and a revision of the plan; then it is carried on like any other."""
    now = parts.now()
    circumstances = planner.Circumstances(
        policy=parts.policy,
        now=now,
        read_at=now,
        actors=frozenset(progress.actors),
        pauses=await pauses.running(parts),
    )
    found = [Draft(kind="drift", at=now, body=reversal.body) for reversal in reversals]
    planned = planner.anew(progress, [(reversal.state, reversal.now) for reversal in reversals], circumstances)
    events = [_event(parts, progress.incident, reversal) for reversal in reversals]
    owed = carry.work(parts, progress.incident)
    await parts.ledger.owe(owed)
    await parts.ledger.append(progress.incident, [*found, *planned, *await tell.send(parts, events)])
    await carry.go_on(parts, progress.incident, owed)


def _event(parts: Parts, incident: str, reversal: Reversal) -> dict[str, Any]:
    step = reversal.state.step
    data = {"title": step.title, "round": step.round, "by": reversal.kind, "keep": reversal.body["keep"]}
    return tell.notice(parts, incident, REVERTED, f"{step.key}/{step.round}", data)
