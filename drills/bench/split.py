"""Two apps from one code: how long the way through the ledger takes, where one app would act at once.

The front takes the signal in; the other finds the work with its timer. Seconds from sending to the acknowledged write,
of signals that are spread over the timer's minute.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from drills.bench.cold import reported_to
from drills.bench.storm import ROOT
from drills.bench.yard import Yard, yard
from drills.host import HostProcess

SAMPLES, APART = 4, 17  # seconds between two signals
PATIENCE = 150  # seconds in which the last is acted upon

ELSEWHERE = ("on_signal_queued", "on_signal_poisoned", "remind", "resume", "sweep", "watch")
FRONT = {"TOURNIQUET_PART": "front"} | {f"AzureWebJobs.{name}.Disabled": "true" for name in ELSEWHERE}
"""As infra/modules/app.json sets it where there is a second app: the timers and queues are that one's."""


async def measure() -> dict[str, object]:
    """`split`: the median and the longest, in seconds."""
    async with (
        yard(latency=100.0, accounts=SAMPLES) as place,
        _host(place, FRONT) as front,
        _host(place, {}),
    ):
        sent: dict[str, datetime] = {}
        for account in place.accounts:
            now = datetime.now(UTC)
            (incident,) = await reported_to(front, account)
            sent[incident] = now
            await asyncio.sleep(APART)
        taken = [await _seconds(place, incident, at) for incident, at in sent.items()]
    return {"split": {"median_s": round(statistics.median(taken), 1), "longest_s": round(max(taken), 1)}}


@asynccontextmanager
async def _host(place: Yard, part: Mapping[str, str]) -> AsyncIterator[HostProcess]:
    storage = {"AzureWebJobsStorage": place.environment["TOURNIQUET_TABLES"]}
    with TemporaryDirectory(prefix="bench-") as folder:
        async with HostProcess(ROOT, place.environment | storage | dict(part), log=Path(folder, "host.log")) as running:
            yield running


async def _seconds(place: Yard, incident: str, sent: datetime) -> float:
    """From sending until the write was acknowledged."""
    for _ in range(PATIENCE):
        outcomes = await place.parts.ledger.entries(incident, "outcome")
        times = [entry.body["acknowledged_at"] for entry in outcomes if "acknowledged_at" in entry.body]
        if times:
            return (min(map(datetime.fromisoformat, times)) - sent).total_seconds()
        await asyncio.sleep(1)
    raise RuntimeError(f"{incident} was not acted upon")
