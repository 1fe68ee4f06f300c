"""A storm: thousands of deliveries about some fifty causes, from three sources, repeated and out of order.

`accept_ratio`: accepted signals a second, against rows a second that the same tables take by the same client at the
same concurrency; goal 0.5. `storm_ratio`: the first containment of a new cause during the storm against the quiet case
(medians); limit 1.5.
"""

import asyncio
import random
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from desk import intake
from desk.intake import Receipt
from drills.bench.yard import Yard, reported, yard
from incident.resource import ResourceId

LATENCY = 100.0
AT_ONCE = 32
DELIVERIES, CAUSES, NEW = 10_000, 50, 8
REPEATED = 0.6  # of all deliveries, those that were made before

NAME = re.compile(r"storageAccounts/phi\d+")

type Delivery = tuple[str, Any]


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What came of it: acknowledged deliveries, incidents by account, signals of each kind of row, seconds."""

    acknowledged: int
    incidents: dict[str, set[str]]
    signals: int
    distinct: int
    seconds: float
    new_ms: list[float]


async def measure() -> dict[str, object]:
    """Both ratios, and the raw figures."""
    async with yard(latency=LATENCY, accounts=CAUSES + 2 * NEW + 1) as place:
        storming, rest = place.accounts[:CAUSES], place.accounts[CAUSES:]
        await place.contained(rest[-1:])
        quiet = [(await place.contained([account]))[0] for account in rest[:NEW]]
        inserted = await raw(place, DELIVERIES // 5)
        storm = await storms(place, deliveries(storming, DELIVERIES), rest[NEW : 2 * NEW])
    check(storm, DELIVERIES, CAUSES)
    accepted = DELIVERIES / storm.seconds
    return {
        "accept_ratio": round(accepted / inserted, 3),
        "storm_ratio": round(statistics.median(storm.new_ms) / statistics.median(quiet), 3),
        "storm": {
            "deliveries": DELIVERIES,
            "distinct_signals": storm.distinct,
            "incidents": sum(map(len, storm.incidents.values())),
            "accepted_per_s": round(accepted, 1),
            "inserted_per_s": round(inserted, 1),
            "quiet_ms": round(statistics.median(quiet), 1),
            "new_cause_ms": round(statistics.median(storm.new_ms), 1),
        },
    }


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
    body["object"]["name"] = f"storm-{number}"
    return body


def _defender(account: ResourceId, number: int) -> dict[str, Any]:
    name = f"storm-{number}"
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
        "id": f"storm-{number}",
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


async def storms(
    place: Yard, sent: Sequence[Delivery], fresh: Sequence[ResourceId], *, at_once: int = AT_ONCE
) -> Storm:
    """All of it, so many at once; the fresh causes come while it lasts."""
    turns, incidents, acknowledged = asyncio.Semaphore(at_once), dict[str, set[str]](), 0
    before = await _rows(place)

    async def one(delivery: Delivery) -> None:
        nonlocal acknowledged
        async with turns:
            results = await intake.deliver(place.parts, delivery[1], delivery[0])
        acknowledged += 1
        for result in results:
            if isinstance(result, Receipt) and result.incident:
                incidents.setdefault(_account(delivery), set()).add(result.incident)

    began = time.perf_counter()
    storm = asyncio.gather(*(one(delivery) for delivery in sent))
    new = []
    for account in fresh:
        await asyncio.sleep(0.5)
        if not storm.done():
            new += await place.contained([account])
    await storm
    seconds = time.perf_counter() - began
    await _calm(place)
    distinct = len({str(delivery[1]) for delivery in sent})
    signals = await _rows(place) - before - len(new)
    return Storm(
        acknowledged=acknowledged, incidents=incidents, signals=signals, distinct=distinct, seconds=seconds, new_ms=new
    )


def _account(delivery: Delivery) -> str:
    found = NAME.search(str(delivery[1]))
    return found[0] if found else ""


async def _calm(place: Yard) -> None:
    while any(cause.entering for cause in place.parts.recent.causes.values()):  # noqa: ASYNC110 - several tasks end
        await asyncio.sleep(0.1)


async def _rows(place: Yard) -> int:
    """How many signals have a row that points to an incident."""
    where = "RowKey eq 'signal' and incident ne '' and incident ne '-'"
    return len([row async for row in place.parts.ledger.tables.query("signals", where)])


async def raw(place: Yard, count: int) -> float:
    """Rows a second that the tables take from this client, so many at once."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def insert() -> None:
        async with turns:
            await place.parts.ledger.tables.insert("keys", {"PartitionKey": uuid4().hex, "RowKey": "raw"})

    began = time.perf_counter()
    await asyncio.gather(*(insert() for _ in range(count)))
    return count / (time.perf_counter() - began)


def check(storm: Storm, count: int, causes: int) -> None:
    """RuntimeError unless every delivery was acknowledged, every signal has its row, each cause its one incident."""
    found = {name: len(ids) for name, ids in storm.incidents.items()}
    if storm.acknowledged != count:
        raise RuntimeError(f"{storm.acknowledged} of {count} deliveries were acknowledged")
    if storm.signals != storm.distinct:
        raise RuntimeError(f"{storm.signals} of {storm.distinct} signals have a row that points to an incident")
    if len(found) != causes or set(found.values()) != {1}:
        raise RuntimeError(f"{causes} causes became {sum(found.values())} incidents: {found}")
