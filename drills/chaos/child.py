"""The host process that the campaign kills: forked from one that has imported everything, so that it starts at once."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import azure.data.tables.aio
import azure.eventgrid.aio
import azure.identity.aio
import azure.mgmt.network.aio
import azure.mgmt.storage.aio
import azure.monitor.query.aio
import azure.storage.blob.aio
import azure_functions_runtime  # type: ignore[import-untyped]  # ships no types

import function_app
from desk import wiring
from desk.parts import Parts
from detection import rules
from drills.chaos.doors import Crossings
from drills.chaos.points import Point
from drills.host.__main__ import serve
from responders import measures

ROOT = Path(__file__).parents[2]
BY_THEMSELVES = re.compile(r'function_name\("(\w+)"\)\n@app\.(?:timer|queue)_trigger')
IMPORTED = (
    azure.data.tables.aio,
    azure.eventgrid.aio,
    azure.identity.aio,
    azure.mgmt.network.aio,
    azure.mgmt.storage.aio,
    azure.monitor.query.aio,
    azure.storage.blob.aio,
    azure_functions_runtime,
    function_app,
    *rules.every(),
    *measures.every(),
)
"""What the line imports on first use."""


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What a child is told. Its whole environment, where it writes, where it is killed, how wrong its clock is."""

    environment: Mapping[str, str]
    log: Path
    trace: Path
    fault: Point | None = None
    strike: signal.Signals = signal.SIGKILL
    skew: timedelta = field(default=timedelta())


def main(orders: Orders) -> None:
    """Serve until killed."""
    os.environ.clear()
    os.environ.update({**orders.environment, **_quiet()})
    sys.dont_write_bytecode = True
    log, trace = (os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) for file in (orders.log, orders.trace))
    os.dup2(log, 1)
    os.dup2(log, 2)
    _put_in(Crossings(trace, orders.fault, orders.strike), orders.skew)
    asyncio.run(serve(ROOT, 0))


def _quiet() -> dict[str, str]:
    """Nothing happens by itself: no timer fires, no queue is listened to."""
    names = BY_THEMSELVES.findall(Path(function_app.__file__).read_text())
    return {f"AzureWebJobs.{name}.Disabled": "true" for name in names}


def _put_in(crossings: Crossings, skew: timedelta) -> None:
    """The app is wired with these doors and this clock, and is watched."""
    wired = wiring.assemble

    def now() -> datetime:
        return wiring.now() + skew

    async def assemble(environment: Mapping[str, str]) -> Parts:
        parts = await wired(environment, now=now, doors=crossings.doors())
        crossings.guard(parts)
        return parts

    wiring.assemble = assemble  # type: ignore[assignment]  # the same, less what is given here
    crossings.watch()
