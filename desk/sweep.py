"""The sweep: what events have missed is found in Resource Graph, and taken in like any other signal.

Nothing is done on a row's word: the rules read the live resource, as they do for a webhook. Left alone is what the
responder knows already: resources with an incident that waits for people, is watched, or was undone by them.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from desk.intake import take_in
from desk.parts import Parts
from detection import sweeps
from detection.sweeps import Sweep
from incident.signal import Signal
from ledger.tables import together

AT_ONCE = 4
MOST = 2000  # rows of one question; more are told as an error, for a part of the answer looks like all of it
DONE = "contained"  # every other incident waits for people, is watched, or is left as it is by them


async def sweep(parts: Parts) -> int:
    """Ask every question; how many signals were taken in. One that fails stops no other; its failure is raised."""
    with parts.cloud.sweeping():
        return sum(await together(_one(parts, each) for each in sweeps.SWEEPS))


async def _one(parts: Parts, asked: Sweep) -> int:
    now = parts.now()
    rows = await parts.cloud.arm.graph(asked.query, most=MOST)
    turns = asyncio.Semaphore(AT_ONCE)

    async def told(row: Mapping[str, Any]) -> bool:
        signal = sweeps.signal(asked, row, now)
        async with turns:
            return signal is not None and await _taken(parts, signal)

    return sum(await together(told(row) for row in rows))


async def _taken(parts: Parts, signal: Signal) -> bool:
    if await parts.ledger.keys.place(signal.key) or await _is_known(parts, signal):
        return False
    await take_in(parts, signal)
    return True


async def _is_known(parts: Parts, signal: Signal) -> bool:
    """Whether an incident that acts on the resource waits for people, or they have decided otherwise."""
    incident = await parts.ledger.keys.find(f"acted:{signal.resources[0].key}")
    head = await parts.ledger.head(incident) if incident else None
    if incident is None or head is None:
        return False
    return head.state.get("status") != DONE or bool(await parts.ledger.entries(incident, "undo"))
