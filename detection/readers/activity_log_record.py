"""The activity log's record as diagnostic settings stream it: names as plain strings, often in capitals."""

from collections.abc import Mapping
from typing import Any

from detection.aliases import alert_ids
from detection.fields import address, at, identity, mapping, text
from detection.hints import hints
from detection.identity import from_claims
from detection.item import Item, Reader
from detection.operations import canonical
from detection.resources import specific
from detection.severity import severity
from detection.standing import of_operation
from detection.times import utc
from incident.signal import Signal


def looks_like(body: Mapping[str, Any]) -> bool:
    """A time, an operation and a resource: asked after the readers of special logs, which have these too."""
    return "time" in body and isinstance(body.get("operationName"), str) and "resourceId" in body


def read(item: Item) -> Signal:
    """Phases of one operation share the id, which is the correlation id; their content tells them apart."""
    body, asked = item.body, mapping(item.body, "properties", "requestbody")
    granted = mapping(asked, "properties")
    who = from_claims(mapping(body, "identity", "claims"))
    evidence = mapping(body, "identity", "authorization", "evidence")
    correlation = identity(text(body, "correlationId"))
    known = alert_ids(correlation) if (text(body, "category") or "").casefold() == "security" else ()
    return Signal(
        source="activity",
        kind="activity-log-record",
        id=correlation or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "time")),
        system_alert_id=next(iter(known), None),
        alert_ids=known,
        correlation_id=correlation,
        request_id=identity(text(body, "properties", "clientRequestId")),
        severity=severity(body, "properties", "severity") or severity(body, "level"),
        standing=of_operation(
            text(body, "resultType"), text(body, "resultSignature"), text(body, "properties", "statusCode")
        ),
        title=text(body, "operationName") or "",
        operation=canonical(text(body, "operationName")),
        actor=who.actor or identity(text(evidence, "principalId")),
        ip=address(text(body, "callerIpAddress")) or who.ip,
        resources=specific(text(body, "resourceId")),
        hints=who.hints
        | hints(
            category=text(body, "category"),
            phase=text(body, "resultType"),
            allow_blob_public_access=text(granted, "allowBlobPublicAccess"),
            assignee=text(granted, "principalId"),
            principal_type=text(granted, "principalType"),
            role_definition=text(granted, "roleDefinitionId"),
            scope=text(granted, "scope"),
        ),
        body=body,
    )


READER = Reader(kind="activity-log-record", shape=looks_like, read=read)
