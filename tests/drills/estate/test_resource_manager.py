import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import Action, cut_after, cut_before, delayed, refused, slow_body, throttled, when
from drills.estate.server import listening
from drills.estate.service import capital, enveloped, flat
from drills.estate.throttling import PRINCIPAL
from drills.estate.wire import RefusalError
from tests.drills.estate.conftest import Clock, Until, Wire

CLOSED = {"properties": {"allowBlobPublicAccess": False}}
LOG = "/subscriptions/00000000-0000-0000-0000-0000000000aa/providers/Microsoft.Insights/eventtypes/management/values"


@pytest.mark.parametrize(
    ("path", "version", "code"),
    [
        ("", "2099-01-01", "NoRegisteredProviderFound"),
        ("", "newest", "InvalidApiVersionParameter"),
        ("", None, "MissingApiVersionParameter"),
        ("/fileServices", "2023-05-01", "InvalidResourceType"),
    ],
)
async def test_versions_and_types_that_do_not_exist_are_refused(
    clinic: Clinic, wire: Wire, path: str, version: str | None, code: str
) -> None:
    _, body, _ = await wire.ask("GET", clinic.account("phistore").id + path, version=version)

    assert body["error"]["code"] == code


async def test_an_unknown_subscription_or_provider_is_refused(clinic: Clinic, wire: Wire) -> None:
    path = clinic.account("phistore").id

    _, foreign, _ = await wire.ask("GET", path.replace("aa/", "cc/"))
    _, provider, _ = await wire.ask("GET", path.replace("Microsoft.Storage", "Contoso.Cakes"))

    assert foreign["error"]["code"] == "SubscriptionNotFound"
    assert provider["error"]["code"] == "InvalidResourceNamespace"


async def test_every_answer_carries_its_ids_and_what_is_left(clinic: Clinic, wire: Wire) -> None:
    mine = str(uuid4())

    _, _, headers = await wire.ask("PATCH", clinic.account("phistore").id, CLOSED, x_ms_client_request_id=mine)

    assert headers["x-ms-client-request-id"] == mine
    assert {"x-ms-request-id", "x-ms-correlation-request-id", "Date"} <= set(headers)
    assert headers["x-ms-ratelimit-remaining-subscription-writes"] == "199"


async def test_an_empty_bucket_says_when_to_come_back(clinic: Clinic, wire: Wire, clock: Clock, estate: Estate) -> None:
    account = clinic.account("phistore")
    for _ in range(int(PRINCIPAL["writes"].size)):
        estate.act("operator", "PUT", f"{account.id}/providers/Microsoft.Authorization/locks/none", {})

    status, body, headers = await wire.ask("PATCH", account.id, CLOSED)
    assert (status, body["error"]["code"], headers["Retry-After"]) == (429, "TooManyRequests", "1")
    clock.passes(milliseconds=100)

    assert (await wire.ask("PATCH", account.id, CLOSED))[0] == 200
    assert (await wire.ask("PATCH", account.id, CLOSED))[0] == 429
    assert (await wire.ask("GET", account.id))[0] == 200


async def test_one_principals_storm_leaves_the_others_their_tokens(clinic: Clinic, estate: Estate) -> None:
    account = clinic.account("phistore")
    for _ in range(250):
        assert estate.act("operator", "GET", account.id).status == 200

    assert estate.act("operator", "GET", account.id).status == 429
    assert estate.act("attacker", "GET", account.id).status == 200


async def test_storage_keeps_a_bucket_of_its_own_for_lists(clinic: Clinic, estate: Estate) -> None:
    containers = f"{clinic.account('phistore').id}/blobServices/default/containers"

    statuses = [estate.act("operator", "GET", containers).status for _ in range(101)]

    assert statuses == [200] * 100 + [429]


async def test_storage_takes_ten_writes_at_once_and_then_ten_a_second(
    clinic: Clinic, estate: Estate, clock: Clock
) -> None:
    account = clinic.account("phistore").id

    def writes(count: int) -> list[int]:
        return [estate.act("operator", "PATCH", account, {"tags": {}}).status for _ in range(count)]

    assert writes(11) == [200] * 10 + [429]
    clock.passes(milliseconds=500)
    assert writes(6) == [200] * 5 + [429]


async def test_faults_strike_the_requests_they_are_meant_for(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    path = clinic.account("phistore").id
    estate.faults.add(when(method="PATCH", path="storageaccounts", nth=1), throttled())
    estate.faults.add(when(method="PATCH", nth=2), refused(409, "StorageAccountOperationInProgress"))
    estate.faults.add(when(method="PATCH", nth=2), refused(503, "ServerBusy", retry_after=3))

    first = await wire.ask("PATCH", path, CLOSED)
    others = [(await wire.ask("PATCH", path, CLOSED))[0] for _ in range(3)]
    estate.faults.clear()

    assert first[0] == 429
    assert "Retry-After" not in first[2]
    assert [first[0], *others] == [429, 200, 409, 503]
    assert (await wire.ask("PATCH", path, CLOSED))[0] == 200


@pytest.mark.parametrize(("cut", "flag"), [(cut_before(), None), (cut_after(), False)])
async def test_a_cut_connection_leaves_the_effect_before_or_after(
    clinic: Clinic, wire: Wire, estate: Estate, cut: Action, flag: bool | None
) -> None:
    account = clinic.account("phistore")
    estate.faults.add(when(method="PATCH"), cut)

    with pytest.raises(aiohttp.ClientError):
        await wire.ask("PATCH", account.id, CLOSED)

    assert account.has("allowBlobPublicAccess") is flag


async def test_a_lie_answers_as_done_and_does_nothing(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    estate.faults.add(when(method="PATCH"), estate.faults.lies())

    status, body, _ = await wire.ask("PATCH", account.id, CLOSED)

    assert (status, body["properties"]["allowBlobPublicAccess"]) == (200, False)
    assert account.has("allowBlobPublicAccess") is True
    assert estate.snapshot() == clinic.before


async def test_slow_faults_still_answer_whole(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    account = clinic.account("phistore")
    estate.faults.add(when(method="GET"), slow_body(timedelta(milliseconds=5)))
    estate.faults.add(when(method="PATCH"), delayed(timedelta(milliseconds=5)))

    assert (await wire.ask("PATCH", account.id, CLOSED))[0] == 200
    assert (await wire.ask("GET", account.id))[1]["properties"]["allowBlobPublicAccess"] is False


async def test_writes_are_found_in_the_activity_log_by_resource_time_and_correlation(
    clinic: Clinic, wire: Wire, clock: Clock
) -> None:
    account, mine = clinic.account("phistore"), str(uuid4())
    await wire.ask("GET", account.id)
    _, _, headers = await wire.ask("PATCH", account.id, CLOSED, x_ms_client_request_id=mine)
    since = f"eventTimestamp ge '{(clock.now - timedelta(hours=1)).isoformat()}'"

    async def found(condition: str) -> list[str]:
        query = f"{since} and {condition}".replace(" ", "%20").replace("+", "%2B")
        url = f"{LOG}?api-version=2015-04-01&$filter={query}"
        _, body, _ = await wire.ask("GET", wire_url(wire, url))
        return [one["httpRequest"]["clientRequestId"] for one in body["value"]]

    assert await found(f"resourceUri eq '{account.id.upper()}'") == [mine]
    assert await found(f"correlationId eq '{headers['x-ms-correlation-request-id']}'") == [mine]
    assert await found("resourceUri eq '/subscriptions/other'") == []


def wire_url(wire: Wire, path: str) -> str:
    return f"{wire._estate.url}{path}"


async def test_the_activity_log_speaks_the_flat_dialect(wire: Wire) -> None:
    status, body, _ = await wire.ask("GET", LOG, version="2015-04-01")

    assert (status, body["code"]) == (400, "BadRequest")


@pytest.fixture
async def inbox() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    received: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        assert request.headers["aeg-event-type"] == "Notification"
        received.extend(await request.json())
        return web.Response(status=500 if len(received) == 1 else 202)

    app = web.Application()
    app.router.add_post("/events", take)
    async with listening(app) as url:
        yield f"{url}/events", received


async def test_event_grid_tells_of_every_write_and_comes_again_after_a_failure(
    clinic: Clinic, wire: Wire, estate: Estate, inbox: tuple[str, list[dict[str, Any]]], until: Until
) -> None:
    account, mine = clinic.account("phistore"), str(uuid4())
    estate.subscribe_events(inbox[0])

    await wire.ask("PATCH", account.id, CLOSED, x_ms_client_request_id=mine)
    await until(lambda: estate.events.is_idle)

    first, again = inbox[1]
    assert first == again
    assert first["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert first["subject"] == account.id
    assert first["data"]["httpRequest"]["clientRequestId"] == mine
    assert first["data"]["operationName"] == "Microsoft.Storage/storageAccounts/write"


async def test_an_attack_from_inside_is_told_too(
    clinic: Clinic, estate: Estate, inbox: tuple[str, list[dict[str, Any]]], until: Until
) -> None:
    account = clinic.account("phistore")
    estate.subscribe_events(inbox[0])

    account.opens_to_anyone(flag=False)
    await until(lambda: estate.events.is_idle)

    assert inbox[1][0]["subject"] == account.container("scans")


async def test_the_topic_takes_cloud_events_from_those_who_may_send(
    estate: Estate, trusting: Callable[[], aiohttp.TCPConnector]
) -> None:
    event = {"id": "1", "source": "tourniquet", "type": "notice", "specversion": "1.0"}

    async def publish(*events: object) -> int:
        token = estate.token("evidence", "https://eventgrid.azure.net")
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(connector=trusting()) as session,
            session.post(estate.topic_url, json=events, headers=headers) as answer,
        ):
            return answer.status

    assert await publish(event) == 403
    estate.grant("evidence", "Microsoft.EventGrid/events/send/action")
    assert await publish(event) == 200
    assert await publish({"id": "2"}) == 400
    assert estate.topic_events == [event]


async def test_sentinel_and_defender_vouch_only_for_what_they_raised(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")
    incident, alert = clinic.incident("public container", account.id), clinic.alert(account.id)

    _, read, _ = await wire.ask("GET", incident["id"], version="2024-03-01")
    _, alerts, _ = await wire.ask("POST", f"{incident['id']}/alerts", version="2024-03-01")
    _, entities, _ = await wire.ask("POST", f"{incident['id']}/entities", version="2024-03-01")
    _, raised, _ = await wire.ask("GET", alert["id"], version="2022-01-01")
    invented, _, _ = await wire.ask("GET", incident["id"] + "0", version="2024-03-01")
    unheard, _, _ = await wire.ask("GET", alert["id"] + "0", version="2022-01-01")

    assert read == incident
    assert alerts["value"][0]["properties"]["resourceIdentifiers"][0]["azureResourceId"] == account.id
    assert entities["entities"][0]["properties"]["resourceId"] == account.id
    assert raised["properties"]["systemAlertId"] == alert["name"]
    assert (invented, unheard) == (404, 404)


async def test_exchanges_are_captured_without_secrets(
    clinic: Clinic, wire: Wire, estate: Estate, tmp_path: Path
) -> None:
    await wire.ask("PATCH", clinic.account("phistore").id, CLOSED)

    assert estate.write_pairs(tmp_path / "pairs.jsonl") == 1
    pair = json.loads((tmp_path / "pairs.jsonl").read_text())
    assert pair["liveRequest"]["method"] == "PATCH"
    assert pair["liveRequest"]["body"] == CLOSED
    assert pair["liveResponse"]["statusCode"] == "200"
    assert "Bearer" not in json.dumps(pair)


def test_errors_come_in_three_dialects() -> None:
    refusal = RefusalError(409, "Conflict", "no")

    assert enveloped(refusal) == {"error": {"code": "Conflict", "message": "no"}}
    assert flat(refusal) == {"code": "Conflict", "message": "no"}
    assert capital(refusal) == {"Code": "Conflict", "Message": "no"}


async def test_what_no_plane_answers_is_not_there(wire: Wire) -> None:
    assert (await wire.ask("GET", "/elsewhere"))[0] == 404
