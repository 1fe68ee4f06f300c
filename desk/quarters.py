"""Which quarters need a tabletop exercise, by the policy, and which ended without one: a clock each, and an alarm."""

from collections.abc import Sequence
from typing import Any

from desk import exercises, tell
from desk.duties import HOUSE
from desk.exercises import HAS_BEEN, YEAR, Held, chain_of, this_quarter
from desk.parts import Parts
from incident.quarter import Quarter
from ledger.tables import together

MISSED = "Tourniquet.Tabletop.Missed"
UNTRACKED = "tabletop exercises are not tracked: the policy's `tabletop` names no first quarter"
KEPT = 24
"""Quarters whose records are kept."""


async def keep(parts: Parts) -> None:
    """Every quarter that needs an exercise has its clock, and one that was missed is told of: once in each quarter."""
    this = this_quarter(parts)
    if parts.policy.first_quarter is None or parts.recent.quarter == str(this):
        return
    for each in await _look(parts, _lately(parts.policy.first_quarter, this)):
        await _keep(parts, each, missed=each.quarter < this and not each.exercises)
    parts.recent.quarter = str(this)


async def _keep(parts: Parts, each: Held, *, missed: bool) -> None:
    clock = each.duties.get(HOUSE)
    if not each.exercises and clock is None:
        await exercises.enter(parts, each.quarter, (), [exercises.of_quarter(each.quarter, parts.policy)])
    if each.exercises and (over := exercises.met(parts, clock, HAS_BEEN)):
        await exercises.enter(parts, each.quarter, over)
    chain = chain_of(each.quarter)
    event = tell.notice(parts, chain, MISSED, str(each.quarter), {"quarter": str(each.quarter)})
    if missed and event["id"] not in each.told:
        await parts.ledger.append(chain, await tell.send(parts, [event]))


async def warnings(parts: Parts) -> list[str]:
    """What of the last year's exercises is missing or overdue, in words; or that nobody keeps track."""
    first, this = parts.policy.first_quarter, this_quarter(parts)
    if first is None:
        return [UNTRACKED]
    looked = await _look(parts, _lately(first, this))
    missed = [str(each.quarter) for each in looked if each.quarter < this and not each.exercises]
    overdue = sum(len(each.overdue(parts.now())) for each in looked)
    told = [f"no tabletop exercise was held in {', '.join(missed)}"] if missed else []
    return [*told, *([f"{overdue} gaps of tabletop exercises are overdue"] if overdue else [])]


async def listed(parts: Parts) -> dict[str, Any]:
    """Every quarter since the first that needs an exercise, six years at most, or of the last year; newest first."""
    first, this = parts.policy.first_quarter, this_quarter(parts)
    looked = await _look(parts, _lately(first, this, KEPT) if first else _lately(this.before(YEAR), this))
    rows = [_row(parts, each, this) for each in reversed(looked)]
    return {"tracked_since": str(first) if first else None, "quarters": rows}


def _row(parts: Parts, each: Held, this: Quarter) -> dict[str, Any]:
    ended = "missed" if each.quarter < this else "to be held"
    return {
        "quarter": str(each.quarter),
        "state": "held" if each.exercises else ended,
        "exercises": [entry.body["id"] for entry in each.exercises],
        "gaps": len(each.gaps),
        "open": sum(duty.running for duty in each.gaps.values()),
        "overdue": list(each.overdue(parts.now())),
    }


def _lately(first: Quarter, this: Quarter, back: int = YEAR) -> tuple[Quarter, ...]:
    return tuple(max(first, this.before(back)).until(this))


async def _look(parts: Parts, quarters: Sequence[Quarter]) -> list[Held]:
    return await together(exercises.held(parts, each) for each in quarters)
