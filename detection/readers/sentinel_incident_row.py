"""A row of the table SecurityIncident: PascalCase, ids of alerts instead of alerts, lists as strings of JSON."""

from collections.abc import Mapping
from typing import Any

from detection.aliases import alert_ids
from detection.drill import marked
from detection.fields import at, mapping, text, texts
from detection.hints import hints
from detection.item import Item, Reader
from detection.severity import severity
from detection.standing import of_case
from detection.times import utc
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """`IncidentName` is the incident's GUID; `Title` or `IncidentNumber` stand beside it."""
    return "IncidentName" in body and bool({"Title", "IncidentNumber"} & body.keys())


def read(item: Item) -> Signal:
    """A row names no resource: what it is about must be read from Sentinel by `signal.id`."""
    row = item.body
    ids = alert_ids(*texts(row, "AlertIds"))
    rules = (each.rsplit("/", 1)[-1] for each in texts(row, "RelatedAnalyticRuleIds"))
    first = utc(at(row, "FirstActivityTime"))
    return Signal(
        source="sentinel",
        kind="sentinel-incident-row",
        id=text(row, "IncidentName") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=first or utc(at(row, "CreatedTime")),
        first_activity_at=first,
        system_alert_id=next(iter(ids), None),
        alert_ids=ids,
        severity=severity(row, "Severity"),
        standing=of_case(text(row, "Status"), text(row, "Classification")),
        drill=marked(text(row, "Title")),
        title=text(row, "Title") or "",
        hints=hints(
            analytic_rules=", ".join(rules),
            incident_number=text(row, "IncidentNumber"),
            tactics=", ".join(texts(mapping(row, "AdditionalData"), "tactics")),
            techniques=", ".join(texts(mapping(row, "AdditionalData"), "techniques")),
            closure=text(row, "Classification"),
        ),
        body=row,
    )


READER = Reader(kind="sentinel-incident-row", shape=looks_like, read=read)
