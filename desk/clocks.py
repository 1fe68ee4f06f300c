"""The clocks that an incident starts, reckoned anew from its original discovery whenever a fact changes.

Nothing is deleted: a clock that gets another date, is met, or ends is entered once more with the reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from compliance import ladder
from compliance.contracts import Agreement, unclaimed
from compliance.engine import reckon
from compliance.facts import Role
from compliance.reckoning import Clock, Reckoning
from compliance.record import Access
from compliance.rows import Kind, Row
from compliance.rulebook import merged, shipped
from compliance.standing import Standing
from desk import lines, tell
from desk.duties import Duty, Side, State, duties
from desk.parties import UNCOUNTED, Party, discovery, held, local_today, parties, recorded, who_knew
from desk.parts import Parts
from desk.register import legal, register
from incident.entry import GENESIS, Draft, Entry
from incident.policy import Policy
from ledger import Lease, Rung

UNCLAIMED = "Tourniquet.Contract.Missing"
ACCESSED = (Access.SEEN, Access.NOT_EXCLUDED)
"""What makes it a presumed breach (45 CFR 164.402(2)): access, or logs that cannot exclude it."""


@dataclass(frozen=True, kw_only=True)
class Reckoned:
    """One party's answer; `why`: the reason for which it owes nothing at all."""

    party: Party
    answer: Reckoning | None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Restated:
    """What the law says now: all duties, those that changed, and what is to be entered."""

    standing: Standing
    reckoned: tuple[Reckoned, ...]
    duties: Mapping[str, Duty]
    changed: tuple[Duty, ...]
    drafts: tuple[Draft, ...]
    begun: tuple[Duty, ...]
    dropped: tuple[Duty, ...]


async def start(parts: Parts, incident: str, lease: Lease | None = None) -> None:
    """Keep every clock that is not in the chain yet, its first reminder first: a crash between leaves a reminder.

    With a lease: LeaseLost when another process has the incident in hand by now, which keeps them.
    """
    entries = await legal(parts, incident)
    if not owed(entries):
        return
    agreements = await register(parts)
    found = restate(parts.policy, entries, agreements, parts.now())
    await keep(parts, incident, found, lease=lease)
    await _miss_contracts(parts, incident, entries, agreements)


def owed(entries: Sequence[Entry]) -> bool:
    """Whether the incident starts clocks: PHI is at stake, seen or borne out, or a person has yet to rule it out.

    A weakness through which nobody has come to PHI starts none until a person states facts.
    """
    findings = [entry.body for entry in entries if entry.kind == "finding" and not entry.body.get("posture")]
    stated = any(entry.kind == "facts" for entry in entries)
    return stated or any(finding["disposition"] in ("contain", "review") for finding in findings)


async def keep(parts: Parts, incident: str, found: Restated, *first: Draft, lease: Lease | None = None) -> list[Rung]:
    """Reminders first, then the entries, `first` before them; the rungs that are due at once, because overdue."""
    now = parts.now()
    fresh = [rung for duty in found.begun if (rung := duty.rung(incident, now))]
    await parts.ledger.deadlines.put_all(fresh, now=now)
    drafts = [*first, *found.drafts]
    if drafts:
        await parts.ledger.append(incident, drafts, lease=lease)
    await parts.ledger.digests.put_all(lines.started(found.begun, incident, lines.next_digest(parts.policy, now)))
    new = {rung.key for rung in fresh}
    await parts.ledger.deadlines.drop(rung for rung in _rows(incident, found.dropped, now) if rung.key not in new)
    return [replace(rung, day=now.astimezone(UTC).date().isoformat()) for rung in fresh if rung.at <= now]


def _rows(incident: str, over: Iterable[Duty], now: datetime) -> Iterator[Rung]:
    """The rows in which the reminders of these duties stood; one that has come due is dropped when it is read."""
    for duty in over:
        if then := ladder.next_rung(duty.clock, now, duty.target):
            yield duty.as_row(incident, then)


def restate(policy: Policy, entries: Sequence[Entry], agreements: Sequence[Agreement], now: datetime) -> Restated:
    """All duties under the law, the policy's own rows and the contracts, against those that the chain tells of."""
    rows = merged(shipped(), policy.law)
    reckoned = tuple(_reckoned(party, rows) for party in parties(policy, entries, agreements))
    fresh = {duty.key: duty for one in reckoned for duty in _duties(one, policy)}
    known = duties(entries)
    changed = tuple(chain(_moved(known, fresh), _ended(known, fresh, reckoned)))
    stands = standing(entries)
    drafts = [*_discovery(entries, reckoned[0]), *_standing(entries, stands)]
    begun = tuple(duty for duty in changed if duty.running and _reminds_anew(duty, known.get(duty.key)))
    gone = {duty.key for duty in (*begun, *(duty for duty in changed if not duty.running))}
    return Restated(
        standing=stands,
        reckoned=reckoned,
        duties={**known, **{duty.key: duty for duty in changed}},
        changed=changed,
        drafts=tuple(Draft(kind=kind, at=now, body=body) for kind, body in drafts)
        + tuple(Draft(kind="clock", at=now, body=duty.body()) for duty in changed),
        begun=begun,
        dropped=tuple(duty for key, duty in known.items() if key in gone and duty.running),
    )


def _reminds_anew(duty: Duty, before: Duty | None) -> bool:
    """Whether its reminders are to be put: it is new, runs again, or has another last instant or target."""
    if before is None or not before.running:
        return True
    return (before.clock.due_at, before.target) != (duty.clock.due_at, duty.target)


def _reckoned(party: Party, rows: Sequence[Row]) -> Reckoned:
    if not party.concerned:
        return Reckoned(party=party, answer=None, why="a person has found that the entity is not affected")
    answer = reckon(party.read(), rows if party.law else ())
    if closing := party.facts.get("closing"):
        kept = tuple(clock for clock in answer.clocks if clock.kind is Kind.MINIMUM)
        why = f"closed by a person: {str(closing['ground']).replace('_', ' ')}"
        return Reckoned(party=party, answer=replace(answer, clocks=kept), why=why)
    return Reckoned(party=party, answer=answer)


def _duties(one: Reckoned, policy: Policy) -> Iterator[Duty]:
    """The party's clocks as duties; those whose notice has gone out are met."""
    sent = {notice["clock"] for notice in one.party.facts.get("notices") or ()}
    for clock in one.answer.clocks if one.answer else ():
        duty = Duty(
            entity=one.party.entity,
            side=one.party.side,
            clock=clock,
            target=_target(clock, policy),
            why=clock.basis,
            provisional="" if one.party.counted else UNCOUNTED,
        )
        met = clock.kind is Kind.DEADLINE and bool(sent & {clock.id, duty.key})
        yield replace(duty, state=State.MET, why="notice was sent; its proof is kept") if met else duty


def _target(clock: Clock, policy: Policy) -> datetime | None:
    """The internal date, where it lies before the law's; without one half time serves."""
    days = policy.reminders.target_days
    if days is None or clock.kind is not Kind.DEADLINE:
        return None
    target = clock.start + timedelta(days=days)
    return target if target < clock.due_at else None


def _moved(known: Mapping[str, Duty], fresh: Mapping[str, Duty]) -> Iterator[Duty]:
    for key, duty in fresh.items():
        was = known.get(key)
        if was is None or was.state is State.ENDED:
            yield duty
        elif was.dated != duty.dated:
            yield replace(duty, was=was.clock.due_at.isoformat())
        elif (was.state, was.provisional, was.target) != (duty.state, duty.provisional, duty.target):
            yield duty


def _ended(known: Mapping[str, Duty], fresh: Mapping[str, Duty], reckoned: Sequence[Reckoned]) -> Iterator[Duty]:
    for key, duty in known.items():
        if key not in fresh and duty.state is not State.ENDED:
            why = _why(duty, reckoned)
            yield replace(duty, state=State.ENDED, why=why, was=duty.clock.due_at.isoformat())


def _why(duty: Duty, reckoned: Sequence[Reckoned]) -> str:
    """Why a clock does not run any more."""
    for one in reckoned:
        if (one.party.entity, one.party.side) == (duty.entity, duty.side):
            if one.why:
                return one.why
            reasons = {silence.id: silence.why for silence in one.answer.silent} if one.answer else {}
            row = duty.clock.id
            return reasons.get(row) or reasons.get(row.split(":")[0]) or "the facts no longer reach it"
    return "each covered entity is reckoned apart"


def standing(entries: Sequence[Entry]) -> Standing:
    """How far the incident has come: exposure, until access is seen or cannot be excluded, or a person determines."""
    facts = list(recorded(entries).values())
    if any(each.get("determination") for each in facts):
        return Standing.DETERMINED
    seen = any(each.get("access") in ACCESSED for each in facts)
    disclosed = any(entry.kind == "disclosure" and entry.body["access"] in ACCESSED for entry in entries)
    return Standing.PRESUMED if seen or disclosed else Standing.EXPOSURE


def _standing(entries: Sequence[Entry], stands: Standing) -> Iterator[tuple[str, dict[str, Any]]]:
    said = [entry.body["standing"] for entry in entries if entry.kind == "standing"]
    if said[-1:] != [stands.value]:
        yield "standing", {"standing": stands.value, "provisional": stands is Standing.EXPOSURE}


def _discovery(entries: Sequence[Entry], own: Reckoned) -> Iterator[tuple[str, dict[str, Any]]]:
    """Who knew what when, each way of knowing apart, and which of them counts."""
    ways = {**discovery(entries), **(own.party.facts.get("discovery") or {})}
    body: dict[str, Any] = {"ways": ways, "who": who_knew(entries), "zone": own.party.zone}
    if own.answer:
        counts = {"how": own.answer.discovery.how, "said": own.answer.discovery.said}
        body |= {"effective": counts, "discovered_on": own.answer.discovered_on.isoformat()}
    said = [entry.body for entry in entries if entry.kind == "discovery"]
    if said[-1:] != [body]:
        yield "discovery", body


def earliest(known: Mapping[str, Duty]) -> datetime | None:
    """The first due instant among our running deadlines, contracts included."""
    ours = (duty for duty in known.values() if duty.running and duty.side is Side.WE)
    return min((duty.clock.due_at for duty in ours if duty.clock.kind is Kind.DEADLINE), default=None)


def unproved(found: Restated, party: Party) -> list[str]:
    """Our deadlines at that entity that run without a notice and its proof."""
    return [
        duty.key
        for duty in found.duties.values()
        if duty.running and duty.entity == party.entity and duty.side is Side.WE and duty.clock.kind is Kind.DEADLINE
    ]


def pending(incident: str, draft: Draft) -> Entry:
    """The draft as an entry, before it has its place."""
    return Entry.of(draft, incident=incident, sequence=0, previous=GENESIS)


async def _miss_contracts(
    parts: Parts, incident: str, entries: Sequence[Entry], agreements: Sequence[Agreement]
) -> None:
    """PHI in hand that no customer's contract names is an alarm, once per resource."""
    if parts.policy.entity.role != Role.BUSINESS_ASSOCIATE:
        return
    missing = unclaimed(agreements, held(entries), local_today(parts.policy, parts.now()))
    told = {entry.body["id"] for entry in await parts.ledger.entries(incident, "notice")} if missing else set()
    events = [tell.notice(parts, incident, UNCLAIMED, resource, {"resource": resource}) for resource in missing]
    if fresh := [event for event in events if event["id"] not in told]:
        await parts.ledger.append(incident, await tell.send(parts, fresh))
