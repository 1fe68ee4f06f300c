"""Sentinel's alert: a row of SecurityAlert, or the body of the old alert trigger. PascalCase, entities in a string."""

from collections.abc import Mapping
from typing import Any

from detection import alert
from detection.fields import text
from detection.hints import hints
from detection.item import Item, Reader
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """`SystemAlertId` beside a display name; an export of Defender has `AlertType` and `AzureResourceId` instead."""
    return "SystemAlertId" in body and bool({"AlertDisplayName", "DisplayName", "AlertName"} & body.keys())


def read(item: Item) -> Signal:
    """The workspace leads back to the alert, which has no resource id of its own."""
    row = item.body
    behind = hints(
        workspace=text(row, "WorkspaceId"),
        workspace_subscription=text(row, "WorkspaceSubscriptionId"),
        provider=text(row, "ProviderName"),
    )
    return alert.signal(item, row, source="sentinel", kind="sentinel-alert", behind=behind)


READER = Reader(kind="sentinel-alert", shape=looks_like, read=read)
