"""One process of several that work on the same incidents; it says how it went as JSON.

`claim KEYS TURNS`: claims each turn's keys for an incident of its own, and begins what it was given.
`hold INCIDENT`: takes the lease, says its term, and sleeps until it is ended.
`contend INCIDENT TURNS`: takes the lease as soon as it can, enters `held` and `left`, releases; and again.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from incident.entry import Draft
from incident.errors import LeaseLost, LedgerUnavailable
from incident.settings import Settings
from ledger import Ledger

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def draft(kind: str, **more: int) -> Draft:
    return Draft(kind=kind, at=NOW, body={"process": os.getpid(), **more})


async def claim(ledger: Ledger, keys: str, turns: str) -> None:
    won = []
    for turn in range(int(turns)):
        named = [f"{key} {turn}" for key in keys.split(",")]
        incident = await ledger.claim(named, f"{keys[:8]}-{turn}-{os.getpid()}")
        try:
            await ledger.begin(incident, [draft("signal")], state={})
        except LeaseLost:
            await ledger.append(incident, [draft("continuation")])
        won.append(incident)
    say(won)


async def hold(ledger: Ledger, incident: str) -> None:
    lease = await ledger.take(incident, f"holder {os.getpid()}")
    say(lease.term)
    await asyncio.sleep(600)


async def contend(ledger: Ledger, incident: str, turns: str) -> None:
    held = 0
    while held < int(turns):
        try:
            lease = await ledger.take(incident, f"contender {os.getpid()}")
        except (LeaseLost, LedgerUnavailable):
            await asyncio.sleep(0.005)
            continue
        await ledger.append(incident, [draft("held", term=lease.term)], lease=lease)
        await ledger.append(incident, [draft("left", term=lease.term)], lease=lease)
        await ledger.release(lease)
        held += 1
    say(held)


TASKS: dict[str, Callable[..., Awaitable[None]]] = {"claim": claim, "hold": hold, "contend": contend}


async def main(task: str, *words: str) -> None:
    ttl = timedelta(seconds=1) if task == "hold" else timedelta(minutes=2)
    ledger = await Ledger.open(Settings.read(os.environ), ttl=ttl, call_timeout=timedelta(seconds=1))
    try:
        await TASKS[task](ledger, *words)
    finally:
        await ledger.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
