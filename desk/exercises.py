"""Tabletop exercises as the ledger holds them: a chain for each quarter, with clocks for the quarter and every gap.

The clocks are the house's own and no law's, so they are reminded of like any other, and page once they are overdue
only. What a chain is, whose it is and how long it is kept holds as for an incident's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from compliance.counting import end_of_day, local_day
from compliance.exercise import Exercise, Gap
from compliance.reckoning import Clock
from desk import carry, lines
from desk.duties import HOUSE, OWN, Duty, Side, State, duties
from desk.parts import Parts
from incident.entry import Draft, Entry
from incident.errors import Unknown
from incident.policy import Policy
from incident.quarter import Quarter

TESTING = "45 CFR 164.308(a)(7)(ii)(D)"
"""Procedures for periodic testing and revision of contingency plans (addressable)."""
EVALUATION = "45 CFR 164.308(a)(8)"
"""Periodic technical and nontechnical evaluation."""
GAP = f"{HOUSE}-GAP:"
"""How the clock of a gap is named, before the gap's id."""
YEAR = 4
"""Quarters that are looked back upon."""
HAS_BEEN = "an exercise has been held"
KINDS = ("exercise", "clock", "gap_closed", "notice")


def chain_of(quarter: Quarter) -> str:
    """The chain of the quarter's exercises."""
    return f"tabletop-{quarter}"


def quarter_of(text: str) -> Quarter:
    """The quarter that is written so. Unknown."""
    try:
        return Quarter.parse(text)
    except ValueError as fault:
        raise Unknown(str(fault)) from fault


def this_quarter(parts: Parts) -> Quarter:
    """The quarter that it is in the entity's zone."""
    return Quarter.of(local_day(parts.now(), _zone(parts.policy)))


def last_year(parts: Parts) -> list[str]:
    """The chains of this quarter and of the four before it."""
    this = this_quarter(parts)
    return [chain_of(each) for each in this.before(YEAR).until(this)]


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the chain of a quarter tells."""

    quarter: Quarter
    entries: tuple[Entry, ...]

    @property
    def exercises(self) -> tuple[Entry, ...]:
        """Every exercise once, in the order of recording."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.kind == "exercise":
                found.setdefault(entry.body["id"], entry)
        return tuple(found.values())

    @property
    def duties(self) -> dict[str, Duty]:
        """The clock of the quarter and those of gaps, by name."""
        return duties(self.entries)

    @property
    def gaps(self) -> dict[str, Duty]:
        """The clocks of gaps, by the gap's id."""
        return {key.removeprefix(GAP): duty for key, duty in self.duties.items() if key.startswith(GAP)}

    def overdue(self, now: datetime) -> tuple[str, ...]:
        """The ids of the gaps that are open past their day."""
        return tuple(gap for gap, duty in self.gaps.items() if duty.running and duty.clock.due_at < now)

    @property
    def told(self) -> frozenset[str]:
        """The ids of the notices that have gone out."""
        return frozenset(entry.body["id"] for entry in self.entries if entry.kind == "notice")


async def held(parts: Parts, quarter: Quarter) -> Held:
    """What is recorded of the quarter: one query; nothing where there is no chain."""
    entries = await parts.ledger.entries(chain_of(quarter), *KINDS)
    return Held(quarter=quarter, entries=entries)


async def enter(parts: Parts, quarter: Quarter, drafts: Sequence[Draft], begun: Sequence[Duty] = ()) -> None:
    """Reminders first, then the entries, in one transaction: a crash between leaves a reminder that nobody hears."""
    chain, now = chain_of(quarter), parts.now()
    rows = [rung for duty in begun if (rung := duty.rung(chain, now))]
    await parts.ledger.deadlines.put_all(rows, now=now)
    await parts.ledger.note(chain, *drafts, *(Draft(kind="clock", at=now, body=duty.body()) for duty in begun))
    await parts.ledger.digests.put_all(lines.started(begun, chain, lines.next_digest(parts.policy, now)))
    await carry.anchor(parts, chain)


def met(parts: Parts, duty: Duty | None, why: str) -> list[Draft]:
    """That the clock has been answered, where there is one that runs."""
    over = [replace(duty, state=State.MET, why=why)] if duty and duty.running else []
    return [Draft(kind="clock", at=parts.now(), body=each.body()) for each in over]


def of_quarter(quarter: Quarter, policy: Policy) -> Duty:
    """That an exercise is held by the quarter's last day."""
    begins = datetime.combine(quarter.first, time.min, _zone(policy)).astimezone(UTC)
    basis = f"the policy wants an exercise in every quarter; {quarter} ends"
    return _duty(HOUSE, "privacy_officer", begins, quarter.last, policy, (EVALUATION, basis))


def of_gaps(exercise: Exercise, policy: Policy) -> Iterator[Duty]:
    """That each gap is closed by its day, by its owner."""
    yield from (_of_gap(gap, exercise, policy) for gap in exercise.gaps)


def _of_gap(gap: Gap, exercise: Exercise, policy: Policy) -> Duty:
    basis = f"a gap that the exercise of {exercise.quarter} has shown, with the day that was set there"
    return _duty(GAP + gap.id, gap.owner, exercise.ended_at, gap.due, policy, (TESTING, basis))


def _duty(  # noqa: PLR0913, PLR0917 - what a clock is made of
    name: str, owner: str, start: datetime, due: date, policy: Policy, why: tuple[str, str]
) -> Duty:
    citation, basis = why
    clock = Clock(
        id=name,
        obligor=owner,
        recipient=owner,
        citation=citation,
        start=start,
        due=due,
        due_at=end_of_day(due, _zone(policy)),
        basis=basis,
    )
    return Duty(entity=OWN, side=Side.WE, clock=clock, why=basis)


def _zone(policy: Policy) -> ZoneInfo:
    return ZoneInfo(policy.entity.zone)
