"""The front of the estate: aiohttp on one side, `Asked` and `Reply` on the other."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from aiohttp import web
from multidict import CIMultiDict

from drills.estate.store import Clock
from drills.estate.wire import Asked, CutError, Reply

type Answer = Callable[[Asked], Awaitable[Reply]]


def application(answer: Answer, clock: Clock) -> web.Application:
    """An application that hands every request to `answer`."""

    async def respond(request: web.Request) -> web.StreamResponse:
        try:
            return await _sent(request, await answer(await heard(request)), clock)
        except CutError:
            return await _cut(request)
        except ConnectionResetError:
            return web.Response(status=499)  # whoever asked did not wait for the answer

    app = web.Application(client_max_size=8 * 2**20)
    app.router.add_route("*", "/{path:.*}", respond)
    return app


async def heard(request: web.Request) -> Asked:
    """The request; a body that is not JSON is kept as text."""
    raw = await request.read()
    return Asked(
        method=request.method,
        path=unquote(request.rel_url.raw_path),
        url=f"{request.scheme}://{request.host}{request.raw_path}",
        query=dict(request.query),
        headers=CIMultiDict(request.headers),
        body=_parsed(raw.decode(errors="replace")),
        raw=raw,
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


async def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


async def _sent(request: web.Request, reply: Reply, clock: Clock) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=_headers(request, reply, clock))
    content = b"" if request.method == "HEAD" else _encoded(reply.body)
    if content or reply.status != 204:
        response.content_length = len(content)
    await response.prepare(request)
    if reply.pace is not None:
        await asyncio.sleep(reply.pace.total_seconds())
    if reply.broken:
        await response.write(content[: len(content) // 2])
        return await _cut(request)
    await response.write(content)
    await response.write_eof()
    return response


def _headers(request: web.Request, reply: Reply, clock: Clock) -> CIMultiDict[str]:
    headers = CIMultiDict({"Date": format_datetime(clock(), usegmt=True), "x-ms-request-id": str(uuid4())})
    if reply.body is not None:
        headers["Content-Type"] = reply.content_type
    if "x-ms-client-request-id" in request.headers:
        headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
    headers.update(reply.headers)
    return headers


def _encoded(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
