"""A person's verdict on an incident, and what rules are worth by it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from desk import carry, reasons
from desk.parts import Parts
from desk.status import status
from incident.entry import GENESIS, Draft, Entry
from incident.errors import Refused, Unknown
from incident.person import Person, Role
from ledger import IndexRow

PAGE = 200
MONTH = timedelta(days=30)


class Verdict(StrEnum):
    """What a person found: it was so; it was so and expected; it was not so; nobody can tell."""

    TRUE = "true"
    EXPECTED = "expected"
    FALSE = "false"
    UNTESTABLE = "untestable"

    @classmethod
    def of(cls, word: object) -> Self:
        """The verdict in that word. Refused when it is none."""
        try:
            return cls(str(word))
        except ValueError as fault:
            raise Refused(f"the verdict is one of {', '.join(cls)}", code="UnknownVerdict") from fault


@dataclass(frozen=True, kw_only=True)
class Worth:
    """How often a rule spoke, and how often it was right. `precision`: true among true and false; None before any."""

    rule: str
    volume: int
    verdicts: Mapping[str, int]

    @property
    def precision(self) -> float | None:
        """Expected activity and what cannot be tested count neither way."""
        right, wrong = self.verdicts.get(Verdict.TRUE, 0), self.verdicts.get(Verdict.FALSE, 0)
        return right / (right + wrong) if right + wrong else None

    def as_row(self) -> dict[str, Any]:
        """The row of the table."""
        counts = {each.value: self.verdicts.get(each, 0) for each in Verdict}
        return {"rule": self.rule, "volume": self.volume, **counts, "precision": self.precision}


async def judge(parts: Parts, person: Person, incident: str, verdict: Verdict, words: str) -> None:
    """The verdict is entered, the words are sealed, and the incident goes on: what waits may be over, or asked again.

    Refused without a reason, Unknown without such an incident.
    """
    if not words.strip():
        raise Refused("a verdict needs its reason", code="NoReason")
    chain = await parts.ledger.chain(incident)
    if not chain.of("signal"):
        raise Unknown(f"there is no incident {incident}")
    kept = await reasons.keep(parts, incident, words)
    given = sorted(role.value for role in Role if person.may(role))
    body = {"verdict": verdict.value, "reason": kept, "roles": given}
    draft = Draft(kind="verdict", at=parts.now(), by=person.id, body=body)
    entries = [*await parts.ledger.whole(chain), Entry.of(draft, incident=incident, sequence=0, previous=GENESIS)]
    state = status(incident, entries)
    owed = carry.work(parts, incident)
    await parts.ledger.owe(owed)
    await parts.ledger.append(incident, [draft], state=state)
    await parts.ledger.index(IndexRow(incident=incident, opened=chain.entries[0].at, state=state))
    if not await carry.go_on(parts, incident, owed):
        await carry.anchor(parts, incident)


async def tuning(parts: Parts, since: datetime | None = None) -> list[Worth]:
    """Every rule that spoke since then (30 days), the loudest first."""
    rows = await lately(parts, since or parts.now() - MONTH)
    return worth(row.state for row in rows)


def worth(states: Iterable[Mapping[str, Any]]) -> list[Worth]:
    """Volume and verdicts by class."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for state in states:
        for rule in state.get("classes") or ():
            found[rule][str(state.get("verdict") or "")] += 1
    listed = [Worth(rule=rule, volume=counts.total(), verdicts=counts) for rule, counts in found.items()]
    return sorted(listed, key=lambda each: (-each.volume, each.rule))


async def lately(parts: Parts, since: datetime) -> list[IndexRow]:
    """The incidents opened since then, newest first."""
    found: list[IndexRow] = []
    while True:
        page = await parts.ledger.newest(PAGE, before=found[-1] if found else None)
        found += [row for row in page if row.opened >= since]
        if len(page) < PAGE or page[-1].opened < since:
            return found
