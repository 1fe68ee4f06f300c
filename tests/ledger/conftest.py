"""A real Azurite for the session, and ledgers on it."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

import jwt
import pytest
from aiohttp import web

from drills.azurite import Azurite
from incident.entry import Draft
from incident.settings import Settings
from ledger import Envelope, Ledger, LocalSigner, LocalWrapping

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Opens(Protocol):
    """`async with opened() as ledger`, with Ledger.open's own keywords."""

    def __call__(self, **options: Any) -> AbstractAsyncContextManager[Ledger]: ...


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite.run() as running:
        yield running


@pytest.fixture
def settings(azurite: Azurite) -> Settings:
    place = azurite.connection_string
    return Settings(tables=place, evidence=place, anchors=place, policy="policy.yaml")


@pytest.fixture(scope="session")
def signer() -> LocalSigner:
    return LocalSigner.fresh()


@pytest.fixture
def opened(settings: Settings, signer: LocalSigner) -> Opens:
    @asynccontextmanager
    async def opening(**options: Any) -> AsyncIterator[Ledger]:
        given = {"signer": signer, "envelope": Envelope(LocalWrapping(bytes(32))), **options}
        ledger = await Ledger.open(settings, **given)
        try:
            yield ledger
        finally:
            await ledger.close()

    return opening


@pytest.fixture
async def ledger(opened: Opens) -> AsyncIterator[Ledger]:
    async with opened() as ledger:
        yield ledger


@pytest.fixture
def incident() -> str:
    return f"inc-{uuid4().hex[:12]}"


def draft(kind: str = "noted", **body: Any) -> Draft:
    return Draft(kind=kind, at=NOW, body=body)


@pytest.fixture
async def asked(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[dict[str, str]]]:
    """A managed-identity endpoint as App Service has it, and what it was asked."""
    questions: list[dict[str, str]] = []

    async def token(request: web.Request) -> web.Response:
        assert request.headers["X-IDENTITY-HEADER"] == "header"
        questions.append(dict(request.query))
        now = int(time.time())
        times = {"iat": now, "nbf": now - 60, "exp": now + 3600}
        claims = {"iss": "https://sts.windows.net/t/", "aud": "https://storage.azure.com", **times}
        signed = jwt.encode(claims, "k" * 32, algorithm="HS256")
        return web.json_response(
            {
                "access_token": signed,
                "expires_on": str(now + 3600),
                "resource": request.query["resource"],
                "token_type": "Bearer",
            }
        )

    app = web.Application()
    app.router.add_get("/msi/token", token)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{runner.addresses[0][1]}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    yield questions
    await runner.cleanup()
