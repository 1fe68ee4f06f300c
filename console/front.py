"""From a request to what the desk is asked: the parts, the person, the body, with a clear error for anything else."""

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

import azure.functions as func

from console.problems import BadRequest
from desk import exercises
from desk.parts import Parts
from desk.who import Door, platform_signs_in
from incident.person import Person, Role
from incident.quarter import Quarter

SOURCES = ("sentinel", "defender", "monitor", "eventgrid")
LARGEST = 4 * 1024 * 1024
EVENT_GRID = "eventgrid.azure.net"

_assembled: asyncio.Task[tuple[Parts, Door]] | None = None


async def _all() -> tuple[Parts, Door]:
    """The parts and the door, made on first use; a failure is tried again by the next who asks."""
    global _assembled  # noqa: PLW0603 - a function app has no other place that outlives an invocation
    if _assembled is None or (_assembled.done() and (_assembled.cancelled() or _assembled.exception())):
        _assembled = asyncio.create_task(_assemble())
    return await asyncio.shield(_assembled)


async def _assemble() -> tuple[Parts, Door]:
    from desk.wiring import assemble

    assembled = await assemble(os.environ)
    platform = platform_signs_in(os.environ)
    return assembled, Door(settings=assembled.settings, cloud=assembled.cloud, platform=platform)


async def parts() -> Parts:
    """The parts."""
    return (await _all())[0]


async def admit(request: func.HttpRequest, *roles: Role) -> Person:
    """The person who asks, if a token shows one of the roles."""
    door = (await _all())[1]
    principal = request.headers.get("X-MS-CLIENT-PRINCIPAL")
    return await door.admit(request.headers.get("Authorization"), *roles, principal=principal)


async def delivered_by(request: func.HttpRequest, source: str) -> None:
    """Event Grid's own token on a POST, where the settings ask for one. NotAllowed."""
    if source == "eventgrid" and request.method == "POST":
        await (await _all())[1].accept(request.headers.get("Authorization"))


def source_of(request: func.HttpRequest) -> str:
    """The route's source. BadRequest (404) for one that is not known."""
    source = str(request.route_params["source"])
    if source not in SOURCES:
        raise BadRequest(f"{source!r} is no source; send to one of {', '.join(SOURCES)}", status=404)
    return source


def body_of(request: func.HttpRequest) -> bytes:
    """The body. BadRequest (400, 413) when it is empty or over 4 MiB."""
    body = request.get_body()
    if len(body) > LARGEST:
        raise BadRequest(f"the body has {len(body)} bytes; at most {LARGEST} are read", status=413)
    if not body.strip():
        raise BadRequest("the body is empty: send the alert as JSON", status=400)
    return body


def handshake(request: func.HttpRequest, source: str) -> func.HttpResponse | None:
    """Event Grid's question whether its events are wanted here, answered in either schema; None for anything else.

    The code is echoed to a caller who holds the function key; `validationUrl` is never called.
    """
    if source != "eventgrid":
        return None
    if request.method == "OPTIONS":
        origin = request.headers.get("WebHook-Request-Origin", "")
        wanted = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"} if origin == EVENT_GRID else {}
        return func.HttpResponse(status_code=200 if wanted else 400, headers=wanted)
    if request.headers.get("aeg-event-type") != "SubscriptionValidation":
        return None
    return _validation(request)


def _validation(request: func.HttpRequest) -> func.HttpResponse:
    try:
        (event,) = json.loads(body_of(request))
        code = str(event["data"]["validationCode"])
    except (ValueError, KeyError, TypeError) as fault:
        raise BadRequest("a handshake is an array of one event with data.validationCode", status=400) from fault
    return func.HttpResponse(json.dumps({"validationResponse": code}), mimetype="application/json")


def object_of(request: func.HttpRequest) -> Mapping[str, Any]:
    """The body as a JSON object. BadRequest (400) when it is none."""
    try:
        found = json.loads(body_of(request))
    except ValueError as fault:
        raise BadRequest("the body is not JSON", status=400) from fault
    if not isinstance(found, dict):
        raise BadRequest("the body must be a JSON object", status=400)
    return found


def text_of(request: func.HttpRequest) -> str:
    """The body as text. BadRequest (400) when it is not UTF-8."""
    try:
        return body_of(request).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise BadRequest("the body is not UTF-8", status=400) from fault


def texts_of(request: func.HttpRequest, *names: str) -> dict[str, str]:
    """The fields of these names in the body, which must be texts. BadRequest (400)."""
    found = {name: value for name, value in object_of(request).items() if name in names}
    if not found or not all(isinstance(value, str) and value for value in found.values()):
        raise BadRequest(f"send texts under {', '.join(names)}", status=400)
    return found


def year_of(request: func.HttpRequest) -> int:
    """The route's year. BadRequest (404) when it is none."""
    text = str(request.route_params["year"])
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise BadRequest("there is no such year", status=404)
    return int(text)


def quarter_of(request: func.HttpRequest) -> Quarter:
    """The route's quarter. Unknown when it is none."""
    return exercises.quarter_of(str(request.route_params["quarter"]))


def names_of(request: func.HttpRequest, field: str) -> list[str]:
    """The list of names in that field; none for an empty body."""
    if not request.get_body().strip():
        return []
    names = object_of(request).get(field, [])
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise BadRequest(f"`{field}` must be a list of names", status=400)
    return names


def steps_of(request: func.HttpRequest) -> list[str]:
    """The keys of the steps that are named; none for an empty body."""
    return words_of(request, "steps")


def words_of(request: func.HttpRequest, name: str) -> list[str]:
    """The list of texts under the name; none for an empty body. BadRequest (400) for anything else."""
    if not request.get_body().strip():
        return []
    found = object_of(request).get(name, [])
    if not (isinstance(found, list) and all(isinstance(each, str) for each in found)):
        raise BadRequest(f"`{name}` must be a list of texts", status=400)
    return found


def number(request: func.HttpRequest, name: str, default: int) -> int:
    """A number of the query. BadRequest (400) when it is none."""
    text = request.params.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise BadRequest(f"`{name}` must be a number", status=400)
    return int(text)


def event_body(event: func.EventGridEvent | func.CloudEvent) -> dict[str, Any]:
    """The event as its schema writes it."""
    if isinstance(event, func.CloudEvent):
        said: dict[str, Any] = event.to_dict()
        return {**said.pop("extension_attrs"), **{name: value for name, value in said.items() if value is not None}}
    return {
        "id": event.id,
        "topic": event.topic,
        "subject": event.subject,
        "eventType": event.event_type,
        "eventTime": event.event_time.isoformat() if event.event_time else None,
        "dataVersion": event.data_version,
        "data": event.get_json(),
    }
