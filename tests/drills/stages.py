"""What tests of the whole line ask of a stage."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from drills.callers import Callers
from drills.estate.faults import Action, Effect
from drills.estate.wire import Asked, CutError, Reply
from drills.figures import writes
from drills.samples import sentinel_incident
from drills.stage import Stage
from incident.settings import Settings
from ledger import Ledger
from ledger.rows import LEASE, Lease

HOUR = timedelta(hours=1)
QUESTIONS = ("ipflowverify",)


async def until[T](look: Callable[[], Awaitable[T]]) -> T:
    for _ in range(600):
        if seen := await look():
            return seen
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to pass")


def webhook(stage: Stage, account: str = "phistore") -> dict[str, Any]:
    """Sentinel's incident about the account, which the clinic's Sentinel knows of."""
    return sentinel_incident(stage.clinic.incident("Open container", stage.clinic.account(account).id))


def written(stage: Stage) -> list[str]:
    """What the responder asked Resource Manager to change."""
    return [f"{one['liveRequest']['method']} {one['liveRequest']['url']}" for one in writes(stage.estate.exchanges)]


async def ended(callers: Callers, incident: str) -> list[str]:
    """How the steps that may run have ended, once all have."""

    async def look() -> list[str]:
        answer = await callers.incident(incident)
        outcomes = [action["outcome"] for action in answer.body["actions"] if not action["held"]]
        return outcomes if all(outcomes) else []

    return await until(look)


class HeldBack:
    """A fault that holds an answer back: it says when the request has come, and ends by cutting the connection."""

    def __init__(self, *, before: bool) -> None:
        self.before = before
        self.reached = threading.Event()
        self.released = threading.Event()

    @property
    def action(self) -> Action:
        async def hold(_asked: Asked, effect: Effect) -> Reply:
            if not self.before:
                effect()
            self.reached.set()
            await asyncio.to_thread(self.released.wait, 30)
            raise CutError

        return hold


async def an_hour_passes(stage: Stage, incident: str) -> None:
    """In the ledger: all open work is due, and the dead process's lease has run out."""
    ledger = await Ledger.open(Settings.read(stage.settings))
    try:
        for work in await ledger.due(datetime.now(UTC) + HOUR):
            past = type(work)(incident=work.incident, kind=work.kind, due=work.due - HOUR, body=work.body)
            await ledger.settle(work.id, then=past)
        row = await ledger.tables.read("entries", incident, LEASE)
        assert row is not None
        dead = Lease(incident=incident, owner=row["owner"], term=row["term"], etag=row.etag, until=0)
        await ledger.release(dead)
    finally:
        await ledger.close()
