"""A proxy between the ledger and Azurite that makes Table Storage hostile."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

WRITES = ("POST", "PUT", "PATCH", "MERGE", "DELETE")
KEPT_OUT = ("transfer-encoding", "content-length", "connection")


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What happens to a request. Status 0: no answer comes; `arrives`: it is carried out all the same."""

    status: int = 0
    code: str = "Trouble"
    arrives: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Proxy:
    """Forwards to `target`; the next `times` requests of `methods` whose path ends in `path` meet the trouble."""

    target: str
    session: aiohttp.ClientSession
    trouble: Trouble = Trouble()
    times: int = 0
    methods: tuple[str, ...] = WRITES
    path: str = ""
    url: str = ""

    @classmethod
    @asynccontextmanager
    async def before(cls, target: str) -> AsyncIterator[Self]:
        """A proxy before an account's table endpoint, on a port of its own."""
        async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Content-Type"]) as session:
            proxy = cls(target, session)
            server = web.ServerRunner(web.Server(proxy.answer), shutdown_timeout=0.1)
            await server.setup()
            try:
                await web.TCPSite(server, "127.0.0.1", 0).start()
                proxy.url = f"http://127.0.0.1:{server.addresses[0][1]}{urlsplit(target).path}"
                yield proxy
            finally:
                await server.cleanup()

    def strikes(self, trouble: Trouble, times: int, *methods: str, path: str = "") -> None:
        self.trouble, self.times, self.methods, self.path = trouble, times, methods or WRITES, path

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        struck = self.times > 0 and request.method in self.methods and request.path.endswith(self.path)
        self.times -= struck
        if struck and not self.trouble.arrives:
            return self._troubled(request)
        there = urlsplit(self.target)
        url = f"{there.scheme}://{there.netloc}{request.raw_path}"
        headers = {name: value for name, value in request.headers.items() if name.lower() not in KEPT_OUT}
        body = await request.read()
        async with self.session.request(request.method, URL(url, encoded=True), data=body, headers=headers) as reply:
            content = await reply.read()
        if struck:
            return self._troubled(request)
        kept = {name: value for name, value in reply.headers.items() if name.lower() not in KEPT_OUT}
        return web.Response(status=reply.status, body=content, headers=kept)

    def _troubled(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self.trouble.status:
            if request.transport:
                request.transport.abort()
            return web.Response(status=499)
        said = {"odata.error": {"code": self.trouble.code, "message": {"lang": "en-US", "value": "as it is"}}}
        return web.json_response(said, status=self.trouble.status, headers=dict(self.trouble.headers))
