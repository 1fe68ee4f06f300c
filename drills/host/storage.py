"""The little of Blob and Queue Storage that a host needs, over REST with a shared key.

Source: learn.microsoft.com/rest/api/storageservices, "Authorize with Shared Key".
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from drills.host.settings import EMULATOR, SettingError

VERSION = "2021-12-02"
TIMEOUT = aiohttp.ClientTimeout(total=30)
WELL_KNOWN = (
    "AccountName=devstoreaccount1;"
    # The emulator's account, the same on every machine: learn.microsoft.com/azure/storage/common/storage-use-azurite
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1"
)
_SIGNED = ("content-encoding", "content-language", "content-length", "content-md5", "content-type", "date")
_CONDITIONS = ("if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range")


@dataclass(frozen=True)
class Ask:
    """One request to a service, `blob` or `queue`."""

    service: str
    verb: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What the service answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Storage:
    """One storage account; `SettingError` where the connection string does not name one by key."""

    def __init__(self, connection_string: str, session: aiohttp.ClientSession) -> None:
        parts = _parts(WELL_KNOWN if connection_string.strip().rstrip(";") == EMULATOR else connection_string)
        if not parts.keys() >= {"accountname", "accountkey"}:
            raise SettingError("this host reaches storage by a connection string with AccountName and AccountKey only")
        self.account = parts["accountname"]
        self._key = base64.b64decode(parts["accountkey"])
        self._endpoints = {service: _endpoint(parts, service) for service in ("blob", "queue")}
        self._session = session

    async def send(self, ask: Ask) -> Reply:
        """The reply to one request; `aiohttp.ClientError` or `TimeoutError` where there is none."""
        url = URL(f"{self._endpoints[ask.service]}/{ask.path}").with_query(ask.query)
        headers = {"x-ms-version": VERSION, "x-ms-date": format_datetime(datetime.now(UTC), usegmt=True)}
        headers |= {"Content-Type": "application/octet-stream", **ask.headers}
        headers["Authorization"] = f"SharedKey {self.account}:{self._signature(ask.verb, url, headers, len(ask.body))}"
        async with self._session.request(ask.verb, url, headers=headers, data=ask.body, timeout=TIMEOUT) as response:
            return Reply(response.status, await response.read(), response.headers)

    def _signature(self, verb: str, url: URL, headers: Mapping[str, str], length: int) -> str:
        named = {name.lower(): value for name, value in headers.items()} | {"content-length": str(length or "")}
        standard = [named.get(name, "") for name in (*_SIGNED, *_CONDITIONS)]
        own = [f"{name}:{value}" for name, value in sorted(named.items()) if name.startswith("x-ms-")]
        resource = [f"/{self.account}{url.raw_path}", *(f"{name}:{value}" for name, value in sorted(url.query.items()))]
        text = "\n".join([verb, *standard, *own, *resource])
        return base64.b64encode(hmac.digest(self._key, text.encode(), hashlib.sha256)).decode()


def _parts(connection_string: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in connection_string.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _endpoint(parts: Mapping[str, str], service: str) -> str:
    suffix = parts.get("endpointsuffix", "core.windows.net")
    given = parts.get(f"{service}endpoint", f"https://{parts['accountname']}.{service}.{suffix}").rstrip("/")
    if not urlsplit(given).hostname:
        raise SettingError(f"the {service} endpoint of the connection string is not a URL")
    return given
