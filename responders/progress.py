"""How far the steps of an incident have come: a fold over its entries, from which work goes on after a crash."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from incident.entry import Entry
from incident.plan import Approval, Outcome, Recovery, Step
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import several
from responders.approval import Said, roles
from responders.consent import Consent
from responders.silence import CHECK

DONE = frozenset({"acknowledged", "succeeded"})
UNANSWERED = (None, "interrupted")
LOOKED_AT_AGAIN = ("paused", "changed")
"""Holds that end when the state has been read anew; all others end with a person's word, or not at all."""
HARMLESS = ("false", "expected")
"""Verdicts after which nobody is asked any more."""
OWN = ""  # ourselves, among the entities whose facts are recorded
FOUND_HARMLESS = "a person has found that it was not so, or was expected"
CLOSED = "the incident was closed by a person"


@dataclass
class CallState:
    """One call of a step: its last intent, and what is known of it."""

    name: str
    key: str
    request_id: str
    attempt: int = 0
    result: str | None = None  # acknowledged, pending, succeeded, refused, failed, interrupted, postponed, stale
    poll_url: str | None = None
    until: datetime | None = None
    answered_at: datetime | None = None  # when the answer, or that there was none, was entered
    in_doubt: bool = False  # an earlier attempt got no answer: it may have had its effect

    @property
    def done(self) -> bool:
        """Whether Azure has confirmed it."""
        return self.result in DONE


@dataclass
class StepState:
    """One step: what it is, whether it may run, its calls and its end."""

    step: Step
    hold: str  # empty = may run; otherwise watch, approval, guard, by hand, rejected, paused or changed
    incident_class: str = ""
    phi: bool = False
    consent: Consent = field(default_factory=Consent)
    prior: Before | None = None
    calls: dict[str, CallState] = field(default_factory=dict)
    reverts: dict[str, CallState] = field(default_factory=dict)
    undo_by: str | None = None
    proof: Mapping[str, Any] | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    why: str = ""
    code: str = ""  # Azure's, of what it refused
    reconsidered: bool = False  # whether something came up after it was planned that held it back
    silent: bool | None = None  # whether the log no longer serves those who were cut off; None while it cannot tell

    @property
    def runnable(self) -> bool:
        """Whether it may run and has not ended."""
        return not self.hold and self.outcome is None

    @property
    def until(self) -> datetime | None:
        """When a call that Azure has put off may be sent again."""
        calls = [*self.calls.values(), *self.reverts.values()]
        return max((call.until for call in calls if call.result == "postponed" and call.until), default=None)

    @property
    def doubtful(self) -> list[CallState]:
        """The calls that may have had their effect in an attempt that got no answer."""
        return [call for call in self.calls.values() if call.in_doubt and not call.done]

    @property
    def unbegun(self) -> bool:
        """Whether nothing of it can have had an effect: no call was intended, or Azure refused it as stale."""
        return self.outcome is None and all(call.result == "stale" for call in self.calls.values())

    @property
    def waits_for_a_look(self) -> bool:
        """Whether it has to be planned anew on the state as it is then."""
        return self.hold in LOOKED_AT_AGAIN and self.outcome is None

    @property
    def being_undone(self) -> bool:
        """Whether a person has asked to undo it and that has not ended."""
        return self.undo_by is not None and self.outcome is not Outcome.UNDONE


@dataclass
class Progress:
    """All steps of an incident by key, in plan order, and every request that it ever intended to send."""

    incident: str
    revision: int = 0
    policy: str = ""  # the hash of the policy under which the plan stands
    steps: dict[str, StepState] = field(default_factory=dict)
    requests: set[str] = field(default_factory=set)
    undos: set[str] = field(default_factory=set)  # those of the requests that open again what was closed
    reporters: set[str] = field(default_factory=set)  # people whose report this is: they decide nothing here
    actors: set[str] = field(default_factory=set)  # who is said to have caused it, under every name
    stated: dict[str, dict[str, Any]] = field(default_factory=dict)  # by entity: status and closing, of the facts

    @classmethod
    def of(cls, incident: str, entries: Iterable[Entry]) -> Self:
        """The fold."""
        progress = cls(incident)
        for entry in entries:
            progress.add(entry)
        return progress

    def echoes(self, request_id: str | None, *, exposed: bool) -> bool:
        """Whether the request is one of ours. Where the fault can be seen, only one of an undo explains it.

        The activity log shows our ids to whoever may read it: a borrowed one must not hide that PHI is open again.
        """
        return (request_id or "").casefold() in (self.undos if exposed else self.requests)

    def add(self, entry: Entry) -> None:
        """One more entry; kinds that say nothing of steps are passed over."""
        reader = READERS.get(entry.kind)
        if reader is not None:
            reader(self, entry)

    @property
    def waves(self) -> list[list[StepState]]:
        """The steps, wave by wave."""
        numbers = sorted({state.step.wave for state in self.steps.values()})
        return [[state for state in self.steps.values() if state.step.wave == number] for number in numbers]

    @property
    def closed(self) -> bool:
        """Whether people have closed it at every entity, ours among them."""
        return OWN in self.stated and all(map(_over, self.stated.values()))

    @property
    def wishes(self) -> dict[str, str | None]:
        """Every step, and who wants it undone."""
        return {key: state.undo_by for key, state in self.steps.items()}

    @property
    def until(self) -> datetime | None:
        """The first moment at which Azure will hear again of what it has put off; None when something need not wait."""
        waits = [state.until for state in self.steps.values() if state.runnable or state.being_undone]
        return min((until for until in waits if until), default=None) if all(waits) else None

    @property
    def unfinished(self) -> bool:
        """Whether something may still run without a person."""
        states = self.steps.values()
        return any(state.runnable or state.being_undone or state.waits_for_a_look for state in states)


def _signal(progress: Progress, entry: Entry) -> None:
    body = entry.body
    hints = body.get("hints") or {}
    if body.get("source") == "person":
        progress.reporters |= {str(body["actor"]).casefold()} if body.get("actor") else set()
        return
    named = (body.get("actor"), hints.get("actor_object_id"), hints.get("actor_app_id"))
    progress.actors |= {str(name) for name in named if name}


def _plan(progress: Progress, entry: Entry) -> None:
    progress.revision, progress.policy = entry.body["revision"], entry.body["policy"]
    for row in entry.body["steps"]:
        known = progress.steps.get(row["key"])
        if known is None or known.unbegun:
            progress.steps[row["key"]] = _planned(progress.incident, row, known)


def _planned(incident: str, row: Mapping[str, Any], known: StepState | None) -> StepState:
    """The step; one that is the same as before keeps what people have said of it, a changed one needs new words."""
    state = StepState(
        step=step_of(incident, row),
        hold=row["hold"],
        why=row["why"],
        incident_class=row.get("class", ""),
        phi=row.get("phi", False),
    )
    if known is None or known.step.hash != state.step.hash:
        return state
    state.prior, state.consent = known.prior, known.consent
    if state.consent.rejected_by:
        state.hold, state.why = known.hold, known.why
    elif state.consent.agreed_at and state.hold == "approval":
        state.hold = ""
    return state


def _offer(progress: Progress, entry: Entry) -> None:
    for row in entry.body["steps"]:
        state = _asked(progress, row)
        if state:
            state.consent.offer(entry.at, datetime.fromisoformat(entry.body["expires"]))


def _expiry(progress: Progress, entry: Entry) -> None:
    for row in entry.body["steps"]:
        state = _asked(progress, row)
        if state:
            state.consent.lapse(entry.at, run=row["run"])
            state.hold = "" if row["run"] else state.hold


def _decision(progress: Progress, entry: Entry) -> None:
    """An answer to an offer that stands, by somebody who may give it; anything else changes nothing."""
    body, by = entry.body, entry.by.casefold()
    state = _asked(progress, body)
    if state is None or not state.consent.stands(entry.at) or by in progress.reporters:
        return
    if body["decision"] == "reject":
        state.consent.rejected_by = by
        state.hold, state.why = "rejected", "a person has decided against it"
        return
    state.consent.approve(Said(by=by, roles=frozenset(body["roles"])), state.step.approval, entry.at)
    state.hold = "" if state.consent.agreed_at else state.hold


def _verdict(progress: Progress, entry: Entry) -> None:
    """A harmless one rejects what waits for whoever gave it; any other takes that back."""
    if entry.body["verdict"] not in HARMLESS:
        _ask_again(progress, FOUND_HARMLESS)
    elif entry.by.casefold() not in progress.reporters:
        given = frozenset(entry.body.get("roles", ()))
        _ask_no_more(progress, entry.by, FOUND_HARMLESS, lambda state: given & set(roles(state.step.approval)))


def _facts(progress: Progress, entry: Entry) -> None:
    """With the last entity at which it is closed, ours among them, nobody is asked any more; opened again, they are."""
    known = progress.stated.setdefault(entry.body["entity"], {})
    known |= {name: said for name, said in entry.body["facts"].items() if name in ("status", "closing")}
    if progress.closed:
        _ask_no_more(progress, entry.by, CLOSED, lambda _: True)
    else:
        _ask_again(progress, CLOSED)


def _over(stated: Mapping[str, Any]) -> bool:
    return stated.get("status") == "not_affected" or bool(stated.get("closing"))


def _disclosure(progress: Progress, entry: Entry) -> None:
    """A closing because nobody has had access stands no longer when somebody was seen."""
    for stated in progress.stated.values() if entry.body["access"] == "seen" else ():
        if (stated.get("closing") or {}).get("ground") == "no_access":
            stated["closing"] = None
            _ask_again(progress, CLOSED)


def _ask_no_more(progress: Progress, by: str, why: str, concerned: Callable[[StepState], object]) -> None:
    for state in progress.steps.values():
        if state.hold == "approval" and state.unbegun and concerned(state):
            state.consent.rejected_by = by.casefold()
            state.hold, state.why = "rejected", why


def _ask_again(progress: Progress, why: str) -> None:
    for state in progress.steps.values():
        if (state.hold, state.why) == ("rejected", why):
            state.hold, state.why, state.consent = "approval", "", Consent()


def _asked(progress: Progress, row: Mapping[str, Any]) -> StepState | None:
    """The step that is meant, as it stands in the plan and waits for an approval."""
    state = progress.steps.get(row["step"])
    asked = state is not None and state.hold == "approval" and state.unbegun and state.step.hash == row["hash"]
    return state if asked else None


def _held(progress: Progress, entry: Entry) -> None:
    state = progress.steps[entry.body["step"]]
    state.hold, state.why, state.reconsidered = entry.body["hold"], entry.body["why"], True
    if state.hold in ("approval", "changed"):
        state.consent.withdraw()


def _prior(progress: Progress, entry: Entry) -> None:
    for body in several.each(entry.kind, entry.body):
        before = Before(body["body"])
        for key in body["steps"]:
            progress.steps[key].prior = before


def _intent(progress: Progress, entry: Entry) -> None:
    for body in several.each(entry.kind, entry.body):
        _intended(progress, body)


def _intended(progress: Progress, body: Mapping[str, Any]) -> None:
    state = progress.steps[body["step"]]
    calls = state.reverts if body["undo"] else state.calls
    earlier = calls.get(body["call"])
    calls[body["call"]] = CallState(
        name=body["call"],
        key=body["key"],
        request_id=body["request_id"],
        attempt=body["attempt"],
        in_doubt=earlier is not None and (earlier.in_doubt or earlier.result in UNANSWERED),
    )
    request = body["request_id"].casefold()
    progress.requests.add(request)
    if body["undo"]:
        progress.undos.add(request)


def _outcome(progress: Progress, entry: Entry) -> None:
    body = entry.body
    state = progress.steps[body["step"]]
    call = (state.reverts if body["undo"] else state.calls)[body["call"]]
    call.result = body["result"]
    call.poll_url = body.get("poll_url")
    call.until = _time(body.get("until"))
    call.answered_at = entry.at


def _step(progress: Progress, entry: Entry) -> None:
    state = progress.steps[entry.body["step"]]
    state.outcome = Outcome(entry.body["outcome"])
    state.why, state.ended_at = entry.body["why"], entry.at
    state.code = entry.body.get("code", "")
    state.proof = entry.body.get("proof") or state.proof
    if state.outcome is Outcome.UNDONE:
        state.undo_by = None


def _silence(progress: Progress, entry: Entry) -> None:
    """What the log tells of those who were cut off: silence proves what could not be tried, and nothing that failed."""
    state, silent = progress.steps[entry.body["step"]], entry.body["silent"]
    if state.outcome not in (Outcome.CONTAINED, Outcome.UNPROVED):
        return
    state.silent = silent
    checks = {**((state.proof or {}).get("checks") or {}), CHECK: silent}
    state.proof = {**(state.proof or {}), "checks": checks}
    if False in checks.values():
        failed = ", ".join(name for name, check in checks.items() if check is False)
        state.outcome, state.why, state.ended_at = Outcome.UNPROVED, f"not so: {failed}", entry.at
    elif silent and state.outcome is Outcome.UNPROVED:
        state.outcome, state.why, state.ended_at = Outcome.CONTAINED, "", entry.at


def _undo(progress: Progress, entry: Entry) -> None:
    """A new wish is sent anew, whatever became of an earlier one."""
    for key in entry.body["steps"]:
        state = progress.steps[key]
        state.undo_by = entry.by
        for call in state.reverts.values():
            call.result = None if call.done else call.result


def _undo_refused(progress: Progress, entry: Entry) -> None:
    progress.steps[entry.body["step"]].undo_by = None


READERS = {
    "signal": _signal,
    "plan": _plan,
    "offer": _offer,
    "expiry": _expiry,
    "decision": _decision,
    "verdict": _verdict,
    "facts": _facts,
    "disclosure": _disclosure,
    "held": _held,
    "prior": _prior,
    "priors": _prior,
    "intent": _intent,
    "intents": _intent,
    "outcome": _outcome,
    "step": _step,
    "silence": _silence,
    "undo": _undo,
    "undo_refused": _undo_refused,
}


def step_of(incident: str, row: Mapping[str, Any]) -> Step:
    """The step that a row of a plan entry describes."""
    target = Target(resource=ResourceId(row["resource"]), incident=incident, parameters=row["parameters"])
    return Step(
        measure=row["measure"],
        code=row["code"],
        title=row["title"],
        target=target,
        wave=row["wave"],
        approval=Approval(row["approval"]),
        recovery=Recovery(row["recovery"]),
        before=row["before"],
        barrier=row["barrier"],
        round=row["round"],
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
