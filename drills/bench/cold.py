"""From the start of the process to the first containment write, against what cannot be done without; goal 1.1.

That is the first answer of an empty function app on the same host, and the imports that the way to the write needs,
timed in a process that does nothing else. Medians; the estate answers at once, so that no round trip counts.
"""

import asyncio
import json
import re
import statistics
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from drills.bench.storm import ROOT
from drills.bench.yard import Yard, reported, yard
from drills.host import HostProcess
from incident.resource import ResourceId

SAMPLES = 5
IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s*(\S+)$", re.MULTILINE)
PROFILE = {"PYTHONPROFILEIMPORTTIME": "1"}
AFTER = ("azure.eventgrid", "azure.mgmt.network", "azure.monitor", "azure.storage.blob")
"""Packages that serve notices, other measures, hunts and anchors: what the first write does not wait for."""
EMPTY = {
    "function_app.py": (
        "import azure.functions as func\n\n"
        "app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)\n\n\n"
        '@app.route("api/nothing", trigger_arg_name="request")\n'
        "async def nothing(request: func.HttpRequest) -> func.HttpResponse:\n"
        '    return func.HttpResponse("")\n'
    ),
    "host.json": '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}\n',
}


async def measure() -> dict[str, object]:
    """`cold_ratio`, and the raw figures in milliseconds."""
    async with yard(latency=0.0, accounts=SAMPLES + 1) as place:
        with TemporaryDirectory(prefix="bench-") as folder:
            empty = _empty(Path(folder))
            given = iter(place.accounts)
            known, every = await _names(place, empty, next(given))
            path = [name for name in every if name not in set(known) and not name.startswith(AFTER)]
            bare = statistics.median([await _answered(place, empty) for _ in range(SAMPLES)])
            needed = statistics.median([await _imported(known, path) for _ in range(SAMPLES)])
            cold = statistics.median([await _written(place, account) for account in given])
    figures = {"cold_ms": round(cold, 1), "empty_app_ms": round(bare, 1), "imports_ms": round(needed, 1)}
    return {"cold_ratio": round(cold / (bare + needed), 3), "cold": {**figures, "modules": len(path)}}


def _empty(folder: Path) -> Path:
    for name, text in EMPTY.items():
        Path(folder, name).write_text(text, "utf-8")
    return folder


async def _written(place: Yard, account: ResourceId) -> float:
    """Milliseconds from the start of the host's process until the write on the account is sent."""
    began = datetime.now(UTC)
    with TemporaryDirectory(prefix="bench-") as folder:
        async with HostProcess(ROOT, _settings(place), log=Path(folder, "host.log")) as host:
            (incident,) = await reported_to(host, account)
            outcomes = await place.parts.ledger.entries(incident, "outcome")
    sent = [entry.body["sent_at"] for entry in outcomes if entry.body["call"] == "refuse anonymous readers"]
    return 1000 * (datetime.fromisoformat(sent[0]) - began).total_seconds()


async def _answered(place: Yard, empty: Path) -> float:
    """Milliseconds from the start of the process until the empty app's first answer."""
    began = datetime.now(UTC)
    with TemporaryDirectory(prefix="bench-") as folder:
        async with HostProcess(empty, _settings(place), log=Path(folder, "host.log")) as host:
            await _nothing(host)
            return 1000 * (datetime.now(UTC) - began).total_seconds()


async def _imported(known: Iterable[str], path: Iterable[str]) -> float:
    """Milliseconds that the path's modules take, in a process that has imported what the empty app needs."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drills.bench.imports", cwd=ROOT, stdin=pipe, stdout=pipe
    )
    said, _ = await process.communicate(json.dumps({"known": list(known), "path": list(path)}).encode())
    if process.returncode:
        raise RuntimeError(f"the imports ended with {process.returncode}")
    return float(said)


async def _names(place: Yard, empty: Path, account: ResourceId) -> tuple[list[str], list[str]]:
    """What the empty app imports until its first answer, and what ours imports until it has contained, in order."""
    with TemporaryDirectory(prefix="bench-") as folder:
        bare, ours = Path(folder, "empty.log"), Path(folder, "ours.log")
        async with HostProcess(empty, _settings(place) | PROFILE, log=bare) as host:
            await _nothing(host)
            known = IMPORTED.findall(host.output)
        async with HostProcess(ROOT, _settings(place) | PROFILE, log=ours) as host:
            await reported_to(host, account)
            return known, IMPORTED.findall(host.output)


async def reported_to(host: HostProcess, account: ResourceId) -> list[str]:
    """Sentinel tells of the account; the incidents' ids."""
    headers = {"x-functions-key": host.keys.function}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{host.url}/api/signals/sentinel", json=reported([account])) as answer,
    ):
        told = await answer.json()
        if answer.status != 202:
            raise RuntimeError(f"the host answered {answer.status}: {told}")
    return [str(one["incident"]) for one in told["signals"]]


async def _nothing(host: HostProcess) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{host.url}/api/nothing") as answer:
        answer.raise_for_status()


def _settings(place: Yard) -> dict[str, str]:
    return place.environment | {"AzureWebJobsStorage": place.environment["TOURNIQUET_TABLES"]}
