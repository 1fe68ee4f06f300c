"""The activity log's event as its REST API and `az` give it: names as `{value, localizedValue}`."""

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
    """`eventDataId`, or an `operationName` that is an object with a value beside `eventTimestamp`."""
    return "eventTimestamp" in body and ("eventDataId" in body or isinstance(body.get("operationName"), Mapping))


def read(item: Item) -> Signal:
    """An event of the category Security is a Defender alert: its correlation id is the alert's system id."""
    body = item.body
    who = from_claims(mapping(body, "claims"), text(body, "caller"))
    correlation = identity(text(body, "correlationId"))
    known = alert_ids(correlation, (text(body, "resourceId") or "").rsplit("/", 1)[-1]) if _security(body) else ()
    return Signal(
        source="activity",
        kind="activity-log-event",
        id=text(body, "eventDataId") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "eventTimestamp")),
        system_alert_id=next(iter(known), None),
        alert_ids=known,
        correlation_id=correlation,
        request_id=identity(text(body, "httpRequest", "clientRequestId")),
        severity=severity(body, "properties", "severity") or severity(body, "level"),
        standing=of_operation(
            _value(body, "status"), _value(body, "subStatus"), text(body, "properties", "statusCode")
        ),
        title=_value(body, "eventName") or "",
        operation=canonical(_value(body, "operationName") or text(body, "authorization", "action")),
        actor=who.actor,
        ip=address(text(body, "httpRequest", "clientIpAddress")) or who.ip,
        resources=specific(text(body, "resourceId") or text(body, "authorization", "scope")),
        hints=who.hints
        | hints(
            client_request_id=text(body, "httpRequest", "clientRequestId"),
            category=_value(body, "category"),
            phase=_value(body, "eventName"),
        ),
        body=body,
    )


def _security(body: Mapping[str, Any]) -> bool:
    return (_value(body, "category") or "").casefold() == "security"


def _value(body: Mapping[str, Any], name: str) -> str | None:
    return text(body, name, "value") or text(body, name)


READER = Reader(kind="activity-log-event", shape=looks_like, read=read)
