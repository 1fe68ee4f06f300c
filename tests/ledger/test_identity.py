"""The ledger with a managed identity over https, against an Azurite that wants tokens and a certificate of its own."""

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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


async def test_tables_and_blobs_are_reached_with_the_evidence_identity_over_https(
    secure: Settings, asked: list[dict[str, str]], incident: str
) -> None:
    ledger = await Ledger.open(secure)
    try:
        await ledger.anchors.blobs.service.create_container("anchors")  # as the deployment does
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
