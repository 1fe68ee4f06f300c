"""What the readers' tests share: one time of receipt, and the one signal, or parked item, that a payload holds."""

from datetime import UTC, datetime
from typing import Any

from detection.item import Unreadable
from detection.readers import read
from incident.signal import Signal

RECEIVED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def signal(payload: Any) -> Signal:
    (found,) = read(payload, received_at=RECEIVED)
    assert isinstance(found, Signal), found
    return found


def parked(payload: Any) -> Unreadable:
    (found,) = read(payload, received_at=RECEIVED, source="monitor")
    assert isinstance(found, Unreadable), found
    return found
