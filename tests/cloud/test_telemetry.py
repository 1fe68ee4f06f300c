"""Telemetry, over https to an ingestion endpoint of ours, from a process of its own."""

import asyncio
import gzip
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from cloud.telemetry import Telemetry
from drills.estate.certificates import server_context

PROGRAM = """
import os
from cloud.telemetry import Telemetry
telemetry = Telemetry()
telemetry.delivered("sentinel", 9.0)
telemetry.start(os.environ)
telemetry.start(os.environ)
telemetry.delivered("sentinel", 0.25)
telemetry.ended("refuse_anonymous_readers", "contained")
telemetry.stop()
telemetry.ended("refuse_anonymous_readers", "contained")
"""


@dataclass
class Ingestion:
    """What was told, and under which token."""

    told: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    async def track(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers["Authorization"])
        body = await request.read()
        lines = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
        self.told += json.loads(lines) if lines.startswith("[") else map(json.loads, lines.splitlines())
        return web.json_response({"itemsReceived": 1, "itemsAccepted": 1, "errors": []})

    async def token(self, request: web.Request) -> web.Response:
        said = {"access_token": "t0ken", "expires_on": "4102444800", "token_type": "Bearer"}
        return web.json_response({**said, "resource": request.query["resource"]})


async def served(app: web.Application, context: ssl.SSLContext | None) -> tuple[web.AppRunner, int]:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return runner, runner.addresses[0][1]


@pytest.fixture
async def ingestion(tmp_path: Path) -> AsyncIterator[tuple[Ingestion, dict[str, str]]]:
    context, authority = server_context(tmp_path)
    ingestion, track, token = Ingestion(), web.Application(), web.Application()
    track.router.add_post("/{version:.*}/track", ingestion.track)
    token.router.add_get("/msi/token", ingestion.token)
    there, port = await served(track, context)
    identity, door = await served(token, None)
    key = "00000000-0000-0000-0000-000000000001"
    yield (
        ingestion,
        {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={key};IngestionEndpoint=https://localhost:{port}/",
            "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "ClientId=client-1;Authorization=AAD",
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
            "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
            "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{door}/msi/token",
            "IDENTITY_HEADER": "header",
            "REQUESTS_CA_BUNDLE": str(authority),
        },
    )
    await there.cleanup()
    await identity.cleanup()


async def test_two_numbers_are_told_under_our_own_words_and_nothing_else(
    ingestion: tuple[Ingestion, dict[str, str]],
) -> None:
    place, environment = ingestion
    ran = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, env={**os.environ, **environment})
    assert await asyncio.wait_for(ran.wait(), 60) == 0

    metrics = {told["data"]["baseData"]["metrics"][0]["name"]: told["data"]["baseData"] for told in place.told}
    assert {name: said["properties"] for name, said in metrics.items()} == {
        "tourniquet.delivery": {"source": "sentinel"},
        "tourniquet.step": {"measure": "refuse_anonymous_readers", "outcome": "contained"},
    }
    assert [said["metrics"][0]["value"] for said in metrics.values()] == [0.25, 1]
    assert set(place.tokens) == {"Bearer t0ken"}


def test_without_a_connection_string_nothing_is_told() -> None:
    telemetry = Telemetry()

    telemetry.start({})

    assert telemetry.provider is None
    telemetry.stop()
