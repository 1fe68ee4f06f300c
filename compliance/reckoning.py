"""What a reckoning answers with."""

from dataclasses import dataclass
from datetime import date, datetime

from compliance.discovery import Knowledge
from compliance.rows import Kind, Row


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One running duty.

    `due` is a local day and `due_at` its last second in UTC; where hours are counted (`by_hour`) `due_at` is the
    instant itself. `not_before` is the first day on which a hold allows notice. `basis` is the arithmetic in words.
    """

    id: str
    kind: Kind = Kind.DEADLINE
    obligor: str
    recipient: str
    citation: str
    start: datetime
    due: date
    due_at: datetime
    not_before: date | None = None
    by_hour: bool = False
    basis: str
    verified: bool = True
    counsel_reviewed: date | None = None


@dataclass(frozen=True, kw_only=True)
class Silence:
    """A duty that would run but for a reason that somebody has to be able to show."""

    id: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Undated:
    """A duty without a number in its text; `by` is the date of the individual notice under HIPAA, if there is one."""

    row: Row
    by: date | None


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """The answer: when the incident counts as discovered, what runs, earliest first, what does not, and why."""

    discovery: Knowledge
    discovered_on: date
    clocks: tuple[Clock, ...]
    undated: tuple[Undated, ...]
    silent: tuple[Silence, ...]
