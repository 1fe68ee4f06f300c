"""A storm: thousands of deliveries about some fifty causes, from three sources, repeated and out of order.

Sender, host, tables and estate have a process each. `accept_ratio`: accepted deliveries a second, against rows a second
that the same tables take from the sender by the ledger's client at the same concurrency (mean of before and after);
goal 0.5. `accept_ratio_distinct`: the same when every delivery has a cause of its own. `storm_ratio`: the first
containment of a new cause during the storm against the quiet case (medians); limit 1.5.
"""

import asyncio
import json
import random
import re
import statistics
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from drills.bench.yard import Yard, reported, yard
from drills.host import HostProcess
from incident.resource import ResourceId

ROOT = Path(__file__).parents[2]
LATENCY = 100.0
AT_ONCE = 16  # requests at once that an instance is given: `perInstanceConcurrency` of infra/modules/app.json
DELIVERIES, CAUSES, NEW, DISTINCT, ROWS = 10_000, 50, 8, 40, 2_000
WARM = 2
REPEATED = 0.6  # of all deliveries, those that were made before
ENTERED_WITHIN = 600  # seconds; what a storm leaves is entered by then, or is lost

NAME = re.compile(r"storageAccounts/(phi\d+)")

type Delivery = tuple[str, Any]


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What came of it: accepted deliveries, incidents by account, signals that point to one, seconds."""

    acknowledged: int
    incidents: dict[str, set[str]]
    signals: int
    distinct: int
    seconds: float
    new_ms: list[float]

    @property
    def accepted_per_s(self) -> float:
        """Deliveries."""
        return self.acknowledged / self.seconds


async def measure() -> dict[str, object]:
    """The three ratios, and the raw figures."""
    async with yard(latency=LATENCY, accounts=CAUSES + 2 * NEW + WARM + DISTINCT) as place, host(place) as responder:
        given = iter(place.accounts)
        some = {name: [next(given) for _ in range(count)] for name, count in _PARTS.items()}
        await storms(place, responder, [], some["warm"])
        quiet = await storms(place, responder, [], some["quiet"])
        before = await inserted(place, ROWS)
        storm = await storms(place, responder, deliveries(some["storm"], DELIVERIES), some["new"])
        after = await inserted(place, ROWS)
        distinct = await storms(place, responder, deliveries(some["distinct"], DISTINCT), [])
    check(storm, DELIVERIES, CAUSES)
    check(distinct, DISTINCT, DISTINCT)
    limit, calm, new = (before + after) / 2, statistics.median(quiet.new_ms), statistics.median(storm.new_ms)
    return {
        "accept_ratio": round(storm.accepted_per_s / limit, 3),
        "accept_ratio_distinct": round(distinct.accepted_per_s / limit, 3),
        "storm_ratio": round(new / calm, 3),
        "storm": {
            "deliveries": DELIVERIES,
            "distinct_signals": storm.distinct,
            "incidents": sum(map(len, storm.incidents.values())),
            "accepted_per_s": round(storm.accepted_per_s, 1),
            "accepted_per_s_distinct": round(distinct.accepted_per_s, 1),
            "inserted_per_s": [round(before, 1), round(after, 1)],
            "quiet_ms": round(calm, 1),
            "new_cause_ms": round(new, 1),
        },
    }


_PARTS = {"warm": WARM, "quiet": NEW, "new": NEW, "storm": CAUSES, "distinct": DISTINCT}


def deliveries(accounts: Sequence[ResourceId], count: int, *, seed: int = 7) -> list[Delivery]:
    """So many deliveries about the accounts: each distinct one at least once, the rest repeated, in any order."""
    chance = random.Random(seed)
    distinct = max(len(accounts), int(count * (1 - REPEATED)))
    told = [_told(accounts[number % len(accounts)], number) for number in range(distinct)]
    told += chance.choices(told, k=count - distinct)
    chance.shuffle(told)
    return told


def _told(account: ResourceId, number: int) -> Delivery:
    """The account's matter, as one of three sources tells of it."""
    kinds = (("sentinel", _sentinel), ("defender", _defender), ("eventgrid", _event))
    source, body = kinds[number // 7 % 3]
    return source, body(account, number)


def _sentinel(account: ResourceId, number: int) -> Any:
    body = reported([account])
    body["object"]["name"] = f"storm-{account.name}-{number}"
    return body


def _defender(account: ResourceId, number: int) -> dict[str, Any]:
    name = f"storm-{account.name}-{number}"
    return {
        "id": f"/subscriptions/{account.subscription}/providers/Microsoft.Security/locations/centralus/alerts/{name}",
        "name": name,
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            "alertType": "Storage.Blob_OpenContainersScanning.SuccessfulDiscovery",
            "alertDisplayName": "Open container",
            "severity": "High",
            "status": "Active",
            "systemAlertId": name,
            "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": account.text}],
        },
    }


def _event(account: ResourceId, number: int) -> dict[str, Any]:
    return {
        "id": f"storm-{account.name}-{number}",
        "topic": f"/subscriptions/{account.subscription}",
        "subject": account.text,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-01-01T00:00:00Z",
        "dataVersion": "2",
        "data": {
            "operationName": "Microsoft.Storage/storageAccounts/write",
            "resourceUri": account.text,
            "status": "Succeeded",
            "claims": {},
        },
    }


@asynccontextmanager
async def host(place: Yard) -> AsyncIterator[HostProcess]:
    """The responder's host, in a process of its own."""
    storage = {"AzureWebJobsStorage": place.environment["TOURNIQUET_TABLES"]}
    with TemporaryDirectory(prefix="bench-") as folder:
        async with HostProcess(ROOT, place.environment | storage, log=Path(folder, "host.log")) as running:
            yield running


async def inserted(place: Yard, rows: int) -> float:
    """Rows a second that the tables take from the sender."""
    answer = await _sender({"insert": rows, "tables": place.environment["TOURNIQUET_TABLES"], "at_once": AT_ONCE})
    return float(answer["per_s"])


async def storms(
    place: Yard, host: HostProcess, sent: Sequence[Delivery], fresh: Sequence[ResourceId], *, at_once: int = AT_ONCE
) -> Storm:
    """All of it, so many at once, the fresh causes beside it, until nothing that was sent waits to be entered."""
    new = [("sentinel", reported([account])) for account in fresh]
    order = {"url": host.url, "key": host.keys.function, "deliveries": sent, "fresh": new, "at_once": at_once}
    answer = await _sender(order)
    await _entered(place)
    homes, signals = await _homes(place), {_account(delivery[1]) for delivery in sent}
    incidents = {account: ids for account, ids in homes.items() if account in signals}
    counted = await _rows(place)
    return Storm(
        acknowledged=answer["answered"].get("202", 0),
        incidents=incidents,
        signals=sum(counted[each] for ids in incidents.values() for each in ids),
        distinct=len({str(delivery[1]) for delivery in sent}),
        seconds=answer["seconds"],
        new_ms=[await _contained(place, homes, each) for each in answer["fresh"]],
    )


async def _sender(order: dict[str, Any]) -> dict[str, Any]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drills.bench.sending", cwd=ROOT, stdin=pipe, stdout=pipe
    )
    said, _ = await process.communicate(json.dumps(order).encode())
    if process.returncode:
        raise RuntimeError(f"the sender ended with {process.returncode}")
    answer: dict[str, Any] = json.loads(said)
    return answer


async def _entered(place: Yard) -> None:
    for _ in range(ENTERED_WITHIN):
        where = "RowKey ge '0'"
        if not [row async for row in place.parts.ledger.tables.query("work", where) if "~signal~" in row["RowKey"]]:
            return
        await asyncio.sleep(1)
    raise RuntimeError("signals that were accepted were never entered")


async def _rows(place: Yard) -> Counter[str]:
    """How many signals' rows point to each incident."""
    rows = place.parts.ledger.tables.query("signals", "")
    return Counter([str(row["incident"]) async for row in rows])


async def _homes(place: Yard) -> dict[str, set[str]]:
    """Each account's incidents, by what the chains' signals name."""
    homes: dict[str, set[str]] = {}
    for incident in await _rows(place):
        for entry in await place.parts.ledger.entries(incident, "signal"):
            homes.setdefault(_account(entry.body["resources"]), set()).add(incident)
    return homes


async def _contained(place: Yard, homes: dict[str, set[str]], sent: dict[str, Any]) -> float:
    """Milliseconds from sending to the acknowledged write on the account."""
    (incident,) = homes[_account(sent["body"])]
    outcomes = await place.parts.ledger.entries(incident, "outcome")
    times = [
        datetime.fromisoformat(entry.body["acknowledged_at"])
        for entry in outcomes
        if entry.body["call"] == "refuse anonymous readers" and "acknowledged_at" in entry.body
    ]
    return 1000 * (min(times) - datetime.fromisoformat(sent["sent"])).total_seconds()


def _account(said: Any) -> str:
    found = NAME.search(str(said))
    return found[1] if found else ""


def check(storm: Storm, count: int, causes: int) -> None:
    """RuntimeError unless every delivery was acknowledged, every signal has its row, each cause its one incident."""
    found = {name: len(ids) for name, ids in storm.incidents.items()}
    if storm.acknowledged != count:
        raise RuntimeError(f"{storm.acknowledged} of {count} deliveries were acknowledged")
    if storm.signals != storm.distinct:
        raise RuntimeError(f"{storm.signals} of {storm.distinct} signals have a row that points to an incident")
    if len(found) != causes or set(found.values()) != {1}:
        raise RuntimeError(f"{causes} causes became {sum(found.values())} incidents: {found}")
