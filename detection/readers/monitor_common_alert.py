"""Azure Monitor's common alert schema: metrics, logs, activity log, service health, security, budgets."""

from collections.abc import Iterable, Mapping
from typing import Any

from detection.aliases import alert_ids
from detection.drill import marked, tested
from detection.fields import address, at, identity, listing, mapping, text, texts
from detection.hints import hints, named
from detection.identity import from_claims
from detection.item import Item, Reader
from detection.operations import canonical
from detection.resources import specific
from detection.severity import severity
from detection.standing import of_case, of_operation
from detection.times import earliest, utc
from incident.signal import Signal, Standing

SCHEMA = "azuremonitorcommonalertschema"


def looks_like(body: Mapping[str, Any]) -> bool:
    """The schema's id, and `essentials` inside."""
    return (text(body, "schemaId") or "").casefold() == SCHEMA and bool(mapping(body, "data", "essentials"))


def read(item: Item) -> Signal:
    """Severity of activity-log alerts is always `Sev4` and says nothing; rows of log alerts are not kept."""
    essentials, context = mapping(item.body, "data", "essentials"), mapping(item.body, "data", "alertContext")
    who = from_claims(mapping(context, "claims"), text(context, "caller"))
    fired = utc(at(essentials, "firedDateTime"))
    known = alert_ids(text(context, "properties", "SystemAlertId"))
    return Signal(
        source="monitor",
        kind="monitor-common-alert",
        id=text(essentials, "originAlertId") or text(essentials, "alertId") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(context, "eventTimestamp")) or fired,
        first_activity_at=earliest(at(context, "eventTimestamp"), at(context, "condition", "windowStartTime")),
        system_alert_id=next(iter(known), None),
        alert_ids=known,
        correlation_id=identity(text(context, "correlationId")),
        request_id=identity(text(context, "httpRequest", "clientRequestId")),
        severity=severity(essentials, "severity"),
        standing=_standing(essentials, context),
        drill=_drill(essentials),
        title=text(essentials, "alertRule") or text(essentials, "monitoringService") or "",
        operation=canonical(text(context, "operationName") or text(context, "authorization", "action")),
        actor=who.actor,
        ip=address(text(context, "httpRequest", "clientIpAddress")) or who.ip,
        resources=specific(*_ids(item.body, essentials, context)),
        hints=named(_dimensions(context))
        | named(mapping(item.body, "data", "customProperties"))
        | who.hints
        | hints(
            service=text(essentials, "monitoringService"),
            condition=text(essentials, "monitorCondition"),
            alert=text(essentials, "alertId"),
            metric=next(iter(_metrics(context)), None),
        ),
        body=item.body,
    )


def _standing(essentials: Mapping[str, Any], context: Mapping[str, Any]) -> Standing:
    standing = of_case(text(essentials, "monitorCondition"))
    return of_operation(text(context, "status")) if standing is Standing.OPEN else standing


def _drill(essentials: Mapping[str, Any]) -> bool:
    rule, alert = text(essentials, "alertRule"), text(essentials, "alertId")
    return tested(rule, alert) or marked(text(essentials, "description"))


def _ids(body: Mapping[str, Any], essentials: Mapping[str, Any], context: Mapping[str, Any]) -> Iterable[str | None]:
    """The activity log's scope keeps its spelling, where the list of targets is in lower case."""
    yield text(context, "authorization", "scope")
    yield text(context, "properties", "entity")
    yield text(context, "AlertData", "Scope")
    yield from texts(essentials, "alertTargetIDs")
    yield from (text(value) for value in _dimensions(context).values())
    yield from (text(value) for value in mapping(body, "data", "customProperties").values())


def _dimensions(context: Mapping[str, Any]) -> dict[str, Any]:
    conditions = listing(context, "condition", "allOf")
    pairs = (pair for condition in conditions for pair in listing(condition, "dimensions"))
    return {name: at(pair, "value") for pair in pairs if (name := text(pair, "name"))}


def _metrics(context: Mapping[str, Any]) -> tuple[str, ...]:
    conditions = listing(context, "condition", "allOf")
    return tuple(found for each in conditions if (found := text(each, "metricName")))


READER = Reader(kind="monitor-common-alert", shape=looks_like, read=read)
