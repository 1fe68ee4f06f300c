import json
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from cloud import Cloud
from desk import intake, undo
from desk.intake import Left, Receipt
from desk.parts import Parts
from drills.estate import Estate
from incident.entry import Entry
from incident.person import Person, Role
from incident.policy import Policy
from incident.settings import Settings
from ledger import Ledger
from responders import measures
from responders.runner import Runner
from tests.conftest import START, Ticking, policy_of
from tests.responders.line import QUICK

PERSON = Person(id="11111111-2222-3333-4444-555555555555", name="somebody", roles=frozenset({Role.OPERATE.value}))
SCANNING = "Storage.Blob_OpenContainersScanning.SuccessfulDiscovery"
WINDOWS = count(1)
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-0000000000aa"


def alerted(*resources: str, alert: str = "", kind: str = SCANNING, title: str = "Open container") -> dict[str, Any]:
    """Sentinel's webhook: one incident with one alert on the resources."""
    name, incident = alert or str(uuid4()), str(uuid4())
    identifiers = [{"type": "AzureResource", "azureResourceId": resource} for resource in resources]
    found = {"systemAlertId": name, "alertType": kind, "severity": "High", "resourceIdentifiers": identifiers}
    entities = [
        {"id": f"/e/{resource}", "kind": "AzureResource", "properties": {"resourceId": resource}}
        for resource in resources
    ]
    properties = {
        "title": title,
        "severity": "High",
        "status": "New",
        "createdTimeUtc": "2026-11-20T22:30:00Z",
        "alerts": [{"id": "x", "name": name, "kind": "SecurityAlert", "properties": found}],
        "relatedEntities": entities,
    }
    place = f"{SUBSCRIPTION}/resourceGroups/clinic/providers/Microsoft.SecurityInsights/incidents/{incident}"
    said = {"id": place, "name": incident, "properties": properties}
    return {"objectSchemaType": "Incident", "objectEventType": "Create", "object": said}


def written(resource: str, operation: str, *, request_id: str = "", correlation: str = "") -> dict[str, Any]:
    """Event Grid's word that a resource was written."""
    data = {
        "operationName": operation,
        "resourceUri": resource,
        "status": "Succeeded",
        "correlationId": correlation or str(uuid4()),
        "httpRequest": {"clientRequestId": request_id or str(uuid4()), "method": "PATCH"},
        "claims": {},
    }
    return {
        "id": str(uuid4()),
        "topic": SUBSCRIPTION,
        "subject": resource,
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-11-20T22:30:00Z",
        "dataVersion": "2",
        "data": data,
    }


@dataclass
class Desk:
    """The desk, and what the chain of an incident says."""

    parts: Parts
    clock: Ticking

    async def takes(self, body: Any, source: str = "sentinel", parts: Parts | None = None) -> Receipt:
        """What became of a delivery of one signal."""
        [result] = await intake.deliver(parts or self.parts, json.dumps(body).encode(), source)
        assert isinstance(result, Receipt)
        return result

    async def all(self, body: Any, source: str = "sentinel") -> list[Receipt | Left]:
        return await intake.deliver(self.parts, json.dumps(body).encode(), source)

    async def entries(self, incident: str | None, *kinds: str) -> list[Entry]:
        whole = await self.parts.ledger.whole(await self.parts.ledger.chain(incident or ""))
        return [entry for entry in whole if not kinds or entry.kind in kinds]

    async def status(self, incident: str | None) -> str:
        head = await self.parts.ledger.head(incident or "")
        assert head is not None
        return str(head.state["status"])

    async def undo(self, incident: str | None, *steps: str) -> None:
        await undo.undo(self.parts, PERSON, incident or "", steps)

    async def work(self) -> list[str]:
        """The open work that would be due tomorrow, by kind."""
        self.clock.passes(days=1)
        return [work.kind for work in await self.parts.ledger.due(self.parts.now(), 1000)]

    def under(self, policy: Policy) -> Parts:
        return replace(self.parts, policy=policy)


@pytest.fixture
def clock() -> Ticking:
    """Every test has a window of its own: signals about one cause join across tests as they do across processes."""
    return Ticking(START + timedelta(hours=2 * next(WINDOWS)))


@pytest.fixture
async def settings(settings: Settings, ledger: Ledger) -> Settings:
    """Settings without a topic, on tables without open work of earlier tests."""
    for work in await ledger.due(Ticking().at.replace(year=2200), 1000):
        await ledger.settle(work.id)
    return replace(settings, events_topic="")


@pytest.fixture
def parts(settings: Settings, cloud: Cloud, ledger: Ledger, clock: Ticking, estate: Estate) -> Parts:
    for measure in measures.every():
        for permission in measure.permissions:
            estate.grant(permission.tier.value, permission.action)
    estate.grant("read", "Microsoft.Storage/*/read", "Microsoft.Network/*/read", "Microsoft.Security/*/read")
    estate.grant("evidence", "Microsoft.EventGrid/events/send/action", "Microsoft.EventGrid/topics/send/action")
    names = (f"{uuid4().hex[:8]}-{number}" for number in count(1))
    return Parts(
        settings=settings,
        policy=policy_of(),
        cloud=cloud,
        ledger=ledger,
        runner=Runner(cloud, ledger, now=clock, pace=QUICK),
        now=clock,
        new_id=lambda: next(names),
        owner=lambda: next(names),
    )


@pytest.fixture
def desk(parts: Parts, clock: Ticking) -> Desk:
    return Desk(parts, clock)
