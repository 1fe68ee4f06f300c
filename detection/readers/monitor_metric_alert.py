"""Azure Monitor's metric alert in its own schema (`AzureMonitorMetricAlert`), and the classic one without any."""

from collections.abc import Mapping
from typing import Any

from detection.drill import tested
from detection.fields import at, listing, mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from detection.severity import severity
from detection.standing import of_case
from detection.times import utc
from incident.signal import Signal

SCHEMA = "AzureMonitorMetricAlert"


def looks_like(body: Mapping[str, Any]) -> bool:
    """The schema's id with a context; or `status` and `context` with a `conditionType` and no schema."""
    if text(body, "schemaId") == SCHEMA:
        return bool(mapping(body, "data", "context"))
    classic = "schemaId" not in body and isinstance(body.get("context"), Mapping)
    return classic and "status" in body and {"conditionType", "resourceId"} <= body["context"].keys()


def read(item: Item) -> Signal:
    """`id` names the rule, `resourceId` what is watched: they may be of different subscriptions."""
    data = mapping(item.body, "data") or item.body
    context = mapping(data, "context")
    metric = text(context, "condition", "metricName") or next(
        (found for each in listing(context, "condition", "allOf") if (found := text(each, "metricName"))), None
    )
    return Signal(
        source="monitor",
        kind="monitor-metric-alert",
        id=text(context, "id") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(context, "timestamp")),
        severity=severity(context, "severity"),
        standing=of_case(text(data, "status")),
        drill=tested(text(context, "name"), text(context, "id")),
        title=text(context, "name") or "",
        resources=specific(text(context, "resourceId")),
        hints=hints(metric=metric, condition=text(data, "status")),
        body=item.body,
    )


READER = Reader(kind="monitor-metric-alert", shape=looks_like, read=read)
