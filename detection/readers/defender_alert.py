"""Defender for Cloud's alert over REST or Resource Graph: camelCase in `properties`."""

from collections.abc import Mapping
from typing import Any

from detection import alert
from detection.fields import mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from incident.signal import Signal

ALERTS = "microsoft.security/locations/alerts"


def looks_like(body: Mapping[str, Any]) -> bool:
    """The alerts' type, with properties."""
    return (text(body, "type") or "").casefold() == ALERTS and isinstance(body.get("properties"), Mapping)


def read(item: Item) -> Signal:
    """The id leads back to the alert, to read it and bear it out."""
    behind = hints(defender_alert=text(item.body, "id"))
    return alert.signal(item, mapping(item.body, "properties"), source="defender", kind="defender-alert", behind=behind)


READER = Reader(kind="defender-alert", shape=looks_like, read=read)
