import json
import uuid
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from drills.host import HostProcess

if TYPE_CHECKING:
    from tests.drills.host.conftest import Notes


class Delivery:
    """Event Grid, delivering to a function of the sample app."""

    def __init__(self, host: HostProcess, session: aiohttp.ClientSession) -> None:
        self.host = host
        self.session = session

    async def __call__(self, body: Any, **changed: str) -> tuple[int, str]:
        query = {"functionName": "on_event", "code": self.host.keys.system}
        headers = {"aeg-event-type": changed.pop("kind", "Notification")}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.host.url}/runtime/webhooks/eventgrid"
        async with self.session.post(url, params=query | changed, headers=headers, data=data) as response:
            return response.status, await response.text()


@pytest.fixture
def deliver(host: HostProcess, session: aiohttp.ClientSession) -> Delivery:
    return Delivery(host, session)


def event(**data: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "topic": "/subscriptions/s",
        "subject": "/resource",
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-01-02T03:04:05.1234567Z",
        "dataVersion": "2",
        "data": data,
    }


def cloud_event(**data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/s", "type": "clinic.test", "data": data}


async def test_every_event_of_an_array_reaches_the_function(deliver: Delivery, notes: "Notes") -> None:
    events = [event(number=number) for number in range(3)]

    status, _ = await deliver(events)

    assert status == 202
    for sent in events:
        noted = notes("event", id=sent["id"])
        assert [(each["type"], each["data"]) for each in noted] == [(sent["eventType"], sent["data"])]


async def test_a_single_object_is_a_cloud_event(deliver: Delivery, notes: "Notes") -> None:
    sent = cloud_event(ward=7)

    status, _ = await deliver(sent, functionName="on_cloud_event")

    assert status == 202
    assert notes("cloud event", id=sent["id"], type="clinic.test", data={"ward": 7})


async def test_one_failed_event_fails_the_batch_after_all_were_tried(deliver: Delivery, notes: "Notes") -> None:
    events = [event(), event(fails=True), event()]

    status, text = await deliver(events)

    assert (status, text) == (500, "RuntimeError: event refused")
    assert all(notes("event", id=sent["id"]) for sent in events)


async def test_the_subscription_handshake_is_answered_without_calling_the_function(
    deliver: Delivery, notes: "Notes"
) -> None:
    sent = event(validationCode="512d38b6", validationUrl="https://example.invalid/never-called")

    status, text = await deliver([sent], kind="SubscriptionValidation")

    assert (status, json.loads(text)) == (200, {"validationResponse": "512d38b6"})
    assert not notes("event", id=sent["id"])


async def test_a_validation_event_in_cloud_form_carries_its_data_as_text(deliver: Delivery) -> None:
    status, text = await deliver({"data": json.dumps({"validationCode": "77"})}, kind="SubscriptionValidation")

    assert (status, json.loads(text)) == (200, {"validationResponse": "77"})


@pytest.mark.parametrize(("asked", "allowed"), [("eventgrid.azure.us",) * 2, ("evil.example", "eventgrid.azure.net")])
async def test_the_handshake_of_cloud_events_allows_event_grid_alone(
    host: HostProcess, session: aiohttp.ClientSession, asked: str, allowed: str
) -> None:
    query = {"functionName": "on_cloud_event", "code": host.keys.system}
    url = f"{host.url}/runtime/webhooks/eventgrid"
    async with session.options(url, params=query, headers={"WebHook-Request-Origin": asked}) as response:
        assert (response.status, response.headers["WebHook-Allowed-Origin"]) == (200, allowed)


@pytest.mark.parametrize("name", ["unheard", "echo", "on_message", ""])
async def test_a_function_that_is_not_event_grids_is_not_found(deliver: Delivery, name: str) -> None:
    assert await deliver([event()], functionName=name) == (404, f"cannot find function: '{name}'")


@pytest.mark.parametrize("kind", ["function", "wrong"])
async def test_another_key_is_refused(deliver: Delivery, host: HostProcess, notes: "Notes", kind: str) -> None:
    sent = event()

    assert await deliver([sent], code=getattr(host.keys, kind, "wrong")) == (401, "")
    assert not notes("event", id=sent["id"])


async def test_the_master_key_opens_the_webhook_too(deliver: Delivery, host: HostProcess) -> None:
    assert (await deliver([event()], code=host.keys.master))[0] == 202


async def test_a_post_without_its_event_type_is_a_bad_request(
    deliver: Delivery, host: HostProcess, session: aiohttp.ClientSession
) -> None:
    query = {"functionName": "on_event", "code": host.keys.system}
    async with session.post(f"{host.url}/runtime/webhooks/eventgrid", params=query, json=[event()]) as response:
        assert response.status == 400
    assert (await deliver([event()], kind="Gossip"))[0] == 400


async def test_unsubscribing_is_taken_note_of(deliver: Delivery) -> None:
    assert (await deliver(b"", kind="Unsubscribe"))[0] == 202


@pytest.mark.parametrize("body", [b"", b"{", b'"text"', b"\xff", b"3"])
async def test_a_body_that_is_not_events_is_an_error_and_calls_nothing(deliver: Delivery, body: bytes) -> None:
    assert await deliver(body) == (500, "the delivery is not JSON of events")


@pytest.mark.parametrize("body", [[], [{}], [3], [{"data": "x"}], {"data": None}])
async def test_a_validation_without_code_is_an_error(deliver: Delivery, body: Any) -> None:
    status, text = await deliver(body, kind="SubscriptionValidation")

    assert (status, text) == (500, "the validation event has no validationCode")
