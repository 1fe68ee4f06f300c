"""Law-enforcement delay, 45 CFR 164.412: when notice may go out again, and what that does to a due date.

A written statement delays for the time it names. An oral one delays at most 30 days, unless a written statement
follows within them; then the written one governs, also where it ends sooner. Each oral statement has its own 30 days.
The text does not say that a clock is tolled, so a hold never adds its length: a date becomes the later of itself and
the release. A statement made after the due date does not revive it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from compliance.counting import counted
from compliance.rows import HoldRule

ORAL_LIMIT = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """An official's statement. `asked` is the first day on which notice is allowed, as the official said it.

    `scope` names the jurisdictions whose notices it covers; a federal statement covers no State by itself.
    """

    written: bool
    stated: date
    asked: date | None = None
    scope: frozenset[str] = frozenset({"US"})


@dataclass(frozen=True, kw_only=True)
class Release:
    """The end of a hold: from `until` on, notice is allowed."""

    stated: date
    until: date
    oral: bool
    scope: frozenset[str]


def releases(holds: Sequence[Hold]) -> tuple[Release, ...]:
    """Where each hold ends, in the order given."""
    return tuple(
        Release(stated=hold.stated, until=_until(hold, holds), oral=not hold.written, scope=hold.scope)
        for hold in holds
    )


def _until(hold: Hold, holds: Sequence[Hold]) -> date:
    if hold.written and hold.asked:
        return hold.asked
    limit = hold.stated + ORAL_LIMIT
    papers = [paper.asked for paper in holds if paper.asked and _follows(paper, hold)]
    return max(papers) if papers else min(hold.asked or limit, limit)


def _follows(paper: Hold, oral: Hold) -> bool:
    in_time = oral.stated <= paper.stated <= oral.stated + ORAL_LIMIT
    return paper.written and in_time and oral.scope <= paper.scope


def held(
    due: date,
    rule: HoldRule,
    ends: Iterable[Release],
    holidays: Collection[date] = (),
) -> tuple[date, date | None]:
    """The due date with the holds that bind it, and the first day on which notice is allowed (None: any day)."""
    not_before: date | None = None
    for end in sorted(ends, key=lambda end: (end.stated, end.until)) if rule.binds else ():
        if end.stated <= due:
            due = max(due, counted(end.until, rule.n, rule.unit, holidays))
            not_before = max(not_before or end.until, end.until)
    return due, not_before
