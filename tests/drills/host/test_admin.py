import json
import uuid
from typing import TYPE_CHECKING

import aiohttp
import pytest

from drills.host import HostProcess

if TYPE_CHECKING:
    from tests.drills.host.conftest import Notes


class Hand:
    """Starts functions of the sample app by hand."""

    def __init__(self, host: HostProcess, session: aiohttp.ClientSession) -> None:
        self.host = host
        self.session = session

    async def __call__(self, name: str, body: bytes = b"{}", key: str = "master") -> int:
        url = f"{self.host.url}/admin/functions/{name}"
        headers = {"x-functions-key": getattr(self.host.keys, key, "wrong")}
        async with self.session.post(url, data=body, headers=headers) as response:
            return response.status


@pytest.fixture
def start(host: HostProcess, session: aiohttp.ClientSession) -> Hand:
    return Hand(host, session)


async def test_a_timer_starts_by_hand_and_is_not_past_due(start: Hand, notes: "Notes") -> None:
    before = len(notes("nightly"))

    assert await start("nightly", b'{"input": ""}') == 202
    assert [noted["past_due"] for noted in (await notes.until("nightly", times=before + 1))[before:]] == [False]


async def test_a_function_whose_trigger_is_switched_off_still_starts_by_hand(start: Hand, notes: "Notes") -> None:
    assert await start("switched_off") == 202
    assert await notes.until("switched off")


async def test_a_queue_function_gets_the_input_as_its_message(start: Hand, notes: "Notes") -> None:
    assert await start("on_message", json.dumps({"input": "by hand"}).encode()) == 202
    assert await notes.until("message", body="by hand", count=1, aware=True)


async def test_an_event_grid_function_gets_the_input_as_its_event(start: Hand, notes: "Notes") -> None:
    event = {"id": str(uuid.uuid4()), "eventType": "t", "eventTime": "2026-01-02T03:04:05Z", "data": {"a": 1}}

    assert await start("on_event", json.dumps({"input": json.dumps(event)}).encode()) == 202
    assert await notes.until("event", id=event["id"], data={"a": 1})


@pytest.mark.parametrize("key", ["function", "system", "wrong"])
async def test_only_the_master_key_starts_a_function(start: Hand, key: str) -> None:
    assert await start("nightly", key=key) == 401


async def test_a_function_that_is_not_there_is_not_found(start: Hand) -> None:
    assert await start("unheard") == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
async def test_a_body_that_is_not_an_object_is_a_bad_request(start: Hand, body: bytes) -> None:
    assert await start("nightly", body) == 400


async def test_an_http_function_is_called_by_its_route_instead(start: Hand) -> None:
    assert await start("echo") == 400
