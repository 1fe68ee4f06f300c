"""`python -m drills.soak [--seconds 1200] [--rate 20] [--json FILE]`: a steady storm, and whether memory stays flat.

Production runs in this process against Azurite and a leaking estate in processes of their own: deliveries about some
fifty causes, most of them told again and again, with rubbish among them, and the timers between. At the end everything
that was acknowledged is in a chain or parked, chains are sound, nothing is overdue, and memory is what it was.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from desk import canary, queued
from desk.intake import Left, deliver
from desk.remind import remind
from desk.replay import parked
from desk.resume import resume
from desk.watch import watch
from drills.bench.yard import Yard, reported, yard
from incident.errors import LedgerUnavailable
from ledger.audit import record
from ledger.verify import Fault, verify

LATENCY = 20.0
CAUSES = 50
REPEATED, RUBBISH = 3, 50
"""Each delivery comes so often; one in so many cannot be read."""
TICK = 15.0  # seconds between the timers, all of them
SAMPLED = 1.0
FLAT = 1.10
AT_ONCE = 64
OVERDUE, SOON = timedelta(minutes=5), timedelta(minutes=2)


@dataclass(kw_only=True)
class Soaked:
    """What came of it; memory in MiB, the medians of the second and of the last quarter."""

    seconds: float = 0.0
    acknowledged: int = 0
    refused: int = 0
    incidents: int = 0
    parked: int = 0
    rubbish: int = 0
    lost: int = 0
    unsound: int = 0
    overdue: int = 0
    canaries: int = 0
    memory_before: float = 0.0
    memory_after: float = 0.0
    samples: list[float] = field(default_factory=list, repr=False)

    @property
    def memory_ratio(self) -> float:
        """The end against the time after the start."""
        return round(self.memory_after / self.memory_before, 3)

    @property
    def ok(self) -> bool:
        """Whether nothing fell short."""
        faults = (self.lost, self.unsound, self.overdue, self.refused, self.parked != self.rubbish)
        return self.memory_ratio <= FLAT and self.incidents == CAUSES and not any(faults)


@dataclass
class Storm:
    """Deliveries at a steady rate."""

    place: Yard
    rate: float
    soaked: Soaked = field(default_factory=Soaked)
    known: Counter[str] = field(default_factory=Counter)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def run(self, seconds: float) -> None:
        """So long; then until all that was begun has ended."""
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while (passed := time.monotonic() - began) < seconds:
                while number < passed * self.rate:
                    await self.turns.acquire()
                    group.create_task(self._one(number))
                    number += 1
                await asyncio.sleep(1 / self.rate)
        self.soaked.seconds = round(time.monotonic() - began, 1)

    async def _one(self, number: int) -> None:
        try:
            results = await deliver(self.place.parts, self._body(number), "sentinel")
        except LedgerUnavailable:
            self.soaked.refused += 1
            return
        finally:
            self.turns.release()
        self.soaked.acknowledged += 1
        self.known.update("parked" if isinstance(each, Left) else str(each.incident) for each in results)

    def _body(self, number: int) -> dict[str, Any]:
        if number % RUBBISH == RUBBISH - 1:
            self.soaked.rubbish += 1
            return {"odd": number}
        told = number // REPEATED
        body = reported([self.place.accounts[told % CAUSES]])
        body["object"]["name"] = f"soak-{told}"
        return body


async def soak(seconds: float, rate: float) -> Soaked:
    """The whole of it."""
    async with yard(latency=LATENCY, accounts=CAUSES) as place:
        storm = Storm(place, rate)
        beside = [asyncio.create_task(_timers(storm)), asyncio.create_task(_memory(storm.soaked))]
        try:
            await storm.run(seconds)
        finally:
            for task in beside:
                task.cancel()
            ended = await asyncio.gather(*beside, return_exceptions=True)
        for each in ended:
            if isinstance(each, Exception):
                raise each
        await _calm(place)
        await _judge(storm)
    return storm.soaked


async def _timers(storm: Storm) -> None:
    parts = storm.place.parts
    while True:
        await asyncio.sleep(TICK)
        message = await watch(parts)
        await queued.take(parts, message.encode())
        storm.soaked.canaries += await canary.arrived(parts, canary.key(message, parts.now()))
        await resume(parts)
        await remind(parts)


async def _memory(soaked: Soaked) -> None:
    while True:
        soaked.samples.append(resident())
        await asyncio.sleep(SAMPLED)


def resident() -> float:
    """MiB that this process holds."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


async def _calm(place: Yard) -> None:
    """What was begun is gone on with until it rests, for some minutes at most: then it counts as overdue."""
    parts, until = place.parts, time.monotonic() + OVERDUE.total_seconds()
    while any(cause.entering for cause in parts.recent.causes.values()):  # noqa: ASYNC110 - several tasks end
        await asyncio.sleep(0.1)
    while await parts.ledger.due(parts.now() + SOON) and time.monotonic() < until:
        await resume(parts)
        await asyncio.sleep(SAMPLED)


async def _judge(storm: Storm) -> None:
    soaked, ledger = storm.soaked, storm.place.parts.ledger
    names = {row.incident for row in await ledger.newest(1000)}
    told = set(storm.known) - {"parked", "None"}
    soaked.incidents, soaked.lost = len(names), len(told - names)
    soaked.parked = len(await parked(storm.place.parts))
    soaked.overdue = len(await ledger.due(storm.place.parts.now() + SOON))
    faults = [verify(await record(ledger, name)) for name in sorted(names)]
    soaked.unsound = sum(found is not None and found.fault is not Fault.NOT_ANCHORED for found in faults)
    quarter = max(1, len(soaked.samples) // 4)
    soaked.memory_before = round(statistics.median(soaked.samples[quarter : 2 * quarter] or soaked.samples), 1)
    soaked.memory_after = round(statistics.median(soaked.samples[-quarter:]), 1)


def told(soaked: Soaked) -> str:
    """The last line."""
    return (
        f"soak: {soaked.seconds:.0f} s, {soaked.acknowledged} deliveries acknowledged ({soaked.refused} refused),"
        f" {soaked.incidents} incidents of {CAUSES} causes, {soaked.parked} parked, {soaked.lost} lost,"
        f" {soaked.unsound} chains unsound, {soaked.overdue} overdue, {soaked.canaries} canaries through,"
        f" memory {soaked.memory_before} MiB then {soaked.memory_after} MiB (ratio {soaked.memory_ratio})"
    )


def main(words: Sequence[str] | None = None) -> int:
    """0 when nothing fell short."""
    parser = argparse.ArgumentParser(prog="python -m drills.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1200, help="how long (1200)")
    parser.add_argument("--rate", type=float, default=20, help="deliveries a second (20)")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args(words)
    soaked = asyncio.run(soak(given.seconds, given.rate))
    if given.json:
        given.json.write_text(json.dumps(asdict(soaked) | {"memory_ratio": soaked.memory_ratio}, indent=1) + "\n")
    print(told(soaked))
    return int(not soaked.ok)


if __name__ == "__main__":
    sys.exit(main())
