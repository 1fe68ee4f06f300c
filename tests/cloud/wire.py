"""A Resource Manager that says what it was told to say, over https with its own CA; and a clock that does not wait."""

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cloud.clock import Clock

TOKEN = "token-that-is-nobodys"
START = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for 127.0.0.1 and localhost, and the file of the CA that signed it."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    ca = _builder(ca_name, ca_name, ca_key)
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = ca.add_extension(usage, critical=True).sign(ca_key, hashes.SHA256())
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), ca_name, key)
    leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    signed = leaf.add_extension(identifier, critical=False).sign(ca_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(root.public_bytes(pem))
    (folder / "server.pem").write_bytes(private + signed.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return context, str(folder / "ca.pem")


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), now - dt.timedelta(1), now + dt.timedelta(1)
    )


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire."""

    method: str
    url: str  # path and query
    headers: dict[str, str]
    body: bytes
    peer: object

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the wire says next. `cut`: close the connection without a word."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class Wire:
    """Answers from a list, in order; the last one again and again. Keeps what came in."""

    def __init__(self, context: ssl.SSLContext, ca_file: str) -> None:
        self.context = context
        self.ca_file = ca_file
        self.answers: deque[Answer] = deque()
        self.received: list[Received] = []
        self.tokens: list[str] = []  # queries that asked for one
        self.token_status = 200
        self.url = ""
        self.identity = ""

    def says(self, *answers: Answer) -> None:
        self.answers.extend(answers)

    async def start(self) -> None:
        self.site = web.AppRunner(self._app(self._answer), access_log=None, shutdown_timeout=0.1)
        self.tokens_site = web.AppRunner(self._app(self._token), access_log=None, shutdown_timeout=0.1)
        self.url = f"https://127.0.0.1:{await self._listen(self.site, self.context)}"
        self.identity = f"http://127.0.0.1:{await self._listen(self.tokens_site, None)}/msi/token"

    async def stop(self) -> None:
        await self.site.cleanup()
        await self.tokens_site.cleanup()

    def _app(self, answer: object) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)  # type: ignore[arg-type]  # both handlers are of one shape
        return app

    async def _listen(self, runner: web.AppRunner, context: ssl.SSLContext | None) -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        return int(runner.addresses[0][1])

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body, peer = await request.read(), request.transport and request.transport.get_extra_info("peername")
        self.received.append(Received(request.method, request.path_qs, dict(request.headers), body, peer))
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if answer.cut and request.transport is not None:
            request.transport.abort()
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body or {}).encode()
        headers = {"Content-Type": "application/json", **answer.headers}
        return web.Response(status=answer.status, body=content, headers=headers)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.tokens.append(request.query_string)
        body = {"access_token": TOKEN, "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"}
        return web.json_response(body if self.token_status == 200 else {"error": "no"}, status=self.token_status)


class Quick(Clock):
    """Sleeping takes no time, and is remembered. Those who sleep at the same time do not sleep one after the other."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def now(self) -> dt.datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.time + dt.timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self.time = max(self.time, until)

    def chance(self) -> float:
        return 0.5


class Cutter:
    """A TCP proxy that forwards what the client sends, lets answers through, and from a moment on cuts instead."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cutting = False
        self.tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        self.server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        return f"https://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()

    async def _meet(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        there_in, there_out = await asyncio.open_connection("127.0.0.1", self.port)
        ways = ((client_in, there_out, client_out), (there_in, client_out, client_out))
        for index, way in enumerate(ways):
            task = asyncio.create_task(self._carry(*way, back=bool(index)))
            self.tasks.add(task)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, client: asyncio.StreamWriter, *, back: bool
    ) -> None:
        try:
            while data := await source.read(65536):
                if back and self.cutting:
                    break
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            if back and self.cutting:
                client.transport.abort()
            sink.close()
