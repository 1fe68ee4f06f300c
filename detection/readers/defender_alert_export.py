"""Defender for Cloud's alert as continuous export and workflow automation send it: flat, PascalCase."""

from collections.abc import Mapping
from typing import Any

from detection import alert
from detection.fields import text
from detection.hints import hints
from detection.item import Item, Reader
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """`AlertType` and `SystemAlertId`, with the resource or the vendor's link beside them."""
    return {"AlertType", "SystemAlertId"} <= body.keys() and bool({"AzureResourceId", "AlertUri"} & body.keys())


def read(item: Item) -> Signal:
    """As over REST; `AlertUri` is not followed."""
    behind = hints(product_component=text(item.body, "ProductComponentName"))
    return alert.signal(item, item.body, source="defender", kind="defender-alert-export", behind=behind)


READER = Reader(kind="defender-alert-export", shape=looks_like, read=read)
