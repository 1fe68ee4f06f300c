"""The envelope of Event Grid: one form for its own schema and for CloudEvents 1.0."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detection.fields import opened, text
from detection.times import utc

ONE = ("1.0", "1")


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event: `schema` is `eventgrid` or `cloudevents`, `topic` the CloudEvents `source`; `data` may be anything."""

    schema: str
    id: str | None
    type: str
    topic: str | None
    subject: str | None
    time: datetime | None
    data: Any


def schema(body: Mapping[str, Any]) -> str | None:
    """`eventgrid` or `cloudevents`, None for a body that is no event."""
    if isinstance(body.get("eventType"), str) and {"topic", "subject", "eventTime"} & body.keys():
        return "eventgrid"
    if text(body, "specversion") in ONE and isinstance(body.get("type"), str):
        return "cloudevents"
    return None


def event(body: Mapping[str, Any]) -> Event:
    """The event that the body is."""
    own = schema(body) != "cloudevents"
    return Event(
        schema="eventgrid" if own else "cloudevents",
        id=text(body, "id"),
        type=text(body, "eventType" if own else "type") or "",
        topic=text(body, "topic" if own else "source"),
        subject=text(body, "subject"),
        time=utc(body.get("eventTime" if own else "time")),
        data=opened(body.get("data")),
    )


def of(body: Mapping[str, Any], prefix: str) -> bool:
    """Whether the body is an event of a type that begins so."""
    return schema(body) is not None and event(body).type.casefold().startswith(prefix.casefold())


def decoded(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body with the `data_base64` of a cloud event as its `data`; any other body as it is."""
    data = _decoded(body.get("data_base64"))
    if data is None:
        return body
    return {key: value for key, value in body.items() if key != "data_base64"} | {"data": opened(data)}


def _decoded(written: Any) -> str | None:
    try:
        return base64.b64decode(written, validate=True).decode() if isinstance(written, str) else None
    except (binascii.Error, ValueError):
        return None
