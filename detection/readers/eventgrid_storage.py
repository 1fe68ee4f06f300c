"""Blobs and files created, deleted, renamed: the account is the topic, the container stands in the subject."""

from collections.abc import Mapping
from typing import Any

from detection.envelope import event, of
from detection.fields import mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import container_in, container_of, specific
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """All types of `Microsoft.Storage`."""
    return of(body, "Microsoft.Storage.")


def read(item: Item) -> Signal:
    """Names of objects may be PHI: neither subject nor URLs below the container are kept."""
    told = event(item.body)
    container = container_in(told.subject)
    return Signal(
        source="eventgrid",
        kind=f"{told.schema}-storage",
        id=told.id or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=told.time,
        title=told.type,
        operation=text(told.data, "api"),
        actor=text(told.data, "identity"),
        resources=specific(container_of(told.topic, container), told.topic),
        hints=hints(
            container=container,
            client_request_id=text(told.data, "clientRequestId"),
            event_type=told.type,
        ),
        body=_without_objects(item.body),
    )


def _without_objects(body: Mapping[str, Any]) -> dict[str, Any]:
    data = {key: value for key, value in mapping(body, "data").items() if "url" not in key.casefold()}
    return {**body, "subject": (text(body, "subject") or "").split("/blobs/")[0], "data": data}


READER = Reader(kind="eventgrid-storage", shape=looks_like, read=read)
