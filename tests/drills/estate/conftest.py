import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDictProxy

from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.trust import trust

type Until = Callable[[Callable[[], bool]], Awaitable[None]]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def estate(clock: Clock) -> AsyncIterator[Estate]:
    async with Estate.serve(clock=clock, delays=Delays(poll=timedelta(0))) as running:
        running.person("operator", "*")
        yield running


@pytest.fixture
def clinic(estate: Estate) -> Clinic:
    return Clinic(estate)


class Wire:
    """Requests to Resource Manager over https, as one principal."""

    def __init__(self, estate: Estate, session: aiohttp.ClientSession) -> None:
        self._estate = estate
        self._session = session
        self.principal = "operator"

    async def ask(
        self, method: str, path: str, body: Any = None, *, version: str | None = "2023-05-01", **headers: str
    ) -> tuple[int, Any, CIMultiDictProxy[str]]:
        query = {} if version is None else {"api-version": version}
        token = headers.pop("authorization", f"Bearer {self._estate.token(self.principal)}")
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | {
            "Authorization": token,
            "Content-Type": "application/json",
        }
        url = path if path.startswith("https:") else f"{self._estate.url}{path}"
        params = None if path.startswith("https:") else query
        async with self._session.request(method, url, json=body, params=params, headers=sent) as answer:
            text = await answer.text()
            return answer.status, (await answer.json() if text else None), answer.headers


@pytest.fixture
async def wire(estate: Estate, trusting: Callable[[], aiohttp.TCPConnector]) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession(connector=trusting()) as session:
        yield Wire(estate, session)


@pytest.fixture
def trusting(estate: Estate) -> Callable[[], aiohttp.TCPConnector]:
    return lambda: aiohttp.TCPConnector(ssl=trust(estate.ca_file))


@pytest.fixture
def until() -> Until:
    async def wait(condition: Callable[[], bool]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        pytest.fail("it never came to pass")

    return wait
