"""Intake: a signal becomes an incident, or part of one, and is acted upon in the same invocation.

Reading is not acting, so the ledger writes beside the reads: the signal row, the key rows and the work row go out
together with the reads that the rules need. Then one transaction holds the signal, what was found, the plan, the prior
state and the intents of the first wave. Then the calls leave.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from desk import carry, kept, observe, occasion
from desk.parts import Parts
from desk.status import status
from detection import rules
from detection.readers import Unreadable, read
from detection.rule import Facts, Rule
from incident.canonical import canonical, digest, plain
from incident.entry import GENESIS, Draft, Entry
from incident.errors import LeaseLost
from incident.finding import Disposition, Finding
from incident.signal import Signal
from ledger import Work
from responders import planner
from responders.gate import Gate
from responders.progress import Progress
from responders.runner import Act

WINDOW = timedelta(minutes=30)
SPEAKING = ("sentinel", "defender", "monitor", "graph", "person")
"""Sources that speak of an incident: even a harmless one is kept as such. A mere event is kept as a signal."""
GRAVEST = (Disposition.CONTAIN, Disposition.REVIEW, Disposition.RECORD)
NO_INCIDENT = "-"
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the sender is told: the incident, if there is one, and what was made of the signal."""

    incident: str | None
    disposition: Disposition
    reason: str
    classes: tuple[str, ...] = ()
    duplicate: bool = False


@dataclass(frozen=True, kw_only=True)
class Left:
    """An item that nobody could read: where it is kept until a person has looked, and why."""

    parked: str
    reason: str


async def deliver(parts: Parts, payload: bytes | Mapping[str, Any], source: str) -> list[Receipt | Left]:
    """Take in every signal of a delivery, each on its own; what cannot be read is parked. SignalRejected when empty."""
    items = read(payload, received_at=parts.now(), source=source)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(item: Signal | Unreadable) -> Receipt | Left:
        async with turns:
            honest = _honest(item, source)
            return await take_in(parts, honest) if isinstance(honest, Signal) else await _park(parts, honest)

    return await asyncio.gather(*(one(item) for item in items))


def _honest(item: Signal | Unreadable, source: str) -> Signal | Unreadable:
    """The item, unless a machine's entrance brings what only a person who has signed in may say, or the reverse."""
    if isinstance(item, Unreadable) or (item.source == "person") == (source == "person"):
        return item
    reason = "it came by an entrance that is not its own"
    original = canonical({"kind": item.kind, "id": item.id, "body": item.body})
    return Unreadable(
        reason=reason, content=item.content, received_at=item.received_at, source=source, original=original
    )


async def _park(parts: Parts, item: Unreadable) -> Left:
    kept_as = await parts.ledger.park(item.source or "", item.original, reason=item.reason, at=item.received_at)
    return Left(parked=kept_as.id, reason=item.reason)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A signal, what the rules made of it and on which live state, and the row of open work that makes sure of it."""

    signal: Signal
    findings: Sequence[Finding]
    facts: Facts
    at: planner.Circumstances
    note: Work

    @property
    def gravest(self) -> Finding:
        """The finding from which most follows."""
        return min(self.findings, key=lambda finding: GRAVEST.index(finding.disposition))

    @property
    def echoed(self) -> Self:
        """The same when the signal tells of a write that this responder has made: nothing follows from it."""
        ours = [
            replace(finding, disposition=Disposition.RECORD, reason="it is our own write, coming back", exposed=False)
            for finding in self.findings
        ]
        return replace(self, findings=ours)

    @property
    def opened(self) -> list[Draft]:
        """The entries that say it."""
        return [_signal(self.signal, self.at.now), *(_finding(finding, self.at.now) for finding in self.findings)]

    def receipt(self, incident: str | None) -> Receipt:
        """What the sender is told."""
        classes = tuple(sorted({finding.incident_class for finding in self.findings})) if incident else ()
        found = self.gravest
        return Receipt(incident=incident, disposition=found.disposition, reason=found.reason, classes=classes)


async def take_in(parts: Parts, signal: Signal, owed: Work | None = None) -> Receipt:
    """Judge the signal on live state, merge it, act. Raises LedgerUnavailable when it could not be kept.

    One row of open work stands from before the first entry until the incident has come to rest; `resume` passes the
    row that a crash has left.
    """
    read_at = parts.now()
    matching = [rule for rule in rules.every() if rule.match(signal)]
    candidate = parts.new_id()
    looking = asyncio.create_task(observe.observe(parts.cloud, signal, matching, parts.policy))
    try:
        known, note, belongs, incident = await asyncio.gather(
            occasion.beside(parts, signal, matching),
            _noted(parts, signal, owed),
            parts.ledger.seen(signal.key, {"kind": signal.kind, "id": signal.id}),
            parts.ledger.claim(keys(signal, matching), candidate),
        )
        if belongs:
            return await _again(parts, belongs, note, taken_up=owed is not None)
        facts = await looking
    finally:
        looking.cancel()
    findings = [found for rule in matching for found in rule.findings(signal, facts, parts.policy)] or [
        _unknown(signal)
    ]
    at = replace(occasion.circumstances(parts.policy, signal, facts, known, parts.now()), read_at=read_at)
    judged = Judged(signal=signal, findings=findings, facts=facts, at=at, note=note)
    return await _enter(parts, incident, judged, ours=incident == candidate)


async def _noted(parts: Parts, signal: Signal, owed: Work | None) -> Work:
    """The row of open work that makes sure of this signal."""
    if owed:
        return owed
    due = parts.now() + carry.AGAIN
    note = Work(incident=signal.key, kind="signal", due=due, body=kept.told(signal))
    await parts.ledger.owe(note)
    return note


def keys(signal: Signal, matching: Iterable[Rule]) -> list[str]:
    """What signals about one cause share: the alert, the correlation, or class and resource within half an hour."""
    shared = [f"alert:{alert}" for alert in signal.alert_ids]
    shared += [f"correlation:{signal.correlation_id}"] if signal.correlation_id else []
    shared += [f"cause:{digest(_cause(signal, rule))}" for rule in matching]
    return shared or [f"signal:{signal.key}"]


def _cause(signal: Signal, rule: Rule) -> list[object]:
    resource = rule.cause(signal)
    window = int(signal.received_at.timestamp() // WINDOW.total_seconds())
    actor = (signal.actor or "").casefold() if rule.by_actor else ""
    return [rule.id, resource.key if resource else signal.key, actor, window]


def _unknown(signal: Signal) -> Finding:
    spoken = signal.source in SPEAKING
    return Finding(
        incident_class="unclassified",
        disposition=Disposition.REVIEW if spoken and not signal.drill else Disposition.RECORD,
        reason="no rule knows this alert; a person must read it" if spoken else "no rule is concerned",
    )


async def _again(parts: Parts, incident: str, note: Work, *, taken_up: bool) -> Receipt:
    """The same signal has been taken in: nothing is done a second time, but what was left is gone on with."""
    state: Mapping[str, Any] = {}
    if incident != NO_INCIDENT:
        if taken_up:
            await carry.go_on(parts, incident, note)
        head = await parts.ledger.head(incident)
        state = head.state if head else {}
    if not taken_up or incident == NO_INCIDENT:
        await parts.ledger.settle(note.id)
    return Receipt(
        incident=None if incident == NO_INCIDENT else incident,
        disposition=Disposition.RECORD,
        reason=f"known already: {state.get('status', 'recorded')}",
        classes=tuple(state.get("classes", ())),
        duplicate=True,
    )


async def _enter(parts: Parts, incident: str, judged: Judged, *, ours: bool) -> Receipt:
    """Open the incident, join it, or keep the signal alone. `ours`: the id is new, so nobody can have begun it."""
    signal, harmless = judged.signal, judged.gravest.disposition is Disposition.RECORD
    begun = not ours and await parts.ledger.head(incident) is not None
    if not begun and harmless and signal.source not in SPEAKING:
        await parts.ledger.belongs(signal.key, NO_INCIDENT)
        await parts.ledger.settle(judged.note.id)
        return judged.receipt(None)
    if begun or not await _begin(parts, incident, judged):
        await _join(parts, incident, judged)
    return judged.receipt(incident)


def _signal(signal: Signal, now: datetime) -> Draft:
    return Draft(
        kind="signal", at=now, body={**kept.told(signal), "key": signal.key, "earliest": signal.earliest.isoformat()}
    )


def _finding(finding: Finding, now: datetime) -> Draft:
    return Draft(
        kind="finding", at=now, body={**plain(finding), "targets": [target.text for target in finding.targets]}
    )


async def _begin(parts: Parts, incident: str, judged: Judged) -> bool:
    """The one transaction before the first call, and then the calls. False when somebody else has begun it."""
    planned = planner.drafts(Progress(incident), judged.findings, judged.facts.priors, judged.at)
    progress = _preview(incident, planned)
    intents = await parts.runner.opening(progress)
    _extend(progress, intents)
    drafts = [*judged.opened, *planned, *intents]
    beginning = parts.ledger.begin(incident, drafts, state=_state(incident, drafts), owner=parts.owner())
    try:
        chain, _ = await asyncio.gather(beginning, occasion.tally(parts, incident, judged.signal, planned))
    except LeaseLost:
        return False
    if chain.lease is None:
        raise LeaseLost(f"{incident} was begun without a lease")
    written = {intent.body["request_id"] for intent in intents}
    gate = Gate(policy=parts.policy, pauses=judged.at.pauses)
    act = Act(progress=progress, lease=chain.lease, gate=gate, written=written)
    await asyncio.gather(
        carry.carry(parts, act, judged.note),
        parts.ledger.belongs(judged.signal.key, incident),
    )
    return True


async def _join(parts: Parts, incident: str, judged: Judged) -> None:
    """Add the signal; when the plan grows by it, act, unless another process has the incident in hand and will."""
    progress = Progress.of(incident, await carry.whole(parts, await parts.ledger.chain(incident)))
    if (judged.signal.request_id or "").casefold() in progress.requests:
        judged = judged.echoed
    planned = planner.drafts(progress, judged.findings, judged.facts.priors, judged.at)
    await parts.ledger.append(incident, [*judged.opened, *planned])
    await occasion.tally(parts, incident, judged.signal, planned)
    await parts.ledger.belongs(judged.signal.key, incident)
    if planned:
        await carry.go_on(parts, incident, judged.note)
    else:
        await carry.anchor(parts, incident)
        await parts.ledger.settle(judged.note.id)


def _preview(incident: str, drafts: Iterable[Draft]) -> Progress:
    """The progress as it will be once the drafts are entered."""
    progress = Progress(incident)
    _extend(progress, drafts)
    return progress


def _extend(progress: Progress, drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        progress.add(Entry.of(draft, incident=progress.incident, sequence=0, previous=GENESIS))


def _state(incident: str, drafts: Sequence[Draft]) -> dict[str, object]:
    entries = tuple(Entry.of(draft, incident=incident, sequence=0, previous=GENESIS) for draft in drafts)
    return status(incident, entries)
