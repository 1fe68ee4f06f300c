"""One item of a delivery, what a reader is, and what becomes of an item that no reader can read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incident.signal import Signal


@dataclass(frozen=True, kw_only=True)
class Item:
    """One JSON object as its sender wrote it, out of its wrappers; `content` is the SHA-256 of its canonical JSON.

    `body` is redacted already: no reader ever sees a secret.
    """

    body: Mapping[str, Any]
    content: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """An item that nobody here can read: to be parked, counted and looked at by a person. Never dropped.

    `original` is the item as it came, secrets and PHI included: for the restricted evidence container alone.
    """

    reason: str
    content: str
    received_at: datetime
    source: str | None = None  # the route on which it came
    original: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One wire format: `shape` says whether an item is of it, `read` makes the signal. Neither raises."""

    kind: str
    shape: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Item], Signal | Unreadable]


def unreadable(item: Item, reason: str) -> Unreadable:
    """The item with the reason why it cannot be read; the one who unwrapped it adds the original."""
    return Unreadable(reason=reason, content=item.content, received_at=item.received_at)
