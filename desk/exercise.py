"""A tabletop exercise is recorded, and its gaps are closed: entries of the quarter's own chain, words sealed."""

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from compliance.exercise import Exercise, read_exercise
from compliance.fields import FactsInvalid
from desk import carry, exercises, reasons
from desk.duties import HOUSE
from desk.exercises import GAP, HAS_BEEN, Held, chain_of
from desk.facts import LABEL
from desk.parts import Parts
from detection import rules
from incident.entry import Draft
from incident.errors import Refused, Unknown
from incident.person import Person
from incident.quarter import Quarter


async def record(parts: Parts, person: Person, body: Mapping[str, Any]) -> Exercise:
    """The exercise, entered once however often it is sent. FactsInvalid names a wrong field; nothing is kept then."""
    now = parts.now()
    exercise = read_exercise(body, ZoneInfo(parts.policy.entity.zone), now)
    if exercise.scenario not in {rule.id for rule in rules.every()}:
        raise FactsInvalid("scenario", "is no class of incident")
    known = await exercises.held(parts, exercise.quarter)
    if exercise.id in {entry.body["id"] for entry in known.exercises}:
        await carry.anchor(parts, chain_of(exercise.quarter))
        return exercise
    _check_gaps(known, exercise)
    words = json.dumps(exercise.words()).encode()
    ref = await parts.ledger.restricted.put(chain_of(exercise.quarter), "exercise", words)
    kept = {"label": LABEL, "name": ref.name, "sha256": ref.sha256, "size": ref.size}
    draft = Draft(kind="exercise", at=now, by=person.id, body={**exercise.facts(), "words": kept})
    over = exercises.met(parts, known.duties.get(HOUSE), HAS_BEEN)
    begun = tuple(exercises.of_gaps(exercise, parts.policy))
    await exercises.enter(parts, exercise.quarter, [draft, *over], begun)
    return exercise


async def close(parts: Parts, person: Person, quarter: Quarter, gap: str, evidence: str) -> None:
    """The gap is closed by what shows it, in words, which are sealed. Unknown without such a gap; Refused twice."""
    duty = (await exercises.held(parts, quarter)).gaps.get(gap)
    if duty is None:
        raise Unknown(f"the exercises of {quarter} have shown no such gap")
    if not duty.running:
        raise Refused("the gap is closed already", code="GapClosed")
    kept = await reasons.keep(parts, chain_of(quarter), evidence)
    if kept is None:
        raise Refused("a gap is closed by its evidence: say what shows it", code="NoEvidence")
    body = {"gap": gap, "evidence": kept}
    closed = Draft(kind="gap_closed", at=parts.now(), by=person.id, body=body)
    await exercises.enter(parts, quarter, [closed, *exercises.met(parts, duty, "closed, with its evidence")])


def _check_gaps(known: Held, exercise: Exercise) -> None:
    for place, gap in enumerate(exercise.gaps):
        if GAP + gap.id in known.duties:
            raise FactsInvalid(f"gaps[{place}].id", "another exercise of the quarter has a gap of this id")
