"""Microsoft Sentinel's incident, as its automation rule posts it (`objectSchemaType`) and as its REST API shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from detection.alert import Alert
from detection.drill import marked
from detection.entities import Entities
from detection.fields import address, at, listing, mapping, text, texts
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import container_of, specific
from detection.severity import severity
from detection.standing import of_alert
from detection.times import utc
from incident.resource import ResourceId
from incident.signal import Signal

INCIDENTS = "microsoft.securityinsights/incidents"


def looks_like(body: Mapping[str, Any]) -> bool:
    """A webhook says that it is about an incident; a REST body is of the incidents' type and has properties."""
    if body.get("objectSchemaType") == "Incident":
        return isinstance(body.get("object"), Mapping)
    return (text(body, "type") or "").casefold() == INCIDENTS and isinstance(body.get("properties"), Mapping)


def read(item: Item) -> Signal:
    """One signal per incident, with every alert's types and ids. Owner and comments are not read."""
    case = mapping(item.body, "object") or item.body
    about = mapping(case, "properties")
    entities = Entities([*listing(about, "relatedEntities"), *listing(about, "entities")])
    alerts = [Alert(mapping(each, "properties")) for each in listing(about, "alerts")]
    alerts += [Alert(each) for each in entities.alerts]
    said = {name: value for alert in reversed(alerts) for name, value in alert.said.items()}
    types = tuple(dict.fromkeys(kind for alert in alerts for kind in alert.types))
    ids = tuple(dict.fromkeys(known for alert in alerts for known in alert.ids))
    first = utc(at(about, "firstActivityTimeUtc"))
    return Signal(
        source="sentinel",
        kind="sentinel-incident",
        id=text(case, "name") or (text(case, "id") or "").rsplit("/", 1)[-1] or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=first or utc(at(about, "createdTimeUtc")),
        first_activity_at=first,
        system_alert_id=next(iter(ids), None),
        alert_ids=ids,
        severity=severity(about, "severity"),
        standing=of_alert(text(about, "status"), text(about, "classification"), types),
        drill=marked(text(about, "title")) or any(alert.drill for alert in alerts),
        title=text(about, "title") or "",
        alert_types=types,
        actor=entities.actor or said.get("user"),
        ip=entities.ip or address(said.get("client_ip")),
        resources=_resources(alerts, entities, said),
        hints=said | _behind(case, about, alerts) | hints(actor_object_id=entities.object_id),
        body=item.body,
    )


def _resources(alerts: Sequence[Alert], entities: Entities, said: Mapping[str, str]) -> tuple[ResourceId, ...]:
    by_alerts = [str(each) for alert in alerts for each in alert.resources]
    containers = [container_of(each, said.get("container")) for each in entities.resource_ids]
    return specific(*containers, *entities.resource_ids, *by_alerts)


def _behind(case: Mapping[str, Any], about: Mapping[str, Any], alerts: Sequence[Alert]) -> dict[str, str]:
    additional = mapping(about, "additionalData")
    rules = (each.rsplit("/", 1)[-1] for each in texts(about, "relatedAnalyticRuleIds"))
    labels = [(text(each, "labelName") or "").casefold() for each in listing(about, "labels")]
    return hints(
        sentinel_incident=text(case, "id"),
        etag=text(case, "etag"),
        incident_number=text(about, "incidentNumber"),
        analytic_rules=", ".join(rules),
        rule=next((name for alert in alerts if (name := text(alert.properties, "Analytic Rule Name"))), None),
        tactics=", ".join(texts(additional, "tactics")),
        techniques=", ".join(texts(additional, "techniques")),
        products=", ".join(texts(additional, "alertProductNames")),
        closure=text(about, "classification"),
        redirected="true" if "redirected" in labels else None,
        provider_incident=text(about, "providerIncidentId"),
    )


READER = Reader(kind="sentinel-incident", shape=looks_like, read=read)
