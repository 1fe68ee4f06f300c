"""A budget's notice in its own schema (`AIP Budget Notification`): money, no breach; kept beside an open incident."""

from collections.abc import Mapping
from typing import Any

from detection.fields import mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from detection.times import utc
from incident.signal import Signal

SCHEMA = "aip budget notification"


def looks_like(body: Mapping[str, Any]) -> bool:
    """The schema's id, whatever is inside."""
    return (text(body, "schemaId") or "").casefold() == SCHEMA


def read(item: Item) -> Signal:
    """Numbers are strings; the start of the budget (`6/1/2018`) is not when anything happened, so no time is read."""
    data = mapping(item.body, "data")
    budget, threshold = text(data, "BudgetName"), text(data, "NotificationThresholdAmount")
    subscription = text(data, "SubscriptionId")
    return Signal(
        source="monitor",
        kind="monitor-budget",
        id=f"{budget}/{threshold}" if budget else item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(data.get("firedDateTime")),
        title=budget or "",
        resources=specific(subscription and f"/subscriptions/{subscription}"),
        hints=hints(spent=text(data, "SpendingAmount"), threshold=threshold, unit=text(data, "Unit")),
        body=item.body,
    )


READER = Reader(kind="monitor-budget", shape=looks_like, read=read)
