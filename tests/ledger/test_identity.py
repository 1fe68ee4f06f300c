"""The ledger with a managed identity over https, against an Azurite that wants tokens and a certificate of its own."""

import asyncio
import re
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
from aiohttp import web

from drills.azurite import PROGRAM, node
from drills.estate.certificates import server_context
from incident.errors import LedgerUnavailable
from incident.settings import Settings
from ledger import Ledger
from tests.ledger.conftest import NOW, draft

READY = re.compile(rb"Azurite (\w+) service is successfully listening at (https://\S+)")


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings that name an Azurite over https, and no credential."""
    _, authority = server_context(tmp_path)
    pem = str(tmp_path / "server.pem")
    ports = [word for service in ("blob", "queue", "table") for word in (f"--{service}Port", "0")]
    flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent", "--oauth", "basic"]
    program = [node(), str(PROGRAM), *flags, *ports, "--cert", pem, "--key", pem]
    environment = {"AZURITE_ACCOUNTS": "secure:c2VjcmV0"}
    running = await asyncio.create_subprocess_exec(*program, stdout=PIPE, stderr=DEVNULL, env=environment, cwd=tmp_path)
    assert running.stdout
    places: dict[bytes, str] = {}
    async with asyncio.timeout(60):
        while len(places) < 3:
            if found := READY.search(await running.stdout.readline()):
                places[found[1]] = f"{found[2].decode()}/secure"
    yield Settings(
        tables=places[b"Table"],
        evidence=places[b"Blob"],
        anchors=places[b"Blob"],
        policy="policy.yaml",
        identity_evidence="client-1",
        ca_bundle=str(authority),
    )
    running.kill()
    await running.communicate()


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


async def test_tables_and_blobs_are_reached_with_the_evidence_identity_over_https(
    secure: Settings, asked: list[dict[str, str]], incident: str
) -> None:
    ledger = await Ledger.open(secure)
    try:
        begun = await ledger.begin(incident, [draft()], state={}, owner="one")
        await ledger.anchors.put(begun.head, at=NOW)
        assert (await ledger.chain(incident)).entries == begun.entries
    finally:
        await ledger.close()
    assert {question["client_id"] for question in asked} == {"client-1"}
    assert {question["resource"] for question in asked} == {"https://storage.azure.com"}


async def test_a_server_that_no_trusted_authority_vouches_for_is_not_spoken_to(
    secure: Settings, asked: list[dict[str, str]]
) -> None:
    strange = Settings(**{**vars(secure), "ca_bundle": ""})
    with pytest.raises(LedgerUnavailable):
        await Ledger.open(strange)
    assert asked
