"""What a new fact changed: clocks are superseded with a reason, never deleted."""

from collections.abc import Iterator
from dataclasses import dataclass

from compliance.reckoning import Clock, Reckoning


@dataclass(frozen=True, kw_only=True)
class Change:
    """One clock that started (`was` is None), was superseded by another date, or ended (`now` is None)."""

    id: str
    was: Clock | None
    now: Clock | None
    why: str


def changes(before: Reckoning, after: Reckoning) -> tuple[Change, ...]:
    """What differs in due date, instant or first allowed day; the earliest new date first, then what ended."""
    return (*_new_dates(before, after), *_ended(before, after))


def _new_dates(before: Reckoning, after: Reckoning) -> Iterator[Change]:
    old = {clock.id: clock for clock in before.clocks}
    for clock in after.clocks:
        was = old.get(clock.id)
        if was is None or (was.due_at, was.not_before) != (clock.due_at, clock.not_before):
            yield Change(id=clock.id, was=was, now=clock, why=clock.basis)


def _ended(before: Reckoning, after: Reckoning) -> Iterator[Change]:
    running = {clock.id for clock in after.clocks}
    reasons = {silence.id: silence.why for silence in after.silent}
    for clock in before.clocks:
        if clock.id not in running:
            why = reasons.get(clock.id.split(":")[0]) or reasons.get(clock.id) or "the facts no longer reach it"
            yield Change(id=clock.id, was=clock, now=None, why=why)
