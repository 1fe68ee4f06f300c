"""An audit of the directory as Microsoft Graph gives it: the inside of an Entra audit record, without its envelope."""

from collections.abc import Mapping
from typing import Any

from detection.audit import changes
from detection.fields import at, identity, text
from detection.hints import hints
from detection.identity import from_initiator
from detection.item import Item, Reader
from detection.standing import of_operation
from detection.times import utc
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """An activity with its time, and who began it or what it touched."""
    return {"activityDisplayName", "activityDateTime"} <= body.keys() and bool(
        {"initiatedBy", "targetResources"} & body.keys()
    )


def read(item: Item) -> Signal:
    """No tenant is named, so no resource either: the objects stand in the hints."""
    body = item.body
    who = from_initiator(at(body, "initiatedBy"))
    return Signal(
        source="entra",
        kind="graph-directory-audit",
        id=text(body, "id") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "activityDateTime")),
        correlation_id=identity(text(body, "correlationId")),
        standing=of_operation(text(body, "result")),
        title=text(body, "activityDisplayName") or "",
        operation=text(body, "activityDisplayName"),
        actor=who.actor,
        ip=who.ip,
        hints=changes(body) | who.hints | hints(category=text(body, "category")),
        body=body,
    )


READER = Reader(kind="graph-directory-audit", shape=looks_like, read=read)
