"""One entity or alert of a Sentinel incident on its own, as the lists below an incident give them over REST."""

from collections.abc import Mapping
from typing import Any

from detection import alert
from detection.entities import Entities
from detection.fields import mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from incident.signal import Signal

ENTITIES = "microsoft.securityinsights/entities"


def looks_like(body: Mapping[str, Any]) -> bool:
    """The entities' type, with a kind."""
    return (text(body, "type") or "").casefold() == ENTITIES and bool(text(body, "kind"))


def read(item: Item) -> Signal:
    """An alert is read as one; any other entity only says who or what, and claims nothing."""
    if text(item.body, "kind") == "SecurityAlert":
        behind = hints(sentinel_entity=text(item.body, "id"))
        return alert.signal(
            item, mapping(item.body, "properties"), source="sentinel", kind="sentinel-alert-entity", behind=behind
        )
    entities = Entities([item.body])
    return Signal(
        source="sentinel",
        kind="sentinel-entity",
        id=text(item.body, "name") or item.content,
        content=item.content,
        received_at=item.received_at,
        title=text(item.body, "kind") or "",
        actor=entities.actor,
        ip=entities.ip,
        resources=specific(*entities.resource_ids),
        body=item.body,
    )


READER = Reader(kind="sentinel-entity", shape=looks_like, read=read)
