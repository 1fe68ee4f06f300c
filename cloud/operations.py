"""Long-running operations: one look at a time, so that nobody waits in a process for what the ledger can wait for."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cloud.clients import Clients
from cloud.errors import failure, seconds
from cloud.exchange import REQUEST_ID, Reply, State
from cloud.identity import Tier
from cloud.urls import followed
from incident.errors import Refused

ENDED = {"succeeded": State.SUCCEEDED, "failed": State.FAILED, "canceled": State.FAILED, "cancelled": State.FAILED}
OURS = frozenset(["AuthorizationFailed", "NoToken", "ResourceNotFound"])  # about the look, not about the operation


async def progress(clients: Clients, url: str) -> Reply:
    """The operation's state. A failure that Azure answers as an error is a state too."""
    from azure.core.rest import HttpRequest

    request = HttpRequest("GET", followed(url, hosts=(clients.host,)), headers={"Accept": "application/json"})
    sent = clients.clock.now()
    try:
        response = await clients.thin(Tier.READ).send_request(request)
    except Refused as refused:
        if refused.code in OURS:
            raise
        now = clients.clock.now()
        return Reply(
            status=0, state=State.FAILED, sent_at=sent, acknowledged_at=now, code=refused.code, message=str(refused)
        )
    now, headers = clients.clock.now(), response.headers
    wait = seconds(headers.get("Retry-After"), now)
    body = response.json() if response.content else {}
    state = _state(response.status_code, body)
    code, message = failure(body) if state is State.FAILED else ("", "")
    return Reply(
        status=response.status_code,
        state=state,
        sent_at=sent,
        acknowledged_at=now,
        request_id=request.headers.get(REQUEST_ID, ""),
        service_request_id=headers.get("x-ms-request-id", ""),
        correlation_id=headers.get("x-ms-correlation-request-id", ""),
        poll_url=url if state is State.RUNNING else None,
        retry_after=None if wait is None else timedelta(seconds=wait),
        code=code,
        message=message,
    )


def _state(status: int, body: Any) -> State:
    """`status` of an operation, else `provisioningState` of a resource; neither means done."""
    if status == 202:
        return State.RUNNING
    if not isinstance(body, Mapping):
        return State.SUCCEEDED
    said = body.get("status") or (body.get("properties") or {}).get("provisioningState") or "Succeeded"
    return ENDED.get(str(said).casefold(), State.RUNNING)
