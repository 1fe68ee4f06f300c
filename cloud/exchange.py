"""One write: the request as it will be sent, the reply as it was kept, and what is known in between."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from incident.redaction import redact, redact_text

KEPT = ("content-type", "if-match", "if-none-match", "x-ms-blob-public-access")
REQUEST_ID = "x-ms-client-request-id"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request before identity and transport add their part. `content` is the body, byte for byte."""

    method: str
    url: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, http: Any) -> Self:
        """What an azure.core.rest.HttpRequest would send."""
        raw = http.content or b""
        return cls(
            method=http.method,
            url=http.url,
            content=raw if isinstance(raw, bytes) else str(raw).encode(),
            headers={name.casefold(): value for name, value in http.headers.items() if name.casefold() in KEPT},
        )

    @property
    def path(self) -> str:
        """The path: what is called, without the version."""
        return urlsplit(self.url).path

    @property
    def api_version(self) -> str:
        """The api-version of the query; empty where there is none."""
        return parse_qs(urlsplit(self.url).query).get("api-version", [""])[0]

    @property
    def body(self) -> Any:
        """The body as JSON, or as text where it is none; None where there is no body."""
        try:
            return json.loads(self.content) if self.content else None
        except ValueError:
            return self.content.decode(errors="replace")

    def as_row(self) -> dict[str, Any]:
        """The request as the ledger keeps it: redacted, with the SHA-256 of the exact body."""
        return {
            "method": self.method,
            "url": redact_text(self.url),
            "apiVersion": self.api_version,
            "headers": dict(self.headers),
            "body": redact(self.body),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }


class State(StrEnum):
    """How far a write, or a long-running operation, is."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An acknowledgement. It never holds the body: some bodies are keys. Times are aware UTC."""

    status: int
    state: State
    sent_at: datetime
    acknowledged_at: datetime
    request_id: str = ""  # ours: x-ms-client-request-id
    service_request_id: str = ""  # x-ms-request-id
    correlation_id: str = ""  # x-ms-correlation-request-id
    attempts: int = 1
    etag: str | None = None
    poll_url: str | None = None
    retry_after: timedelta | None = None
    code: str = ""  # of a failed operation
    message: str = ""

    def as_row(self) -> dict[str, Any]:
        """The reply as the ledger keeps it."""
        return {
            "status": self.status,
            "state": self.state.value,
            "sentAt": self.sent_at.isoformat(),
            "acknowledgedAt": self.acknowledged_at.isoformat(),
            "clientRequestId": self.request_id,
            "requestId": self.service_request_id,
            "correlationId": self.correlation_id,
            "attempts": self.attempts,
            "etag": self.etag,
            "pollUrl": redact_text(self.poll_url) if self.poll_url else None,
            "code": self.code,
            "message": self.message,
        }


class Rehearsed(Exception):  # noqa: N818 - no error: it carries a rehearsal out of the pipeline before anything is sent
    """The request is known; nothing was sent."""


@dataclass
class Exchange:
    """What is known of one write while it is made. `in_doubt`: it may have reached Azure and no answer denies it."""

    request_id: str
    rehearsal: bool = False
    request: Request | None = None
    reply: Reply | None = None
    in_doubt: bool = False
    was_broken: bool = False
    sent_at: datetime | None = None
    attempts: int = 0

    def take(self, http: Any) -> None:
        """Note the one request of this exchange. RuntimeError for another one: a call makes ONE write."""
        if self.request is not None:
            raise RuntimeError(
                f"a call makes one write, this one wants another: {http.method} {urlsplit(http.url).path}"
            )
        self.request = Request.of(http)
        if self.rehearsal:
            raise Rehearsed

    def leave(self, now: datetime) -> None:
        """Note that the request goes out."""
        self.in_doubt, self.sent_at = True, now
        self.attempts += 1

    def answered(self, *, broken: bool) -> None:
        """Note an answer that is no success. A clear refusal ends the doubt, unless an earlier attempt left one."""
        self.was_broken = self.was_broken or broken
        self.in_doubt = self.was_broken

    @contextmanager
    def open(self) -> Iterator[None]:
        """Inside, whatever leaves through the contain identity belongs to this exchange."""
        token = _EXCHANGE.set(self)
        try:
            yield
        finally:
            _EXCHANGE.reset(token)


_EXCHANGE: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def current() -> Exchange | None:
    """The exchange that is open here."""
    return _EXCHANGE.get()
