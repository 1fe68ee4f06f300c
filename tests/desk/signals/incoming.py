"""What comes in, in the senders' own forms, and a desk in one process that takes it in."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from desk import intake
from desk.intake import Left, Receipt
from desk.parts import Parts
from desk.recent import Recent
from drills.estate import Estate
from drills.estate.activity import event_of
from drills.estate.clinic import Clinic
from drills.figures import writes
from drills.samples import sentinel_incident
from incident.entry import Entry
from incident.errors import LedgerUnavailable
from ledger import Work
from tests.conftest import Ticking, policy_of

OPEN = "Storage.Blob_OpenContainersScanning.SuccessfulDiscovery"


def alert(resource: str, name: str = "", *, kind: str = OPEN, **more: Any) -> dict[str, Any]:
    """A Defender alert, as its REST API shows it."""
    name = name or uuid4().hex
    about = {
        "alertType": kind,
        "alertDisplayName": "An alert",
        "severity": "High",
        "status": "Active",
        "systemAlertId": name,
        "startTimeUtc": "2026-11-20T22:00:00Z",
        "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": resource}],
        **more,
    }
    group = resource.partition("/providers/")[0]
    place = f"{group}/providers/Microsoft.Security/locations/eastus2/alerts/{name}"
    return {"id": place, "name": name, "type": "Microsoft.Security/Locations/alerts", "properties": about}


def written(resource: str, operation: str = "Microsoft.Storage/storageAccounts/write", **data: Any) -> dict[str, Any]:
    """Event Grid's word that somebody has written the resource."""
    return {
        "id": uuid4().hex,
        "topic": "/".join(resource.split("/")[:3]),
        "subject": resource,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-11-20T22:30:00Z",
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": {
            "operationName": operation,
            "resourceUri": resource,
            "status": "Succeeded",
            "correlationId": str(uuid4()),
            "claims": {},
            **data,
        },
    }


@dataclass
class Incoming:
    """A desk that takes in what it is given."""

    parts: Parts
    estate: Estate
    clock: Ticking

    @cached_property
    def clinic(self) -> Clinic:
        return Clinic(self.estate)

    async def takes(self, source: str, *bodies: Mapping[str, Any]) -> list[Receipt]:
        """What becomes of a delivery, all of which can be read."""
        results = await self.delivered(source, *bodies)
        return [result for result in results if isinstance(result, Receipt)]

    async def delivered(self, source: str, *bodies: Any) -> list[Receipt | Left]:
        return await intake.deliver(self.parts, list(bodies), source)  # type: ignore[arg-type]  # a batch is a list

    async def one(self, source: str, body: Mapping[str, Any]) -> Receipt:
        [receipt] = await self.takes(source, body)
        return receipt

    def sentinel(self, account: str = "phistore", **properties: Any) -> dict[str, Any]:
        """The webhook of an incident that the clinic's Sentinel keeps, with properties as its update has them."""
        kept = self.clinic.incident("Open container", self.clinic.account(account).id)
        body = sentinel_incident(kept)
        body["object"]["properties"] |= properties
        return body

    def events(self) -> list[dict[str, Any]]:
        """What Event Grid would tell of every write so far."""
        return [event_of(record) for record in self.estate.log.records]

    def governed(self, **policy: Any) -> None:
        """The policy says this too."""
        self.parts = replace(self.parts, policy=policy_of(**policy))

    def another(self) -> "Incoming":
        """The same desk in another process: it shares the tables and no memory."""
        return replace(self, parts=replace(self.parts, recent=Recent(calm=0.1)))

    async def entries(self, incident: str, *kinds: str) -> list[Entry]:
        found = await self.parts.ledger.whole(await self.parts.ledger.chain(incident))
        return [entry for entry in found if not kinds or entry.kind in kinds]

    async def row(self, signal: str) -> str:
        """The incident that a signal's row points to."""
        found = await self.parts.ledger.tables.read("signals", signal[:1], signal)
        assert found is not None
        return str(found["incident"])

    @property
    def acts(self) -> list[str]:
        """What was written to Azure."""
        return [f"{one['liveRequest']['method']} {one['liveRequest']['url']}" for one in writes(self.estate.exchanges)]

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What reached the topic, by type."""
        return [event for event in self.estate.topic_events if event["type"].endswith(kind)]

    async def settled(self) -> None:
        """Every storm has been entered."""
        for _ in range(600):
            if not any(cause.entering for cause in self.parts.recent.causes.values()):
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the storm was never entered")

    async def pointed(self, since: datetime) -> dict[str, int]:
        """How many signals' rows, noted since then, point to which incident."""
        where = f"Timestamp ge datetime'{since:%Y-%m-%dT%H:%M:%S.%fZ}'"
        rows = [row["incident"] async for row in self.parts.ledger.tables.query("signals", where)]
        return dict(Counter(rows))

    async def unfinished(self, kind: str) -> list[Work]:
        """Open work of the kind, whenever it is due."""
        due = await self.parts.ledger.due(self.clock.at.replace(year=2030), 1000)
        return [work for work in due if work.kind == kind]

    @contextmanager
    def ledger_away(self) -> Iterator[None]:
        """Inside, no row of open work can be written."""
        tables = self.parts.ledger.tables
        put = tables.put

        async def away(*_given: Any) -> None:
            raise LedgerUnavailable("the tables are away")

        tables.put = away  # type: ignore[method-assign,assignment]  # the wire of one table is cut, by hand
        try:
            yield
        finally:
            tables.put = put  # type: ignore[method-assign]  # as above
