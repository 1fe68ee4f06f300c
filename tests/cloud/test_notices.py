import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from cloud import Cloud
from incident.errors import Interrupted, Refused
from incident.resource import ResourceId
from incident.settings import Settings
from tests.cloud.wire import START, TOKEN, Answer, Wire

EVENT = {
    "specversion": "1.0",
    "id": "f" * 64,
    "source": "/tourniquet",
    "type": "tourniquet.reminder",
    "time": "2026-11-22T09:00:00Z",
    "data": {"incident": "I-1", "clock": "US-HIPAA-IND"},
}
ACCOUNT = ResourceId(
    f"/subscriptions/{UUID(int=1)}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/phi01"
)
TIMELESS = {name: value for name, value in EVENT.items() if name != "time"}


@pytest.fixture
async def cloud(settings: Settings, wire: Wire) -> AsyncIterator[Cloud]:
    cloud = Cloud(replace(settings, events_topic=f"{wire.url}/api/events", identity_evidence="keeper"))
    yield cloud
    await cloud.close()


async def test_notices_leave_as_cloud_events_under_the_evidence_identity(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, b""))

    await cloud.publish([EVENT, {**EVENT, "id": "e" * 64}])

    [sent] = wire.received
    assert sent.method == "POST"
    assert sent.headers["Content-Type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    events = json.loads(sent.body)
    assert [datetime.fromisoformat(event.pop("time")) for event in events] == [START, START]
    assert events == [{**TIMELESS, "id": "f" * 64}, {**TIMELESS, "id": "e" * 64}]
    assert "client_id=keeper" in wire.tokens[0]
    assert "resource=https://eventgrid.azure.net" in wire.tokens[0]


async def test_no_notices_are_no_request(cloud: Cloud, wire: Wire) -> None:
    await cloud.publish([])
    assert (wire.received, wire.tokens) == ([], [])


async def test_without_a_topic_the_caller_is_told(settings: Settings) -> None:
    with pytest.raises(Refused) as refused:
        await Cloud(settings).publish([EVENT])
    assert refused.value.code == "NoTopic"


async def test_a_topic_that_says_no_refuses(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(403, {"error": {"code": "Forbidden", "message": "no"}}))
    with pytest.raises(Refused) as refused:
        await cloud.publish([EVENT])
    assert refused.value.code == "Http403"


async def test_a_topic_that_is_cut_leaves_it_unknown(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(cut=True))
    with pytest.raises(Interrupted):
        await cloud.publish([EVENT])


class Seen:
    """A policy as callers add it; it tells by which next it passed each request on."""

    def __init__(self) -> None:
        self.next: Any = None
        self.passed: list[tuple[str, str]] = []

    async def send(self, request: Any) -> Any:
        self.passed.append((request.http_request.method, type(self.next).__name__))
        return await self.next.send(request)


async def test_an_added_policy_stays_last_before_the_wire_when_notices_have_been_published(
    settings: Settings, wire: Wire
) -> None:
    seen, wires = Seen(), "_AsyncTransportRunner"
    cloud = Cloud(replace(settings, events_topic=f"{wire.url}/api/events"), policies=[seen])
    wire.says(Answer(200, {"name": "phi01"}))
    await cloud.arm.read(ACCOUNT)
    await cloud.publish([EVENT])
    await cloud.arm.read(ACCOUNT)
    await cloud.close()
    assert seen.passed == [("GET", wires), ("POST", wires), ("GET", wires)]
