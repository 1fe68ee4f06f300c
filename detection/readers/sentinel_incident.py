"""Microsoft Sentinel's incident, as its automation rule posts it (`objectSchemaType`) and as its REST API shows it."""

from collections.abc import Mapping
from typing import Any

from detection.aliases import alert_ids
from detection.drill import marked, stripped
from detection.entities import Entities
from detection.fields import at, listing, mapping, text, texts
from detection.hints import custom, hints, named
from detection.item import Item, Reader
from detection.resources import container_of, specific
from detection.severity import severity
from detection.standing import of_alert
from detection.times import utc
from incident.signal import Signal

INCIDENTS = "microsoft.securityinsights/incidents"
SCHEDULED = 2 * 36 + 1  # the alert type of a scheduled rule is `<workspace guid>_<rule guid>`


def looks_like(body: Mapping[str, Any]) -> bool:
    """A webhook says that it is about an incident; a REST body is of the incidents' type and has properties."""
    if body.get("objectSchemaType") == "Incident":
        return isinstance(body.get("object"), Mapping)
    return (text(body, "type") or "").casefold() == INCIDENTS and isinstance(body.get("properties"), Mapping)


def read(item: Item) -> Signal:
    """One signal per incident, with every alert's types and ids. Owner and comments are not read."""
    case = mapping(item.body, "object") or item.body
    about = mapping(case, "properties")
    alerts = [mapping(alert, "properties") for alert in (*listing(about, "alerts"), *listing(item.body, "alerts"))]
    entities = Entities([*listing(about, "relatedEntities"), *listing(about, "entities")])
    known = [*alerts, *entities.alerts]
    said = _said(known)
    types = _types(known)
    ids = alert_ids(*(text(alert, key) for alert in known for key in ("systemAlertId", "providerAlertId")))
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
        drill=marked(text(about, "title"), *(text(alert, key) for alert in known for key in SAMPLED)),
        title=text(about, "title") or "",
        alert_types=types,
        actor=entities.actor or said.get("user"),
        ip=entities.ip or said.get("client_ip"),
        resources=_resources(known, entities, said),
        hints=said | _behind(case, about, known),
        body=item.body,
    )


SAMPLED = ("alertType", "alertDisplayName", "description")


def _types(alerts: list[Mapping[str, Any]]) -> tuple[str, ...]:
    found = (stripped(text(alert, "alertType")) for alert in alerts)
    return tuple(dict.fromkeys(kind for kind in found if kind and not (len(kind) == SCHEDULED and kind[36] == "_")))


def _said(alerts: list[Mapping[str, Any]]) -> dict[str, str]:
    """What the alerts' custom details and extended properties say; the first alert that says a thing is believed."""
    found: dict[str, str] = {}
    for alert in alerts:
        additional = mapping(alert, "additionalData")
        found = (
            named(additional) | named(mapping(additional, "Extended Properties")) | named(custom(additional)) | found
        )
    return found


def _resources(alerts: list[Mapping[str, Any]], entities: Entities, said: Mapping[str, str]) -> tuple[Any, ...]:
    named_by_alerts = [
        text(each, "azureResourceId") or text(each, "resourceId")
        for alert in alerts
        for each in listing(alert, "resourceIdentifiers")
    ]
    details = [
        value
        for alert in alerts
        for values in custom(mapping(alert, "additionalData")).values()
        for value in listing(values)
    ]
    ids = [*entities.resource_ids, *named_by_alerts, *details]
    containers = [container_of(each, said.get("container")) for each in ids]
    return specific(*containers, *ids)


def _behind(case: Mapping[str, Any], about: Mapping[str, Any], alerts: list[Mapping[str, Any]]) -> dict[str, str]:
    additional = mapping(about, "additionalData")
    rules = (each.rsplit("/", 1)[-1] for each in texts(about, "relatedAnalyticRuleIds"))
    labels = (text(each, "labelName") or "" for each in listing(about, "labels"))
    return hints(
        sentinel_incident=text(case, "id"),
        etag=text(case, "etag"),
        incident_number=text(about, "incidentNumber"),
        analytic_rules=", ".join(rules),
        rule=next((name for alert in alerts if (name := text(alert, "additionalData", "Analytic Rule Name"))), None),
        tactics=", ".join(texts(additional, "tactics")),
        techniques=", ".join(texts(additional, "techniques")),
        products=", ".join(texts(additional, "alertProductNames")),
        closure=text(about, "classification"),
        redirected="true" if "redirected" in (label.casefold() for label in labels) else None,
        provider_incident=text(about, "providerIncidentId"),
    )


READER = Reader(kind="sentinel-incident", shape=looks_like, read=read)
