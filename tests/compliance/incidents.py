"""Invented incidents for the tests of the law: what is not said is the plainest case."""

from typing import Any

from compliance.engine import reckon
from compliance.facts import Facts
from compliance.reading import read_facts
from compliance.reckoning import Reckoning
from compliance.rulebook import shipped

PLAIN: dict[str, Any] = {
    "entity_zone": "America/Denver",
    "role": "covered_entity",
    "discovery": {"known_at": "2026-08-11T14:20:00-06:00"},
    "affected": {"MT": 40},
}


def facts(**changes: object) -> Facts:
    return read_facts(PLAIN | changes)


def reckoned(**changes: object) -> Reckoning:
    return reckon(facts(**changes), shipped())


def dues(**changes: object) -> dict[str, str]:
    """Clock id -> due date, or the instant where hours are counted."""
    return {
        clock.id: clock.due_at.isoformat() if clock.by_hour else clock.due.isoformat()
        for clock in reckoned(**changes).clocks
    }


def known(at: str) -> dict[str, dict[str, str]]:
    return {"discovery": {"known_at": at}}


def oral(stated: str, release: str | None = None, scope: list[str] | None = None) -> dict[str, Any]:
    return {"type": "oral", "statement_date": stated, "release_date": release, "scope": scope}


def written(stated: str, release: str, scope: list[str] | None = None) -> dict[str, Any]:
    return {"type": "written", "statement_date": stated, "release_date": release, "scope": scope}
