"""Facts and rows in, clocks out. Pure: the same facts give the same clocks, whenever they are reckoned.

Judgements where the texts leave room, each on the side of the earlier date:

- A trigger that people have to pronounce (determination, confirmation) and have not is taken to be the discovery. A
  finding of materiality is not: Form 8-K Item 1.05 runs from it alone.
- A duty that hangs on a notice not yet given is projected from that notice's own due date. Agency notices due "with"
  or "not later than" the residents' are due on the day the residents were told, if that is sooner.
- Encryption that held silences HIPAA and State duties, because both speak of data that could be read. An exclusion or
  a low probability of compromise is a finding under 45 CFR 164.402 and silences HIPAA duties alone. A cyber-incident
  report (Form 8-K, 10 NYCRR 405.46) asks for neither and is silenced by neither.
- Posture `conservative` shows a State's date although HIPAA may replace it or exempt the entity, since either is a
  conclusion for counsel; `deemed` drops what the row marks so. A State whose agency notice then follows HIPAA's timing
  gets the date of the individual notice.
- Hours run on during a hold, in the law and in contracts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from compliance.counting import counted, end_of_day, local_day
from compliance.facts import Contract, Facts, Posture, Role
from compliance.holds import Release, held, releases
from compliance.reckoning import Clock, Reckoning, Silence, Undated
from compliance.rows import DataScope, Hipaa, HoldRule, Row, Shelter, Threshold, Unit

INDIVIDUAL = "US-HIPAA-IND"

WITHOUT_PRONOUNCEMENT = frozenset(
    {"discovery", "detection", "determination", "confirmation", "incident_determined", "reasonable_belief"},
)
"""Triggers that are taken to be the discovery while no event says otherwise."""

NOT_CORE = frozenset(
    {"medical", "health", "clinical", "diagnosis", "treatment", "medication", "prescription", "lab", "insurance"}
    | {"health_insurance", "demographic", "name", "names", "contact", "address", "email", "phone", "date_of_birth"}
    | {"dob", "mrn", "medical_record_number"},
)
"""Data that a definition without medical data does not cover. What is not listed counts as core: the safe fault."""

_BEARERS: Mapping[str, frozenset[Role]] = {
    "covered_entity": frozenset({Role.COVERED_ENTITY}),
    "business_associate": frozenset({Role.BUSINESS_ASSOCIATE}),
    "covered_entity_or_ba": frozenset({Role.COVERED_ENTITY, Role.BUSINESS_ASSOCIATE}),
    "part2_program": frozenset({Role.COVERED_ENTITY, Role.PART2_PROGRAM}),
    "phr_vendor": frozenset({Role.PHR_VENDOR}),
    "phr_service_provider": frozenset({Role.PHR_SERVICE_PROVIDER}),
}


_CONTRACT = Row(
    id="CONTRACT",
    jurisdiction="US",
    obligor="",
    recipient="",
    trigger="discovery",
    threshold=Threshold(scope="none"),
    duration=0,
    unit=Unit.CALENDAR,
    citation="",
    source="contracts register",
    verified=True,
)
"""What the windows of all contracts have in common, as a row."""


@dataclass(frozen=True, kw_only=True)
class _Start:
    """Day 0 of a clock, the instant behind it, and what it is in words."""

    day: date
    at: datetime
    what: str


def reckon(facts: Facts, rows: Iterable[Row]) -> Reckoning:
    """Every clock that the facts start under the rows, and under the contracts in the facts."""
    day = local_day(facts.discovery.at, facts.zone)
    owed = [row for row in rows if row.in_force(day) and _concerns(row, facts)]
    silenced = {row: why for row in owed if (why := _silenced(row, facts))}
    running = [row for row in owed if row not in silenced]
    clocks: dict[str, Clock] = {}
    for row in sorted((row for row in running if row.dated), key=_leans_on_others):
        clocks |= {clock.id: clock for clock in _clocks(row, facts, clocks)}
    by = clocks[INDIVIDUAL].due if INDIVIDUAL in clocks else None
    return Reckoning(
        discovery=facts.discovery,
        discovered_on=day,
        clocks=tuple(sorted([*clocks.values(), *_contracted(facts)], key=lambda clock: (clock.due_at, clock.id))),
        undated=tuple(Undated(row=row, by=by) for row in running if not row.dated),
        silent=(*(Silence(id=row.id, why=why) for row, why in silenced.items()), *_contracts_silenced(facts)),
    )


def _leans_on_others(row: Row) -> bool:
    return bool(row.project_from) or row.hipaa is Hipaa.DEEMED_AT_HIPAA_TIMING


def _concerns(row: Row, facts: Facts) -> bool:
    """Whether the row speaks of this entity, these data and these numbers."""
    return (
        row.enabled
        and facts.role in _BEARERS.get(row.obligor, Role)
        and (row.flag is None or row.flag in facts.flags)
        and (row.data is not DataScope.CORE or not facts.data <= NOT_CORE)
        and bool(_places(row, facts))
    )


def _places(row: Row, facts: Facts) -> tuple[str, ...]:
    """Where the threshold is reached: States for a federal rule by State, else the row's own jurisdiction."""
    if row.threshold.scope == "state" and row.jurisdiction == "US":
        return tuple(state for state, count in facts.affected.items() if row.threshold.reached(count))
    counts = {
        "none": facts.total,
        "total": facts.total,
        "state": facts.affected.get(row.jurisdiction, 0),
        "part2": facts.part2,
        "bad_contacts": facts.bad_contacts,
    }
    return (row.jurisdiction,) if row.threshold.reached(counts[row.threshold.scope]) else ()


def _silenced(row: Row, facts: Facts) -> str:
    """Why the duty does not run, or nothing."""
    if facts.unreadable and Shelter.ENCRYPTION in row.shelter:
        return "the data were encrypted as HHS guidance asks and the key is safe"
    if facts.assessed_out and Shelter.ASSESSMENT in row.shelter:
        return "an exclusion or a low probability of compromise is documented (45 CFR 164.402)"
    if row.hipaa.replaces and facts.posture(row.jurisdiction) is Posture.DEEMED:
        return f"counsel relies on the HIPAA clause of {row.jurisdiction} ({row.hipaa})"
    return ""


def _clocks(row: Row, facts: Facts, known: Mapping[str, Clock]) -> Iterator[Clock]:
    """The clocks of one row; `known` holds those of the rows that lean on no other."""
    if row.trigger == "oral_statement":
        yield from _oral_limits(row, facts)
    elif row.trigger == "document":
        yield from _retentions(row, facts)
    elif start := _start(row, facts, known):
        clock = _like_hipaa(row, facts, known) or _clock(row, facts, start)
        for place in _places(row, facts):
            yield clock if place == row.jurisdiction else replace(clock, id=f"{row.id}:{place}")


def _start(row: Row, facts: Facts, known: Mapping[str, Clock]) -> _Start | None:
    """Day 0: the event, or the discovery where it may stand in, or the due date that the row is projected from."""
    if row.trigger in facts.events or row.trigger in WITHOUT_PRONOUNCEMENT:
        return _began(row.trigger, facts)
    projected = next((known[name] for name in row.project_from if name in known), None)
    if projected is None:
        return None
    return _Start(day=projected.due, at=projected.start, what=f"{row.trigger} projected from {projected.id}")


def _began(trigger: str, facts: Facts) -> _Start:
    said = {**facts.events, "discovery": facts.discovery.at}
    at = said.get(trigger, facts.discovery.at).astimezone(UTC)
    what = trigger if trigger in said else f"{trigger} taken to be the discovery"
    return _Start(day=local_day(at, facts.zone), at=at, what=what)


def _clock(row: Row, facts: Facts, start: _Start) -> Clock:
    if row.unit is Unit.HOUR:
        due_at = start.at + timedelta(hours=row.duration)
        return _made(row, facts, start.at, due_at, _sum_words(start, row, _minute(due_at)))
    base, basis = _base(row, facts, start)
    due, not_before = held(base, row.hold, _binding(row, facts), facts.holidays)
    basis += _hold_words(base, due, not_before, row.hold)
    return replace(_made(row, facts, start.at, end_of_day(due, facts.zone), basis), not_before=not_before)


def _base(row: Row, facts: Facts, start: _Start) -> tuple[date, str]:
    """The due date before any hold, and how it came about."""
    due = counted(start.day, row.duration - row.first_day_counts, row.unit, facts.holidays)
    basis = _sum_words(start, row, str(due))
    told = [local_day(at, facts.zone) for event, at in facts.events.items() if event == row.not_later_than]
    if (day := min([due, *told])) == due:
        return due, basis
    return day, f"{basis}, but no later than residents were told: {day}"


def _binding(row: Row, facts: Facts) -> Iterable[Release]:
    return (end for end in releases(facts.holds) if row.jurisdiction in end.scope)


def _made(row: Row, facts: Facts, start: datetime, due_at: datetime, basis: str) -> Clock:
    return Clock(
        id=row.id,
        kind=row.kind,
        obligor=row.obligor,
        recipient=row.recipient,
        citation=row.citation,
        start=start,
        due=local_day(due_at, facts.zone),
        due_at=due_at,
        by_hour=row.unit is Unit.HOUR,
        basis=basis,
        verified=row.verified,
        counsel_reviewed=row.counsel_reviewed,
    )


def _like_hipaa(row: Row, facts: Facts, known: Mapping[str, Clock]) -> Clock | None:
    """The clock at HIPAA's timing, where counsel relies on a clause that says so (RCW 19.255.030)."""
    deemed = facts.posture(row.jurisdiction) is Posture.DEEMED and row.hipaa is Hipaa.DEEMED_AT_HIPAA_TIMING
    if not deemed or INDIVIDUAL not in known:
        return None
    model = known[INDIVIDUAL]
    return replace(
        model,
        id=row.id,
        recipient=row.recipient,
        citation=row.citation,
        basis=f"at the timing of {INDIVIDUAL}: {model.basis}",
        verified=row.verified,
        counsel_reviewed=row.counsel_reviewed,
    )


def _oral_limits(row: Row, facts: Facts) -> Iterator[Clock]:
    """When each oral hold ends; the number is the statement's place among the holds."""
    for place, end in enumerate(releases(facts.holds), 1):
        if end.oral:
            basis = f"oral statement of {end.stated}: notice is allowed from {end.until}"
            due_at = end_of_day(end.until, facts.zone)
            clock = _made(row, facts, _midnight(end.stated, facts), due_at, basis)
            yield replace(clock, id=f"{row.id}:{place}")


def _retentions(row: Row, facts: Facts) -> Iterator[Clock]:
    for paper in facts.documents:
        what = f"{paper.name} created or last in effect"
        start = _Start(day=paper.since, at=_midnight(paper.since, facts), what=what)
        yield replace(_clock(row, facts, start), id=f"{row.id}:{paper.name}")


def _midnight(day: date, facts: Facts) -> datetime:
    return datetime.combine(day, time.min, facts.zone).astimezone(UTC)


def _silent_contract(contract: Contract, facts: Facts) -> bool:
    return contract.breach_only and (facts.unreadable or facts.assessed_out)


def _contracts_silenced(facts: Facts) -> Iterator[Silence]:
    for contract in facts.contracts:
        if _silent_contract(contract, facts):
            yield Silence(id=f"CONTRACT:{contract.id}", why="the contract asks for breaches of unsecured PHI only")


def _contracted(facts: Facts) -> Iterator[Clock]:
    """The contracts' clocks, each counted as a row of its own, in its own zone and by its own holidays."""
    for contract in facts.contracts:
        if not _silent_contract(contract, facts):
            local = replace(
                facts,
                zone=contract.zone or facts.zone,
                holidays=facts.holidays if contract.holidays is None else contract.holidays,
                holds=tuple(replace(hold, scope=frozenset({"US"})) for hold in facts.holds),
            )
            row = _as_row(contract, facts.role)
            yield _clock(row, local, _began(row.trigger, local))


def _as_row(contract: Contract, role: Role) -> Row:
    return replace(
        _CONTRACT,
        id=f"CONTRACT:{contract.id}",
        obligor=role,
        recipient=f"the other party of contract {contract.id}",
        trigger=contract.trigger,
        duration=contract.n,
        unit=contract.unit,
        citation=f"contract {contract.id}",
        hold=HoldRule(binds=contract.permits_delay),
    )


def _sum_words(start: _Start, row: Row, end: str) -> str:
    begin = _minute(start.at) if row.unit is Unit.HOUR else str(start.day)
    first = ", the first day counted" if row.first_day_counts else ""
    return f"{start.what.replace('_', ' ')} {begin} + {row.duration} {row.unit.words}{first} = {end}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


def _hold_words(base: date, due: date, not_before: date | None, rule: HoldRule) -> str:
    if not_before is None:
        return ""
    moved = f"due {due} ({rule})" if due > base else "due date unchanged"
    return f"; held: no notice before {not_before}, {moved}"
