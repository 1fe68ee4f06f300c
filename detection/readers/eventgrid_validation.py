"""Event Grid asks whether the endpoint wants its events: to be answered 200 with the code, not by `validationUrl`."""

from collections.abc import Mapping
from typing import Any

from detection.envelope import event, of
from detection.fields import text
from detection.hints import hints
from detection.item import Item, Reader, Unreadable, unreadable
from detection.resources import specific
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """The one event type of the handshake."""
    return of(body, "Microsoft.EventGrid.SubscriptionValidationEvent")


def read(item: Item) -> Signal | Unreadable:
    """No claim about any resource: `validation_code` is what the sender wants to hear."""
    asked = event(item.body)
    code = text(asked.data, "validationCode")
    if code is None:
        return unreadable(item, "a validation request without its code")
    return Signal(
        source="eventgrid",
        kind="eventgrid-validation",
        id=asked.id or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=asked.time,
        title="Event Grid asks for validation",
        resources=specific(asked.topic),
        hints=hints(validation_code=code),
        body=item.body,
    )


READER = Reader(kind="eventgrid-validation", shape=looks_like, read=read)
