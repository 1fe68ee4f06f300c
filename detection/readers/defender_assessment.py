"""Assessments, secure scores and compliance, which share the export's hub with alerts: advice, no incidents."""

from collections.abc import Mapping
from typing import Any

from detection.fields import at, mapping, text
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from detection.severity import severity
from detection.times import utc
from incident.signal import Signal, Standing

KINDS = (
    "microsoft.security/assessments",
    "microsoft.security/securescores",
    "microsoft.security/regulatorycompliancestandards",
)


def looks_like(body: Mapping[str, Any]) -> bool:
    """One of the types, sub-assessments and controls included."""
    return (text(body, "type") or "").casefold().startswith(KINDS)


def read(item: Item) -> Signal:
    """A healthy state, and one that no longer applies, are ended."""
    about = mapping(item.body, "properties")
    state = text(about, "status", "code") or text(about, "state") or ""
    return Signal(
        source="defender",
        kind="defender-assessment",
        id=text(item.body, "id") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(about, "status", "statusChangeDate")) or utc(at(about, "timeGenerated")),
        severity=severity(about, "metadata", "severity") or severity(about, "status", "severity"),
        standing=Standing.OPEN if state.casefold() in ("unhealthy", "failed") else Standing.ENDED,
        title=text(about, "displayName") or "",
        resources=specific(text(about, "resourceDetails", "id") or text(item.body, "id")),
        hints=hints(compliance=state, policy_definition=text(about, "metadata", "policyDefinitionId")),
        body=item.body,
    )


READER = Reader(kind="defender-assessment", shape=looks_like, read=read)
