"""Microsoft Graph's notice that an alert changed: only its id; the alert is to be read."""

from collections.abc import Mapping
from typing import Any

from detection.aliases import alert_ids
from detection.fields import mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """A subscription's id with a kind of change and a resource."""
    return {"subscriptionId", "changeType", "resource"} <= body.keys()


def read(item: Item) -> Signal:
    """`clientState`, the secret that proves the sender, is for the entrance to compare; it is not kept."""
    body = {key: value for key, value in item.body.items() if key != "clientState"}
    known = alert_ids(text(mapping(body, "resourceData"), "id"))
    return Signal(
        source="graph",
        kind="graph-notification",
        id=next(iter(known), item.content),
        content=item.content,
        received_at=item.received_at,
        system_alert_id=next(iter(known), None),
        alert_ids=known,
        title="An alert changed",
        hints=hints(resource=text(body, "resource"), change=text(body, "changeType"), tenant=text(body, "tenantId")),
        body=body,
    )


READER = Reader(kind="graph-notification", shape=looks_like, read=read)
