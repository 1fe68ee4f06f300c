"""Pages: people are woken, role after role and by one way after the other, until one of them has acknowledged.

An open page is a row among the deadlines, due when the silence has lasted too long. Its clock is named `page!...`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk import tell
from desk.duties import duties
from desk.parts import Parts
from desk.register import legal
from incident.canonical import digest
from incident.contacts import Escalation, escalation
from incident.entry import Entry
from ledger import Rung

PAGE = "Tourniquet.Deadline.Page"
PREFIX = "page!"


@dataclass(frozen=True, kw_only=True)
class Page:
    """What wakes somebody: the clocks that are due together, at which rung, and how often it has been tried."""

    incident: str
    clocks: tuple[str, ...]
    deadline: datetime
    rung: str
    level: int

    @property
    def name(self) -> str:
        """The same for every level of the page."""
        return PREFIX + digest([self.deadline.isoformat(), self.rung])[:16]


def event(parts: Parts, page: Page) -> dict[str, Any]:
    """The page as an event: to the role whose turn it is, or by the policy's route where nobody is named."""
    turn = escalation(parts.policy.contacts, page.level)
    subject = f"{page.deadline.isoformat()}/{page.rung}/{page.level}"
    said = {
        "clocks": list(page.clocks),
        "due_at": page.deadline.isoformat(),
        "rung": page.rung,
        "level": page.level,
        **_addressed(parts, turn),
    }
    return tell.notice(parts, page.incident, PAGE, subject, said)


def _addressed(parts: Parts, turn: Escalation | None) -> dict[str, str]:
    if turn is None:
        route = parts.policy.paging.route if parts.policy.paging else ""
        return {"to": "on call", "way": "route", "address": route}
    return {"to": turn.role, "way": turn.way.kind, "address": turn.way.address}


def following(parts: Parts, opened: Iterable[Page]) -> list[Rung]:
    """The rows that come due when the silence has lasted too long; none where the policy names nobody."""
    if not parts.policy.contacts:
        return []
    return [_row(parts, page) for page in opened]


def _row(parts: Parts, page: Page) -> Rung:
    first_round = page.level + 1 < len(parts.policy.contacts)
    wait = parts.policy.reminders.silence if first_round else parts.policy.reminders.later
    body = {"clocks": list(page.clocks), "rung": page.rung, "opened": parts.now().isoformat(), "level": page.level}
    return Rung(
        incident=page.incident,
        clock=page.name,
        name=f"silence-{page.level + 1}",
        at=parts.now() + wait,
        deadline=page.deadline,
        body=body,
    )


async def escalate(parts: Parts, incident: str, rows: Sequence[Rung]) -> list[Rung]:
    """Wake the next, for every page that nobody has acknowledged and of which a clock still runs; the rows after."""
    entries = await legal(parts, incident)
    silent = [row for row in rows if _open(row, entries)]
    pages = [_next(row) for row in silent]
    if pages:
        sent = await tell.send(parts, [event(parts, page) for page in pages], must=True)
        await parts.ledger.append(incident, sent)
    return following(parts, pages)


def _next(row: Rung) -> Page:
    return Page(
        incident=row.incident,
        clocks=tuple(row.body["clocks"]),
        deadline=row.deadline,
        rung=row.body["rung"],
        level=row.body["level"] + 1,
    )


def _open(row: Rung, entries: Sequence[Entry]) -> bool:
    known = duties(entries)
    running = [name for name in row.body["clocks"] if name in known and known[name].running]
    return any(not acknowledged(name, row.body, entries) for name in running)


def acknowledged(clock: str, page: Mapping[str, Any], entries: Iterable[Entry]) -> bool:
    """Whether a person has answered for the clock since the page went out; one that names no clock is for all."""
    opened = datetime.fromisoformat(page["opened"])
    answers = [entry for entry in entries if entry.kind == "acknowledgement" and entry.at >= opened]
    return any(not entry.body.get("clocks") or clock in entry.body["clocks"] for entry in answers)


def is_page(row: Rung) -> bool:
    """Whether the row is a page's and not a clock's."""
    return row.clock.startswith(PREFIX)
