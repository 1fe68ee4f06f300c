"""The sweep: what events have missed is found in Resource Graph, and taken in like any other signal.

Nothing is done on a row's word: the rules read the live resource, as they do for a webhook. Left alone is what the
responder knows already: alerts that have come, and resources with an incident that waits for people, is watched, or
was undone by them, or that has acted since the change. An alert that has not come is taken in whatever else is known.
"""

import asyncio
from collections.abc import Sequence

from desk import leads, own
from desk.intake import take_in
from desk.parts import Parts
from detection import sweeps
from detection.sweeps import Sweep
from incident.signal import Signal
from ledger.tables import together

AT_ONCE = 4
MOST = 2000  # rows of one question; more are told as an error, for a part of the answer looks like all of it
DONE = "contained"  # every other incident waits for people, is watched, or is left as it is by them


async def sweep(parts: Parts, questions: Sequence[Sweep] = sweeps.SWEEPS) -> int:
    """Ask every question; how many signals were taken in. One that fails stops no other; its failure is raised.

    What has changed is asked last: what was found by its state is contained by then, and its changes are known.
    """
    with parts.cloud.sweeping():
        later = [each for each in questions if each is sweeps.CHANGES]
        found = await together(_one(parts, each) for each in questions if each not in later)
        return sum([*found, *await together(_one(parts, each) for each in later)])


async def _one(parts: Parts, asked: Sweep) -> int:
    """The rows of several resources side by side, those of one in turn: one incident may answer them all."""
    now = parts.now()
    rows = await parts.cloud.arm.graph(asked.query, most=MOST)
    turns = asyncio.Semaphore(AT_ONCE)
    told: dict[str, list[Signal]] = {}
    for signal in (sweeps.signal(asked, row, now) for row in rows):
        if signal is not None and signal.resources:
            told.setdefault(signal.resources[0].key, []).append(signal)

    async def taken(signals: Sequence[Signal]) -> int:
        async with turns:
            return sum([await _taken(parts, each, asked) for each in signals])

    return sum(await together(taken(signals) for signals in told.values()))


async def _taken(parts: Parts, signal: Signal, asked: Sweep) -> bool:
    if await parts.ledger.keys.place(signal.key) or await _is_known(parts, signal, asked):
        return False
    await take_in(parts, signal)
    return True


async def _is_known(parts: Parts, signal: Signal, asked: Sweep) -> bool:
    """Whether the alert has come, or the incident that acts on the resource has dealt with what the row tells."""
    if signal.alert_ids:
        return any(await together(parts.ledger.keys.find(_alert(each)) for each in signal.alert_ids))
    incident = await parts.ledger.keys.find(leads.key(signal.resources[0].key))
    head = await parts.ledger.head(incident) if incident else None
    if incident is None or head is None:
        return False
    if asked.ours or own.claimed(parts.settings, signal) or await _answered(parts, signal, incident):
        return True
    return head.state.get("status") != DONE or bool(await parts.ledger.entries(incident, "undo"))


async def _answered(parts: Parts, signal: Signal, incident: str) -> bool:
    """Whether the incident has acted since the change that the row tells of."""
    outcomes = await parts.ledger.entries(incident, "outcome") if signal.occurred_at else ()
    return any(signal.occurred_at is not None and signal.occurred_at <= each.at for each in outcomes)


def _alert(alert: str) -> str:
    return f"alert:{alert.casefold()}"
