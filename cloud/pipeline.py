"""What every request to Resource Manager passes: the gate first, then patience, turnstile and token, departure last."""

import logging
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from cloud.clock import Clock, deadline
from cloud.errors import seconds
from cloud.exchange import REQUEST_ID, Exchange, Reply, State, current
from cloud.urls import blob_endpoint, followed, vault_address
from cloud.versions import repinned
from incident.errors import Interrupted, Postponed, Refused

log = logging.getLogger(__name__)
AGENT = "tourniquet"
SAFE = ("GET", "HEAD")


class Gate:
    """Only to Resource Manager; a write only inside an exchange, and only one; each with its id and pinned version."""

    next: Any

    def __init__(self, host: str, clock: Clock, *, writes: bool, version: str = "") -> None:
        self.host = host
        self.clock = clock
        self.writes = writes
        self.version = version

    async def send(self, request: Any) -> Any:
        """The answer of the next policy; inside an exchange it is noted there too."""
        http, exchange = request.http_request, current()
        self.admit(http.url)
        if self.version:
            http.url = repinned(http.url, self.version)
        http.headers["User-Agent"] = AGENT
        if exchange is None:
            return await self._aside(request)
        if not self.writes:
            raise RuntimeError("a send makes one write and reads nothing: reads belong to read and verify")
        exchange.take(http)
        http.headers[REQUEST_ID] = exchange.request_id
        answer = await self.next.send(request)
        exchange.reply = reply_of(answer.http_response, exchange, self.host, self.clock)
        return answer

    def admit(self, url: str) -> None:
        """Refused for a URL that does not lead to Resource Manager."""
        followed(url, hosts=(self.host,))

    async def _aside(self, request: Any) -> Any:
        if self.writes and request.http_request.method not in SAFE:
            raise RuntimeError("a write leaves only through Cloud.perform")
        request.http_request.headers[REQUEST_ID] = str(uuid4())
        return await self.next.send(request)


class BlobGate(Gate):
    """The same for the blob endpoints of storage accounts."""

    def admit(self, url: str) -> None:
        """Refused for a URL that does not lead to a blob endpoint."""
        blob_endpoint(url, simulated=self.host.rpartition(":")[0])


class VaultGate(Gate):
    """The same for the addresses of key vaults."""

    def admit(self, url: str) -> None:
        """Refused for a URL that does not lead to a key vault."""
        vault_address(url, simulated=self.host.rpartition(":")[0])


class GraphGate(Gate):
    """The same for Microsoft Graph, which knows the request's id by another name."""

    async def send(self, request: Any) -> Any:
        """The answer of the next policy; a write's id goes out as `client-request-id`."""
        if (exchange := current()) is not None and self.writes:
            request.http_request.headers["client-request-id"] = exchange.request_id
        return await super().send(request)


class Departure:
    """The last step before the wire: from here on a write is in doubt until Azure has answered. Writes the log line."""

    next: Any

    def __init__(self, clock: Clock, *, writes: bool) -> None:
        self.clock = clock
        self.writes = writes

    async def send(self, request: Any) -> Any:
        """The answer, logged by method, path, status and ids: never a query, a body or a token."""
        if (exchange := current() if self.writes else None) is not None:
            exchange.leave(self._in_time(exchange))
        began = perf_counter()
        answer = await self.next.send(request)
        http, response = request.http_request, answer.http_response
        log.info(
            "%s %s: %s in %.0f ms, request %s, correlation %s",
            http.method,
            urlsplit(http.url).path,
            response.status_code,
            (perf_counter() - began) * 1000,
            http.headers.get(REQUEST_ID),
            response.headers.get("x-ms-correlation-request-id"),
        )
        return answer

    def _in_time(self, exchange: Exchange) -> datetime:
        """The moment. A process that slept past the call's time sends nothing: another may hold the incident by now."""
        now = self.clock.now()
        if now <= (until := deadline(now)):
            return now
        if exchange.in_doubt:
            raise Interrupted("the outcome is unknown, read back before repeating (the call's time is over)")
        raise Postponed("nothing was sent: the call's time was over before it could leave", until=until)


def reply_of(response: Any, exchange: Exchange, host: str, clock: Clock) -> Reply:
    """What is kept of an acknowledgement. A poll URL that may not be followed is dropped: proof must do without."""
    now, headers = clock.now(), response.headers
    asynchronous = headers.get("Azure-AsyncOperation") or (
        headers.get("Location") if response.status_code == 202 else None
    )
    wait = seconds(headers.get("Retry-After"), now)
    return Reply(
        status=response.status_code,
        state=State.RUNNING if asynchronous or response.status_code == 202 else State.SUCCEEDED,
        sent_at=exchange.sent_at or now,
        acknowledged_at=now,
        request_id=exchange.request_id,
        service_request_id=headers.get("x-ms-request-id") or headers.get("request-id", ""),
        correlation_id=headers.get("x-ms-correlation-request-id", ""),
        attempts=exchange.attempts,
        etag=headers.get("ETag"),
        poll_url=_poll_url(asynchronous, host),
        retry_after=None if wait is None else timedelta(seconds=wait),
    )


def _poll_url(url: str | None, host: str) -> str | None:
    try:
        return followed(url, hosts=(host,)) if url else None
    except Refused as foreign:
        log.warning("a poll URL was dropped: %s", foreign)
        return None
