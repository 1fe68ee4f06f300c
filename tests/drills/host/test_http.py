import asyncio
from typing import Any

import aiohttp
import pytest

from drills.host import HostProcess


async def body_of(session: aiohttp.ClientSession, url: str, **request: Any) -> Any:
    async with session.get(url, **request) as response:
        assert response.status == 200
        return await response.json()


async def status_of(session: aiohttp.ClientSession, method: str, url: str, **request: Any) -> int:
    async with session.request(method, url, **request) as response:
        await response.read()
        return response.status


async def test_a_function_gets_method_url_headers_query_route_and_body(
    host: HostProcess, session: aiohttp.ClientSession
) -> None:
    url = f"{host.url}/api/echo/caf%C3%A9%2Fbar?colour=red&mark=a%26b"

    async with session.post(url, data=b"hello", headers={"X-Ward": "7"}) as response:
        echo = await response.json()

    assert response.headers["content-type"] == "application/json"
    assert echo["method"] == "POST"
    assert echo["url"].startswith(f"{host.url}/api/echo/")
    assert echo["headers"]["x-ward"] == "7"
    assert echo["query"] == {"colour": "red", "mark": "a&b"}
    assert echo["route"] == {"name": "café%2Fbar"}
    assert echo["body"] == "hello"


async def test_the_most_specific_route_wins_and_the_rest_catches_what_is_left(
    host: HostProcess, session: aiohttp.ClientSession
) -> None:
    assert await body_of(session, f"{host.url}/api/echo/literal") == {"function": "literal"}
    assert (await body_of(session, f"{host.url}/api/echo/other"))["route"] == {"name": "other"}
    assert await body_of(session, f"{host.url}/api/items/12") == {"number": "12"}
    assert await body_of(session, f"{host.url}/api/items/twelve") == {"page": "api/items/twelve"}
    assert await body_of(session, f"{host.url}/incidents/a/b") == {"page": "incidents/a/b"}
    assert await body_of(session, f"{host.url}/") == {"page": None}


async def test_literals_of_a_route_match_in_any_case(host: HostProcess, session: aiohttp.ClientSession) -> None:
    assert await body_of(session, f"{host.url}/API/Items/") == {"function": "list_items"}


async def test_functions_share_a_route_by_method(host: HostProcess, session: aiohttp.ClientSession) -> None:
    assert await body_of(session, f"{host.url}/api/items") == {"function": "list_items"}
    async with session.post(f"{host.url}/api/items") as response:
        assert (response.status, response.headers["X-Item"]) == (202, "1")


async def test_a_wrong_method_is_not_found_as_in_azure(host: HostProcess, session: aiohttp.ClientSession) -> None:
    assert await status_of(session, "DELETE", f"{host.url}/api/items") == 404
    assert await status_of(session, "HEAD", f"{host.url}/api/items") == 404


@pytest.mark.parametrize("path", ["/admin/unheard", "/runtime/unheard", "/runtime/webhooks/unheard"])
async def test_routes_of_the_app_never_shadow_those_of_the_host(
    host: HostProcess, session: aiohttp.ClientSession, path: str
) -> None:
    assert await status_of(session, "GET", host.url + path) == 404


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("keyed", None, 401),
        ("keyed", "wrong", 401),
        ("keyed", "system", 401),
        ("keyed", "function", 200),
        ("keyed", "master", 200),
        ("mastered", None, 401),
        ("mastered", "function", 401),
        ("mastered", "master", 200),
    ],
)
async def test_a_level_opens_to_its_keys_alone_by_header_and_by_query(
    host: HostProcess, session: aiohttp.ClientSession, path: str, kind: str | None, status: int
) -> None:
    key = getattr(host.keys, kind, "wrong") if kind else ""
    url = f"{host.url}/api/{path}"

    assert await status_of(session, "GET", url, headers={"x-functions-key": key} if kind else {}) == status
    assert await status_of(session, "GET", url, params={"code": key} if kind else {}) == status


async def test_a_key_that_is_not_text_is_refused_like_any_wrong_one(host: HostProcess) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(host.url.rpartition(":")[2]))
    writer.write(b"GET /api/keyed HTTP/1.1\r\nHost: x\r\nx-functions-key: \xff\xfe\r\nConnection: close\r\n\r\n")

    assert (await reader.readline()).startswith(b"HTTP/1.1 401")

    writer.close()
    await writer.wait_closed()


async def test_fields_sent_twice_are_joined(host: HostProcess, session: aiohttp.ClientSession) -> None:
    headers = [("X-Ward", "7"), ("X-Ward", "8")]

    echo = await body_of(session, f"{host.url}/api/echo/twice?mark=1&mark=2", headers=headers)

    assert (echo["headers"]["x-ward"], echo["query"]) == ("7,8", {"mark": "1,2"})


async def test_no_key_is_ever_logged_or_shown_to_the_app(host: HostProcess, session: aiohttp.ClientSession) -> None:
    await status_of(session, "GET", f"{host.url}/api/keyed", params={"code": host.keys.function})

    for name, key in host.keys.environment().items():
        assert await body_of(session, f"{host.url}/api/setting/{name}") == {"value": None}
        assert key not in host.output


async def test_a_function_that_raises_gives_500_without_a_word_and_logs_its_error(
    host: HostProcess, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{host.url}/api/broken") as response:
        assert (response.status, await response.read()) == (500, b"")

    assert "Executed 'Functions.broken' (Failed" in host.output
    assert "RuntimeError: out of order" in host.output


async def test_a_function_that_returns_nothing_gives_500(host: HostProcess, session: aiohttp.ClientSession) -> None:
    assert await status_of(session, "GET", f"{host.url}/api/nothing") == 500


async def test_a_cookie_keeps_its_attributes(host: HostProcess, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{host.url}/api/cookie") as response:
        cookie = response.cookies["flavour"]

    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("oat", True, "Strict")


async def test_a_function_that_is_not_async_runs_too_and_sees_its_context(
    host: HostProcess, session: aiohttp.ClientSession
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    told = await body_of(session, f"{host.url}/api/sync", headers={"traceparent": trace})

    assert told == {"function": "sync", "trace": trace}


async def test_invocations_of_async_functions_run_side_by_side(
    host: HostProcess, session: aiohttp.ClientSession
) -> None:
    async with asyncio.timeout(20):
        met = await asyncio.gather(*(body_of(session, f"{host.url}/api/meet") for _ in range(2)))

    assert met == [{"met": True}] * 2


async def test_a_body_over_the_limit_is_refused_and_the_host_goes_on(
    host: HostProcess, session: aiohttp.ClientSession
) -> None:
    url = f"{host.url}/api/echo/big"

    assert await status_of(session, "POST", url, data=b"x" * 20_000) == 200
    assert await status_of(session, "POST", url, data=b"x" * 20_001) == 413
    assert await status_of(session, "POST", url, data=b"x") == 200
