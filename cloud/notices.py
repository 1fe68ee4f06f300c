"""Notices leave as CloudEvents through Event Grid, under the evidence identity."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from cloud.clients import Clients
from incident.errors import Interrupted, Refused
from incident.redaction import redact_text

SECONDS = 20


async def publish(clients: Clients, events: Sequence[Mapping[str, Any]]) -> None:
    """Publish. Whoever repeats after Interrupted keeps the events' ids, so that a consumer sees each once."""
    from azure.core.exceptions import AzureError, HttpResponseError

    if not events:
        return
    if not clients.settings.events_topic:
        raise Refused("no topic is set (TOURNIQUET_EVENTS_TOPIC)", code="NoTopic")
    try:
        async with asyncio.timeout(SECONDS):
            await clients.publisher.send([dict(event) for event in events])
    except HttpResponseError as refused:
        raise Refused(_said(refused), code=f"Http{refused.status_code or ''}") from refused
    except (AzureError, TimeoutError) as broken:
        raise Interrupted(f"the topic did not acknowledge ({_said(broken)})") from broken


def _said(error: Exception) -> str:
    return redact_text((str(error).splitlines() or [""])[0])[:300]
