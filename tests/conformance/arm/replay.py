"""A genuine recording, answered at the wire again, for production's own `cloud.Cloud`.

    async with Replay.of("storage-account-update", "test_storage_account_with_shared_key_access.json") as replay:
        before = await replay.cloud().arm.read(replay.resource)

What was recorded is served as it was, but for two things: addresses of Azure become addresses of the replay, and what
was to be waited for is ready at once.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from cloud import Cloud
from drills.estate.certificates import shared_context
from drills.estate.server import listening
from incident.resource import ResourceId
from incident.settings import Settings
from tests.conformance.arm.exchange import Exchange, Json, lower, path_of
from tests.conformance.arm.material import recorded
from tests.conformance.arm.operations import POINTERS
from tests.conformance.arm.recordings import Recording

_AZURE = re.compile(r"https://(?:management\.azure|graph\.microsoft)\.com(?=/)")
_BLOBS = re.compile(r"https://([a-z0-9-]+)\.blob\.core\.windows\.net/")
_NEVER_EXPIRES = {"access_token": "replayed", "expires_on": "4102444800", "token_type": "Bearer"}
_HEADER = "replayed"


@dataclass
class Tape:
    """The exchanges in order. Reads never run ahead of a recorded write; writes come in the order of the recording."""

    exchanges: Sequence[Exchange]
    _at: int = 0
    _last: dict[str, Exchange] = field(default_factory=dict)

    def play(self, method: str, path: str) -> Exchange | None:
        """The exchange that answers; None where the recording holds none here.

        A resource is read back as it was last answered once its recorded reads are used up.
        """
        for at in range(self._at, len(self.exchanges)):
            one = self.exchanges[at]
            if (one.method, one.path) == (method, path):
                return self._played(at)
            if one.is_write:
                break
        return self._last.get(path) if method == "GET" else None

    def _played(self, at: int) -> Exchange:
        one, self._at = self.exchanges[at], at + 1
        if one.succeeded and one.reply is not None and one.method != "POST":
            self._last[one.path] = one
        return one

    def state(self, path: str) -> Json:
        """The properties of a resource as they were last answered; empty where it was not."""
        last = self._last.get(path)
        return dict(last.reply.get("properties") or {}) if last else {}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request of the client. `recorded` is the exchange that answered it; None: nothing recorded fits."""

    method: str
    path: str
    version: str
    headers: Mapping[str, str]
    body: Any
    recorded: Exchange | None

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


class Replay:
    """One recording at the wire: `sent` is what the client asked of Resource Manager, in order."""

    def __init__(self, recording: Recording, exchanges: Sequence[Exchange]) -> None:
        self.insert(recording, exchanges)
        self.url = ""
        self.ca_file = ""
        self._closing = AsyncExitStack()

    @classmethod
    @asynccontextmanager
    async def of(cls, group: str, file: str, *, first: int = 0) -> AsyncIterator[Self]:
        """The recording `group/file` from the exchange with the recorded number `first` on, until the block ends."""
        recording = Recording.read(recorded() / group / file)
        replay = cls(recording, [one for one in recording.exchanges if one.number >= first])
        async with replay._running():
            yield replay

    def insert(self, recording: Recording, exchanges: Sequence[Exchange]) -> None:
        """Another recording in place of the last one; what was sent is forgotten."""
        self.recording = recording
        self.tape = Tape(exchanges)
        self.sent: list[Sent] = []

    @property
    def resource(self) -> ResourceId:
        """The resource of the first exchange that names one."""
        one = next(one for one in self.tape.exchanges if one.is_of_resource)
        return ResourceId.parse(one.url.partition("?")[0].partition("management.azure.com")[2])

    @property
    def writes(self) -> list[Sent]:
        return [one for one in self.sent if one.is_write]

    @property
    def unrecorded(self) -> list[Sent]:
        """What the client asked and the recording does not hold; a test of a measure wants it empty."""
        return [one for one in self.sent if one.recorded is None]

    def settings(self) -> Settings:
        """The settings of a responder whose Azure is this replay."""
        return Settings(
            tables="unused",
            evidence="unused",
            policy="unused",
            arm_url=self.url,
            graph_url=self.url,
            ca_bundle=self.ca_file,
        )

    def cloud(self, **options: Any) -> Cloud:
        """Production's door to Azure, closed with the replay. `options` are those of `Cloud`."""
        cloud = Cloud(self.settings(), **options)
        self._closing.push_async_callback(cloud.close)
        return cloud

    def here(self, reply: Any) -> Any:
        """A recorded body with Azure's addresses turned into the replay's."""
        text = _AZURE.sub(self.url, json.dumps(reply))
        return json.loads(_BLOBS.sub(rf"{self.url}/blob/\1/", text))

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        tls, ca = shared_context()
        self.ca_file = str(ca)
        async with listening(_application(self._answer), tls) as self.url, listening(_application(_token)) as identity:
            with _environment(IDENTITY_ENDPOINT=f"{identity}/msi/token", IDENTITY_HEADER=_HEADER):
                async with self._closing:
                    yield

    async def _answer(self, request: web.Request) -> web.Response:
        if request.path.startswith("/blob/"):
            return self._stranger(request)
        text = await request.text()
        path = path_of(str(request.rel_url))
        answer = self.tape.play(request.method, path)
        self.sent.append(
            Sent(
                method=request.method,
                path=path,
                version=request.query.get("api-version", ""),
                headers=lower(request.headers),
                body=json.loads(text) if text else None,
                recorded=answer,
            )
        )
        return self._replayed(answer) if answer else _not_recorded(request)

    def _replayed(self, one: Exchange) -> web.Response:
        headers = {name: _AZURE.sub(self.url, value) for name, value in one.reply_headers.items()}
        content = b"" if one.reply is None else json.dumps(self.here(one.reply)).encode()
        kept = {name: value for name, value in headers.items() if name != "content-length"}
        if any(name in kept for name in POINTERS):
            kept["retry-after"] = "0"
        return web.Response(status=one.status, headers=kept, body=content or None)

    def _stranger(self, request: web.Request) -> web.Response:
        """A list without credential: refused by the flag of the account, else as if there was no container."""
        account = request.path.split("/")[2]
        states = (
            self.tape.state(one.path) for one in self.tape.exchanges if one.path.endswith(f"/storageaccounts/{account}")
        )
        closed = any(state.get("allowBlobPublicAccess") is False for state in states)
        status, code = (409, "PublicAccessNotPermitted") if closed else (404, "ResourceNotFound")
        return web.Response(status=status, headers={"x-ms-error-code": code})


async def _token(request: web.Request) -> web.Response:
    """The managed-identity endpoint of App Service."""
    if request.headers.get("X-IDENTITY-HEADER") != _HEADER:
        return web.json_response({"statusCode": 403, "message": "Unauthorized"}, status=403)
    return web.json_response(_NEVER_EXPIRES | {"resource": request.query["resource"]})


def _not_recorded(request: web.Request) -> web.Response:
    message = f"The recording does not hold {request.method} {request.path} at this point."
    return web.json_response({"error": {"code": "NotRecorded", "message": message}}, status=501)


def _application(answer: Any) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


@contextmanager
def _environment(**variables: str) -> Any:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
