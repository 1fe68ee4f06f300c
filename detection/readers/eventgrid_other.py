"""Any other event of Event Grid, whatever its data: kept and shown, for no rule knows it."""

from collections.abc import Mapping
from typing import Any

from detection.envelope import event, schema
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """The envelope of either schema."""
    return schema(body) is not None


def read(item: Item) -> Signal:
    """The subject is read where it is a resource id, else the topic."""
    told = event(item.body)
    return Signal(
        source="eventgrid",
        kind=f"{told.schema}-other",
        id=told.id or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=told.time,
        title=told.type,
        resources=specific(told.subject) or specific(told.topic),
        hints=hints(event_type=told.type),
        body=item.body,
    )


READER = Reader(kind="eventgrid-other", shape=looks_like, read=read)
