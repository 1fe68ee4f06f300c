"""Telling the reminders of one incident: each rung once, to machines; what pages, to people; the rest to the digest.

The entries of kind `clock` say which deadlines still stand. A row whose clock has been superseded, met or ended is
dropped without a word; one whose clock nobody has entered yet waits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Self

from compliance import ladder
from compliance.rows import Kind
from compliance.standing import Standing, pages
from desk import clocks, paging, tell
from desk.duties import Duty, Side, duties
from desk.lines import line, next_digest
from desk.parts import Parts
from desk.register import legal
from incident.entry import Entry
from ledger import Line, Rung

REMINDER = "Tourniquet.Deadline.Reminder"
NEWLY_OVERDUE = ("overdue-1", "overdue-new")
ENTERED_WITHIN = timedelta(minutes=30)
"""How long a reminder waits for the entry of its clock, which is written after it."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A clock as its row in the table of deadlines describes it."""

    start: datetime
    due_at: datetime
    kind: Kind
    target: datetime | None

    @classmethod
    def of(cls, row: Rung) -> Self:
        """The clock behind the row."""
        target = row.body.get("target")
        return cls(
            start=datetime.fromisoformat(row.body["start"]),
            due_at=row.deadline,
            kind=Kind(row.body["kind"]),
            target=datetime.fromisoformat(target) if target else None,
        )


@dataclass(frozen=True, kw_only=True)
class Told:
    """One row that has come due: its clock's duty, the rungs that are told with it, and the row after them."""

    row: Rung
    duty: Duty
    rungs: tuple[ladder.Rung, ...]
    then: Rung | None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the telling of one incident leaves to be done: rows that follow, rows that are over, lines of the digest."""

    told: int = 0
    then: tuple[Rung, ...] = ()
    over: tuple[Rung, ...] = ()
    lines: tuple[Line, ...] = ()


async def tell_due(parts: Parts, incident: str, rows: Sequence[Rung]) -> Turn:
    """Tell what the rows stand for. Until `settle` they stay as they are: nothing is lost, and ids tell repetitions."""
    now, entries = parts.now(), await legal(parts, incident)
    known = duties(entries)
    told = [_told(row, known[row.clock], now) for row in rows if _stands(row, known)]
    pages = await _say(parts, incident, entries, told) if told else []
    return Turn(
        told=sum(len(one.rungs) for one in told),
        then=(*(one.then for one in told if one.then), *paging.following(parts, pages)),
        over=tuple(row for row in rows if not _waits(row, known, now)),
        lines=tuple(_lines(parts, told)),
    )


async def settle(parts: Parts, turns: Iterable[Turn]) -> int:
    """What follows is put before what is over is taken away; how many rungs were told."""
    every = tuple(turns)
    await parts.ledger.digests.put_all(line for turn in every for line in turn.lines)
    await parts.ledger.deadlines.put_all([row for turn in every for row in turn.then], now=parts.now())
    await parts.ledger.deadlines.drop(row for turn in every for row in turn.over)
    return sum(turn.told for turn in every)


def _stands(row: Rung, known: dict[str, Duty]) -> bool:
    duty = known.get(row.clock)
    return duty is not None and duty.running and duty.clock.due_at == row.deadline


def _waits(row: Rung, known: dict[str, Duty], now: datetime) -> bool:
    return row.clock not in known and now - row.at < ENTERED_WITHIN


def _told(row: Rung, duty: Duty, now: datetime) -> Told:
    """Every rung from the row's to now, also those that a downtime has passed over."""
    clock = Running.of(row)
    first = ladder.Rung(name=row.name, at=row.at)
    rungs = (first, *ladder.rungs_between(clock, row.at, now, clock.target))
    then = ladder.next_rung(clock, rungs[-1].at, clock.target)
    following = replace(row, name=then.name, at=then.at, day="") if then else None
    return Told(row=row, duty=duty, rungs=rungs, then=following)


async def _say(parts: Parts, incident: str, entries: Sequence[Entry], told: Sequence[Told]) -> list[paging.Page]:
    """Reminders and pages as events and entries; the pages that were opened."""
    each = [(one, rung) for one in told for rung in one.rungs]
    stands, earliest = clocks.standing(entries), clocks.earliest(duties(entries))
    woken = [(one, rung) for one, rung in each if _pages(one, rung, stands, earliest)]
    opened = [_page(incident, group) for group in _groups(woken)]
    events = [_event(parts, one.row, rung, paged=(one, rung) in woken) for one, rung in each]
    sent = await tell.send(parts, [*events, *(paging.event(parts, page) for page in opened)], must=True)
    await parts.ledger.append(incident, sent)
    return opened


def _pages(one: Told, rung: ladder.Rung, stands: Standing, earliest: datetime | None) -> bool:
    """A duty of a customer's own waits for the digest, and so does the end of anything that is no deadline.

    A duty of the house's own pages once, when it is overdue, and from then on until somebody has answered.
    """
    if one.duty.of_house:
        return rung.name in NEWLY_OVERDUE
    if one.duty.side is Side.THEY or one.duty.clock.kind is not Kind.DEADLINE:
        return False
    return pages(rung, stands, min(earliest or one.row.deadline, one.row.deadline))


def _groups(woken: Iterable[tuple[Told, ladder.Rung]]) -> Iterable[list[tuple[Told, ladder.Rung]]]:
    """Clocks with the same last instant have the same rungs, and one page together."""
    ordered = sorted(woken, key=lambda pair: (pair[0].row.deadline, pair[1].at, pair[1].name))
    for _, group in groupby(ordered, key=lambda pair: (pair[0].row.deadline, pair[1].name)):
        yield list(group)


def _page(incident: str, group: Sequence[tuple[Told, ladder.Rung]]) -> paging.Page:
    one, rung = group[0]
    clocks_due = tuple(sorted(each.row.clock for each, _ in group))
    return paging.Page(incident=incident, clocks=clocks_due, deadline=one.row.deadline, rung=rung.name, level=0)


def _event(parts: Parts, row: Rung, rung: ladder.Rung, *, paged: bool) -> dict[str, Any]:
    due = {
        "clock": row.clock,
        "due_at": row.deadline.isoformat(),
        "rung": rung.name,
        "at": rung.at.isoformat(),
        "overdue": rung.overdue,
        "delivery": "page" if paged else "digest",
    }
    return tell.notice(parts, row.incident, REMINDER, f"{row.clock}/{row.deadline.isoformat()}/{rung.name}", due)


def _lines(parts: Parts, told: Sequence[Told]) -> list[Line]:
    day = next_digest(parts.policy, parts.now())
    return [line(one.duty, one.row.incident, rung.name, day) for one in told for rung in one.rungs]
