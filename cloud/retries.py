"""What is tried again, when, and what becomes of the rest.

It stands in place of azure-core's, which never repeats a bare 429 on PATCH and POST but repeats a key rotation on 503.

| answer | read | PUT, PATCH, DELETE | POST |
|---|---|---|---|
| 429, 409 of a passing conflict | again | again | again |
| 401, the token has expired | again, twice | again, twice | again, twice |
| 408, 500, 502, 503, 504 | again | again | never: Interrupted |
| broken wire | again | never: Interrupted | never: Interrupted |
| 412 and every other 4xx | Refused | Refused | Refused |

A wait that is longer than the budget becomes Postponed: the ledger waits, not the process.
"""

import itertools
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from cloud.clock import Clock, deadline
from cloud.errors import Fault, fault
from cloud.exchange import current
from incident.errors import Interrupted, Postponed, Refused, Throttled, TourniquetError
from incident.redaction import redact_text

CONFLICTS = frozenset(
    [
        "anotheroperationinprogress",
        "concurrentupdate",
        "concurrentupdateerror",
        "referencedresourcenotprovisioned",
        "retryableerror",
        "storageaccountoperationinprogress",
    ]
)
EXPIRED = "expiredauthenticationtoken"  # nothing was done, and a new token is asked for
BROKEN = frozenset([408, 500, 502, 503, 504])
TRIES = 5  # of a read or a state-setting write against a broken service
LATER = timedelta(minutes=1)  # when a read that found nobody is worth another invocation
READ_TIMEOUT = 15  # seconds of silence after which a read is tried again


def pause(found: Fault, *, read: bool, method: str, attempt: int, chance: float) -> float | None:
    """Seconds to wait before the next attempt; None: this was the last."""
    backoff = 2.0 ** min(attempt, 5)
    if found.status == 429:
        return found.wait if found.wait is not None else backoff / 2 * (0.5 + chance)
    if found.status == 409:
        return _conflict(found, backoff, chance)
    if found.status == 401 and found.code.casefold() == EXPIRED:
        return 0.0 if attempt <= 2 else None
    if attempt >= TRIES or not (read or (found.status in BROKEN and method != "POST")):
        return None
    if found.status == 0 or found.status in BROKEN:
        return found.wait if found.wait is not None else backoff / 4 * (0.5 + chance)
    return None


def _conflict(found: Fault, backoff: float, chance: float) -> float | None:
    """2 to 30 seconds for a conflict that passes; a lock does not."""
    if found.code.casefold() not in CONFLICTS:
        return None
    return found.wait if found.wait is not None else min(30.0, backoff * (1 + chance))


class Patience:
    """The retry policy: what comes out is a success, or an error of incident.errors."""

    next: Any

    def __init__(self, clock: Clock, *, reads: bool) -> None:
        self.clock = clock
        self.reads = reads  # everything through this pipeline reads, POST too

    async def send(self, request: Any) -> Any:
        """The first answer below 300."""
        method = request.http_request.method
        read = self.reads or method in ("GET", "HEAD")
        if read:
            request.context.options["read_timeout"] = READ_TIMEOUT
        for attempt in itertools.count(1):
            answer = await self._attempt(request)
            if not isinstance(answer, Fault):
                return answer
            wait = pause(answer, read=read, method=method, attempt=attempt, chance=self.clock.chance())
            if wait is None:
                raise self._end(answer)
            await self._wait(wait, answer)
        raise AssertionError  # pragma: no cover - count() does not end

    async def _attempt(self, request: Any) -> Any:
        from azure.core.exceptions import AzureError, ClientAuthenticationError

        try:
            answer = await self.next.send(request)
            if answer.http_response.status_code >= 300 and not answer.http_response.is_stream_consumed:
                await answer.http_response.read()
        except ClientAuthenticationError as denied:
            raise Refused(f"no token: {_first_line(denied)}", code="NoToken") from denied
        except (AzureError, OSError) as broken:
            return Fault(status=0, code=type(broken).__name__, message=_first_line(broken))
        return self._judged(answer)

    def _judged(self, answer: Any) -> Any:
        response = answer.http_response
        if response.status_code < 300:
            return answer
        found = fault(response.status_code, response.headers, response.content, self.clock.now())
        if (exchange := current()) is not None:
            exchange.answered(broken=found.status in BROKEN)
        return found

    async def _wait(self, wait: float, found: Fault) -> None:
        now = self.clock.now()
        until = now + timedelta(seconds=wait)
        if until <= deadline(now):
            await self.clock.sleep(wait)
            return
        kind = Throttled if found.status == HTTPStatus.TOO_MANY_REQUESTS else Postponed
        raise _unknown(found) or kind(found.text, until=until)

    def _end(self, found: Fault) -> TourniquetError:
        """The error for a fault that is not tried again."""
        if (unknown := _unknown(found)) is not None:
            return unknown
        if found.status and found.status not in BROKEN:
            return found.refusal()
        return Postponed(found.text, until=self.clock.now() + LATER)


def _unknown(found: Fault) -> Interrupted | None:
    """The error for a write that may have been carried out, whatever was answered last."""
    if (exchange := current()) is None or not exchange.in_doubt:
        return None
    return Interrupted(f"the outcome is unknown, read back before repeating ({found.text})")


def _first_line(error: Exception) -> str:
    return redact_text((str(error).splitlines() or [""])[0])[:300]
