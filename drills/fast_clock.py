"""`python -m drills.fast_clock --until TIME`: the reminder timer under a clock that jumps from rung to rung.

It runs the responder's own tick with the real doors, in a process of its own. Every tick comes twice; and between the
reminders of 72 hours and of 24 hours no tick comes at all, as if the responder had been down.
"""

import argparse
import asyncio
import json
import os
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from desk.parts import Parts
from desk.remind import remind
from desk.wiring import assemble
from ledger import Rung

DOWN_AT = "72h"
DOWN_FOR = timedelta(hours=60)


@dataclass
class FastClock:
    """A clock that stands where it was put."""

    at: datetime

    def now(self) -> datetime:
        """The moment."""
        return self.at


async def climb(parts: Parts, until: datetime) -> list[int]:
    """How many reminders each tick has told, every tick twice, until no rung is left before `until`."""
    clock = FastClock(datetime.now(UTC))
    hurried = replace(parts, now=clock.now)
    told: list[int] = []
    while rung := await _next(parts, until):
        clock.at = rung.at + (DOWN_FOR if rung.name == DOWN_AT else timedelta())
        told += [await remind(hurried), await remind(hurried)]
    return told


async def _next(parts: Parts, until: datetime) -> Rung | None:
    rungs = [rung async for rung in parts.ledger.deadlines.due(until)]
    return min(rungs, key=lambda rung: rung.at, default=None)


async def main(until: datetime) -> int:
    """Climb, and say what each tick told."""
    parts = await assemble(os.environ)
    try:
        told = await climb(parts, until)
    finally:
        await parts.ledger.close()
        await parts.cloud.close()
    sys.stdout.write(json.dumps({"told": told}) + "\n")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m drills.fast_clock", description=__doc__)
    parser.add_argument("--until", type=datetime.fromisoformat, required=True, help="the last moment, with its zone")
    sys.exit(asyncio.run(main(parser.parse_args().until)))
