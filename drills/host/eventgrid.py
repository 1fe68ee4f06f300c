"""The webhook to which Event Grid delivers.

It behaves as Microsoft's extension does: the handshakes of both schemas, events of a batch in parallel, and 500 for the
whole batch if one of them failed.
Source: azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.EventGrid, HttpRequestProcessor and ProcessEventsAsync.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from drills.host.keys import Keys
from drills.host.worker import Function, TypedData, invoke

TRIGGER = "eventGridTrigger"
PATH = "/runtime/webhooks/eventgrid"
ORIGINS = (
    "eventgrid.azure.net",
    "eventgrid.azure.us",
    "eventgrid.azure.cn",
    "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
)


class EventGridWebhook:
    """Every Event Grid function of an app, by name."""

    def __init__(self, functions: Iterable[Function], *, keys: Keys) -> None:
        self.functions = {function.name: function for function in functions}
        self.keys = keys

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """202 when every event was taken; anything else makes Event Grid deliver the batch again or give up."""
        if not self.keys.admits("system", request):
            return web.Response(status=401)
        name = request.query.get("functionName", "")
        function = self.functions.get(name)
        if function is None:
            return web.Response(status=404, text=f"cannot find function: '{name}'")
        if request.method == "OPTIONS":
            return _allowed(request.headers.get("WebHook-Request-Origin"))
        return await _delivered(function, request)


async def _delivered(function: Function, request: web.BaseRequest) -> web.Response:
    kind = request.headers.get("aeg-event-type", "").lower()
    if kind == "unsubscribe":
        return web.Response(status=202)
    if kind not in {"notification", "subscriptionvalidation"}:
        return web.Response(status=400)
    try:
        events = _events(await request.read())
    except ValueError:
        return web.Response(status=500, text="the delivery is not JSON of events")
    return await _notified(function, events) if kind == "notification" else _validated(events)


def _events(body: bytes) -> list[Any]:
    """An array is the Event Grid schema, one object the CloudEvents schema."""
    content = json.loads(body)
    if isinstance(content, dict):
        return [content]
    if isinstance(content, list):
        return content
    raise ValueError("neither an array nor an object")


async def _notified(function: Function, events: list[Any]) -> web.Response:
    outcomes = await asyncio.gather(*(invoke(function, typed(json.dumps(event))) for event in events))
    failed = next((outcome.error for outcome in outcomes if outcome.error is not None), None)
    return web.Response(status=202) if failed is None else web.Response(status=500, text=failed)


def _validated(events: list[Any]) -> web.Response:
    try:
        data = events[0]["data"]
        code = (json.loads(data) if isinstance(data, str) else data)["validationCode"]
    except (ValueError, KeyError, TypeError, IndexError):
        return web.Response(status=500, text="the validation event has no validationCode")
    return web.json_response({"validationResponse": code})


def _allowed(origin: str | None) -> web.Response:
    known = origin if origin in ORIGINS else ORIGINS[0]
    return web.Response(headers={"WebHook-Allowed-Origin": known})


def typed(event: str) -> TypedData:
    """An event, as JSON text, in the form the worker decodes."""
    return TypedData(json=event)
