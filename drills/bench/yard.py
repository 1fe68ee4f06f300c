"""Where speed is measured: production in this process, Azurite and a leaking estate in their own."""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from desk import carry, intake
from desk.parts import Parts
from desk.wiring import assemble
from drills import clinic_policy
from drills.azurite import Azurite
from incident.resource import ResourceId

TURNS = 4  # invocations in which the last write has to be acknowledged


@dataclass(frozen=True, kw_only=True)
class Yard:
    """The assembled parts, what they were made of, and accounts that anybody can read, none of them reported yet."""

    parts: Parts
    environment: dict[str, str]
    accounts: list[ResourceId]
    latency: float  # one round trip, as set, in milliseconds

    async def round_trip(self) -> float:
        """The median of ten reads one after another, in milliseconds: the wire, the estate and our own client."""
        taken = []
        for _ in range(10):
            began = time.perf_counter()
            await self.parts.cloud.arm.read(self.accounts[0])
            taken.append(1000 * (time.perf_counter() - began))
        return statistics.median(taken)

    async def contained(self, accounts: Sequence[ResourceId]) -> list[float]:
        """Report the accounts in one incident; the milliseconds to each acknowledged write on an account."""
        began = self.parts.now()
        (receipt,) = await intake.deliver(self.parts, reported(accounts), "sentinel")
        if not isinstance(receipt, intake.Receipt) or not receipt.incident:
            raise RuntimeError(f"the bench's incident was not taken in: {receipt}")
        times = await self._acknowledged(receipt.incident, len(accounts))
        return [1000 * (at - began).total_seconds() for at in times]

    async def _acknowledged(self, incident: str, accounts: int) -> list[datetime]:
        """When each account's write was acknowledged; what the time budget has cut short is gone on with first."""
        for _ in range(TURNS):
            chain = await self.parts.ledger.chain(incident)
            answers = [entry.body for entry in chain.of("outcome") if entry.body["call"] == "refuse anonymous readers"]
            times = [datetime.fromisoformat(body["acknowledged_at"]) for body in answers if "acknowledged_at" in body]
            if len(times) >= accounts:
                break
            await carry.go_on(self.parts, incident, carry.work(self.parts, incident))
        return times


@asynccontextmanager
async def yard(*, latency: float, accounts: int) -> AsyncIterator[Yard]:
    """The yard; everything is stopped when the block is left. `latency` in milliseconds."""
    with TemporaryDirectory(prefix="bench-") as folder:
        async with Azurite.run() as azurite, _leaking(latency, accounts) as said:
            stores = dict.fromkeys(("TOURNIQUET_TABLES", "TOURNIQUET_EVIDENCE"), azurite.connection_string)
            environment = said["environment"] | stores | await clinic_policy.signed_in(Path(folder))
            os.environ.update({name: environment[name] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")})
            parts = await assemble(environment)
            try:
                ids = [ResourceId(account) for account in said["accounts"]]
                yield Yard(parts=parts, environment=environment, accounts=ids, latency=latency)
            finally:
                await parts.ledger.close()
                await parts.cloud.close()


@asynccontextmanager
async def _leaking(latency: float, accounts: int) -> AsyncIterator[dict[str, Any]]:
    command = (sys.executable, "-m", "drills.bench.leaking", "--latency", str(latency), "--accounts", str(accounts))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**20)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the estate's process has no pipes")
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


def reported(accounts: Sequence[ResourceId]) -> dict[str, Any]:
    """Sentinel's incident about the accounts, in the form of its webhook."""
    entities = [
        {"kind": "AzureResource", "id": f"/entities/{number}", "properties": {"resourceId": account.text}}
        for number, account in enumerate(accounts)
    ]
    name = f"bench-{accounts[0].name}"
    alert = {"systemAlertId": name, "alertType": "Storage.Blob_OpenContainersScanning.SuccessfulDiscovery"}
    properties = {
        "title": "Publicly accessible storage containers successfully discovered",
        "severity": "High",
        "status": "New",
        "relatedEntities": entities,
        "alerts": [{"kind": "SecurityAlert", "name": name, "properties": alert}],
    }
    case = {"id": name, "name": name, "properties": properties}
    return {"objectSchemaType": "Incident", "objectEventType": "Create", "object": case}


def at(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
