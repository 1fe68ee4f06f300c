"""CloudEvents of another version than 1.0: refused in words, for their fields mean other things."""

from collections.abc import Mapping
from typing import Any

from detection.fields import text
from detection.item import Item, Reader, Unreadable, unreadable


def looks_like(body: Mapping[str, Any]) -> bool:
    """`cloudEventsVersion` stood in 0.1; `specversion` since 0.2. Asked after the readers of 1.0."""
    return "cloudEventsVersion" in body or "specversion" in body


def read(item: Item) -> Unreadable:
    """Never a signal."""
    version = text(item.body, "cloudEventsVersion") or text(item.body, "specversion") or "without version"
    return unreadable(item, f"CloudEvents {version[:12]} is not read here: configure the sender for 1.0")


READER = Reader(kind="cloudevents-other-version", shape=looks_like, read=read)
