"""The clocks of an incident as its chain tells them: the last entry of each says how it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from compliance import ladder
from compliance.reckoning import Clock
from compliance.rows import Kind
from incident.canonical import plain
from incident.entry import Entry
from ledger import Rung

OWN = ""
"""The entity id of ourselves."""
HOUSE = "TABLETOP"
"""How the clocks of exercises begin, which the policy wants and no law dates."""


class Side(StrEnum):
    """Whether we owe the notice, or the customer whose data it is."""

    WE = "we"
    THEY = "they"


class State(StrEnum):
    """A clock runs, its duty was met, or it ended for another reason."""

    RUNNING = "running"
    MET = "met"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Duty:
    """One clock of one entity. `target`: the internal date; `why`: what led to this state, in words."""

    entity: str
    side: Side
    clock: Clock
    state: State = State.RUNNING
    target: datetime | None = None
    why: str = ""
    was: str | None = None  # the due instant that this one supersedes
    provisional: str = ""
    since: datetime | None = None  # when the entry was made

    @property
    def key(self) -> str:
        """Names the clock within the incident; `>`: owed to the entity by us, `@`: owed by the entity."""
        if self.entity == OWN:
            return self.clock.id
        return f"{self.clock.id}{'>' if self.side is Side.WE else '@'}{self.entity}"

    @property
    def running(self) -> bool:
        """Whether somebody has to be reminded."""
        return self.state is State.RUNNING

    @property
    def of_house(self) -> bool:
        """Whether missing it is a matter of the house's own, and no late notice."""
        return self.clock.id.startswith(HOUSE)

    @property
    def dated(self) -> tuple[datetime, date | None]:
        """What a new reckoning would have to change to supersede it."""
        return self.clock.due_at, self.clock.not_before

    def body(self) -> dict[str, Any]:
        """The duty as an entry says it."""
        clock: dict[str, Any] = plain(self.clock)
        return {
            "clock": self.key,
            **{name: value for name, value in clock.items() if name != "id"},
            "row": self.clock.id,
            "entity": self.entity,
            "side": self.side.value,
            "state": self.state.value,
            "target": self.target.isoformat() if self.target else None,
            "why": self.why,
            "was": self.was,
            "provisional": self.provisional,
        }

    @classmethod
    def of(cls, body: Mapping[str, Any], since: datetime) -> Self:
        """The duty in an entry's body."""
        return cls(
            entity=body["entity"],
            side=Side(body["side"]),
            clock=_clock(body),
            state=State(body["state"]),
            target=_instant(body["target"]),
            why=body["why"],
            was=body["was"],
            provisional=body["provisional"],
            since=since,
        )

    def rung(self, incident: str, now: datetime) -> Rung | None:
        """The next reminder as the table keeps it; at once, when the clock appears overdue already."""
        if self.clock.kind is Kind.DEADLINE and self.clock.due_at <= now:
            return self.as_row(incident, ladder.Rung(name="overdue-new", at=now))
        then = ladder.next_rung(self.clock, now, self.target)
        return self.as_row(incident, then) if then else None

    def as_row(self, incident: str, rung: ladder.Rung) -> Rung:
        """The rung with what the ladder needs to find the next one."""
        body = {
            "start": self.clock.start.isoformat(),
            "kind": self.clock.kind.value,
            "recipient": self.clock.recipient,
            "target": self.target.isoformat() if self.target else None,
        }
        return Rung(
            incident=incident, clock=self.key, name=rung.name, at=rung.at, deadline=self.clock.due_at, body=body
        )


def _clock(body: Mapping[str, Any]) -> Clock:
    return Clock(
        id=body["row"],
        kind=Kind(body["kind"]),
        obligor=body["obligor"],
        recipient=body["recipient"],
        citation=body["citation"],
        start=datetime.fromisoformat(body["start"]),
        due=date.fromisoformat(body["due"]),
        due_at=datetime.fromisoformat(body["due_at"]),
        not_before=date.fromisoformat(body["not_before"]) if body["not_before"] else None,
        by_hour=body["by_hour"],
        basis=body["basis"],
        verified=body["verified"],
        counsel_reviewed=date.fromisoformat(body["counsel_reviewed"]) if body["counsel_reviewed"] else None,
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def duties(entries: Iterable[Entry]) -> dict[str, Duty]:
    """How every clock stands, by key, in the order in which they first started."""
    return {entry.body["clock"]: Duty.of(entry.body, entry.at) for entry in entries if entry.kind == "clock"}
