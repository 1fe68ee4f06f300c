"""A reckoning written down: as JSON for machines, in words for people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from compliance.facts import Facts
from compliance.reckoning import Clock, Reckoning, Undated
from compliance.rows import Kind


def as_json(reckoning: Reckoning) -> dict[str, Any]:
    """`effective_discovery` as the facts gave it, its local date, and the clocks, earliest first."""
    return {
        "effective_discovery": reckoning.discovery.said,
        "discovery_local_date": reckoning.discovered_on.isoformat(),
        "clocks": [_clock_json(clock) for clock in reckoning.clocks],
    }


def _clock_json(clock: Clock) -> dict[str, str]:
    answer = {"clock": clock.id}
    if not clock.by_hour:
        answer["due"] = clock.due.isoformat()
    answer["due_at"] = zulu(clock.due_at)
    if clock.not_before:
        answer["not_before"] = clock.not_before.isoformat()
    return answer


def zulu(instant: datetime) -> str:
    """An instant in UTC, `2026-05-02T03:59:59Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_words(facts: Facts, reckoning: Reckoning) -> Iterator[str]:
    """The lines of an explanation: the discovery, each clock with its text and arithmetic, and what does not run."""
    yield (
        f"Discovered on {reckoning.discovered_on} ({facts.zone}): {reckoning.discovery.how} "
        f"{reckoning.discovery.said}, the earliest of {len(facts.knowledge)}."
    )
    for clock in reckoning.clocks:
        yield from _clock_words(clock)
    for undated in reckoning.undated:
        yield _undated_words(undated)
    for silence in reckoning.silent:
        yield f"{silence.id}: does not run; {silence.why}."
    for name in facts.unread:
        yield f"{name}: is not a fact that any clock reads."


_VERBS = {
    Kind.DEADLINE: "to be told by",
    Kind.MINIMUM: "at least until",
    Kind.HOLD_LIMIT: "on",
    Kind.CURE: "by",
}


def _clock_words(clock: Clock) -> Iterator[str]:
    when = zulu(clock.due_at) if clock.by_hour else f"{clock.due} ({zulu(clock.due_at)})"
    yield f"{clock.id}: {clock.recipient} {_VERBS[clock.kind]} {when}. Owed by: {clock.obligor.replace('_', ' ')}."
    yield f"  {clock.basis}."
    yield f"  {clock.citation}; {_standing(clock)}."


def _standing(clock: Clock) -> str:
    seen = "number seen in its source" if clock.verified else "number NOT verified"
    return f"{seen}, counsel review {clock.counsel_reviewed or 'outstanding'}"


def _undated_words(undated: Undated) -> str:
    by = f"HIPAA's {undated.by} at the latest" if undated.by else "no date to lean on"
    row = undated.row
    return f"{row.id}: {row.recipient}, without unreasonable delay; no number in the text, {by}. {row.citation}."
