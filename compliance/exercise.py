"""A tabletop exercise as a person records it: checked, and parted into neutral facts and words of people.

Words may name patients, so they never stand in the ledger; roles, times, dates and ids of one word do. Nobody is named:
whoever took part stands there by a role and, if need be, an Entra object id. `docs/tabletop.md` shows the record.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from compliance.counting import local_day
from compliance.fields import FactsInvalid, Reader, day, instant, text
from compliance.record import token
from incident.canonical import digest
from incident.contacts import ESCALATION
from incident.person import Role
from incident.quarter import Quarter

ROLES = (*ESCALATION, *(role.value for role in Role))
"""Those whom the policy's contacts name, and those of the app."""
MOST = 40
"""Participants, decisions, and gaps of one exercise."""
LONGEST = 4_000
"""Characters of a question, an answer or a gap."""
OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Participant:
    """Who took part: the role, and the Entra object id where it is known."""

    role: str
    person: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a role was asked, and what it decided; both ends None and empty where it decided nothing."""

    of: str
    asked: str
    asked_at: datetime
    decided: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What was found to be missing: its id, what it is in words, whose it is, and by which day it is closed."""

    id: str
    what: str
    owner: str
    due: date


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise that was held. All instants are UTC."""

    quarter: Quarter
    scenario: str
    began_at: datetime
    ended_at: datetime
    participants: tuple[Participant, ...]
    decisions: tuple[Decision, ...]
    gaps: tuple[Gap, ...]

    @property
    def id(self) -> str:
        """The same for the same record."""
        return digest(self)[:16]

    def facts(self) -> dict[str, Any]:
        """The neutral part, as the ledger holds it."""
        return {
            "id": self.id,
            "quarter": str(self.quarter),
            "scenario": self.scenario,
            "began_at": self.began_at,
            "ended_at": self.ended_at,
            "participants": self.participants,
            "decisions": [
                {"of": one.of, "asked_at": one.asked_at, "decided_at": one.decided_at} for one in self.decisions
            ],
            "gaps": [{"id": gap.id, "owner": gap.owner, "due": gap.due} for gap in self.gaps],
        }

    def words(self) -> dict[str, Any]:
        """The words of people, by the place of the decision and by the id of the gap."""
        return {
            "decisions": [{"asked": one.asked, "decided": one.decided} for one in self.decisions],
            "gaps": {gap.id: gap.what for gap in self.gaps},
        }


def read_exercise(raw: object, zone: ZoneInfo, now: datetime) -> Exercise:
    """The exercise in a JSON object. Raises FactsInvalid, which names the field and repeats no value.

    It may have been held after the quarter's end, to make up for it, and never before its first day in the zone.
    """
    top = Reader(raw)
    found = Exercise(
        quarter=top.must("quarter", quarter),
        scenario=top.must("scenario", token),
        began_at=top.must("began_at", _at),
        ended_at=top.must("ended_at", _at),
        participants=_each(top, "participants", _participant),
        decisions=_each(top, "decisions", _decision),
        gaps=_each(top, "gaps", _gap),
    )
    if unread := top.unread():
        raise FactsInvalid(unread[0], "is not a field of an exercise")
    _check(found, zone, now)
    return found


def quarter(value: object, name: str) -> Quarter:
    """A quarter of the calendar."""
    try:
        return Quarter.parse(text(value, name))
    except ValueError as wrong:
        raise FactsInvalid(name, "a quarter such as 2026-Q4 is needed") from wrong


def _check(found: Exercise, zone: ZoneInfo, now: datetime) -> None:
    if local_day(found.began_at, zone) < found.quarter.first:
        raise FactsInvalid("began_at", "lies before the quarter")
    if not found.began_at < found.ended_at <= now:
        raise FactsInvalid("ended_at", "must lie after `began_at` and not in the future")
    for name in ("participants", "decisions"):
        if not getattr(found, name):
            raise FactsInvalid(name, "at least one is needed")
    for place, decision in enumerate(found.decisions):
        _check_decision(found, decision, f"decisions[{place}]")
    _check_gaps(found, zone)


def _check_decision(found: Exercise, decision: Decision, name: str) -> None:
    if bool(decision.decided) != bool(decision.decided_at):
        raise FactsInvalid(
            f"{name}.decided_at", "`decided` and `decided_at` go together; leave out both where nothing was"
        )
    if not found.began_at <= decision.asked_at <= (decision.decided_at or found.ended_at) <= found.ended_at:
        raise FactsInvalid(f"{name}.asked_at", "asked and decided, in this order, within the exercise")


def _check_gaps(found: Exercise, zone: ZoneInfo) -> None:
    ids = [gap.id for gap in found.gaps]
    for place, gap in enumerate(found.gaps):
        if gap.id in ids[:place]:
            raise FactsInvalid(f"gaps[{place}].id", "another gap has this id")
        if gap.due < local_day(found.ended_at, zone):
            raise FactsInvalid(f"gaps[{place}].due", "lies before the exercise")


def _each[T](top: Reader, key: str, read: Callable[[Reader], T]) -> tuple[T, ...]:
    entries = top.many(key, top.enter)
    if len(entries) > MOST:
        raise FactsInvalid(key, f"at most {MOST} are read")
    return tuple(read(entry) for entry in entries)


def _participant(reader: Reader) -> Participant:
    return Participant(role=reader.must("role", _role), person=reader.one("person", _object_id, ""))


def _decision(reader: Reader) -> Decision:
    return Decision(
        of=reader.must("of", _role),
        asked=reader.must("asked", _words),
        asked_at=reader.must("asked_at", _at),
        decided=reader.one("decided", _words, ""),
        decided_at=reader.one("decided_at", _at, None),
    )


def _gap(reader: Reader) -> Gap:
    return Gap(
        id=reader.must("id", token),
        what=reader.must("what", _words),
        owner=reader.must("owner", _role),
        due=reader.must("due", day),
    )


def _at(value: object, name: str) -> datetime:
    return instant(value, name).astimezone(UTC)


def _role(value: object, name: str) -> str:
    said = text(value, name)
    if said not in ROLES:
        raise FactsInvalid(name, f"is none of {', '.join(ROLES)}")
    return said


def _object_id(value: object, name: str) -> str:
    said = text(value, name)
    if not OBJECT_ID.fullmatch(said):
        raise FactsInvalid(name, "an Entra object id is needed; nobody is named here")
    return said.casefold()


def _words(value: object, name: str) -> str:
    said = text(value, name)
    if len(said) > LONGEST:
        raise FactsInvalid(name, f"at most {LONGEST} characters are read")
    return said
