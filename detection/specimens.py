"""Invented resources and records for the examples that stand in the rules."""

import json
from typing import Any

GROUP = "/subscriptions/s/resourceGroups/clinic"
PROVIDERS = f"{GROUP}/providers"
ALERT_ID = "2517000000000000000_11111111-2222-4333-8444-555555555555"
ALERT = f"{GROUP}/providers/Microsoft.Security/locations/centralus/alerts/{ALERT_ID}"
WORKSPACE = f"{PROVIDERS}/Microsoft.OperationalInsights/workspaces/soc"
INCIDENT = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/incidents/0f0e2f6a-3b0a-4f61-9a3b-31f0a0b6f001"
CORRELATION = "99999999-8888-4777-8666-555555555555"

type Body = dict[str, Any]


def phi(resource: str, **properties: Any) -> Body:
    """A resource whose tag says that it holds PHI."""
    return {"id": resource, "tags": {"data-classification": "phi"}, "properties": properties}


def untagged(resource: str, **properties: Any) -> Body:
    """A resource of which nothing says that it holds PHI."""
    return {"id": resource, "properties": properties}


def alerted(kind: str, resource: str, **more: Any) -> Body:
    """The signal of a Defender alert, which leads back to the alert."""
    signal = {"source": "defender", "alert_types": (kind,), "alert_ids": (ALERT_ID,), "resources": (resource,)}
    return signal | {"hints": {"defender_alert": ALERT}} | more


def standing(kind: str, resource: str, status: str = "Active", **more: Any) -> dict[str, Body]:
    """The alert as Defender holds it, under the id that `alerted` names."""
    about = {"alertType": kind, "systemAlertId": ALERT_ID, "status": status}
    named = {"resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": resource}]}
    return {ALERT: {"id": ALERT, "properties": about | named | more}}


def borne_out(*, named: str = "resourceIdentifiers") -> tuple[tuple[str | int, ...], ...]:
    """The paths of alert and signal that bear a claim out; `named` is where the alert says what it is about."""
    read = tuple((ALERT, "properties", each) for each in ("alertType", "systemAlertId", named))
    return (("alert_types",), ("alert_ids",), ("hints", "defender_alert"), (ALERT,), *read)


def operated(operation: str, resource: str, source: str = "eventgrid") -> Body:
    """The signal of an operation."""
    return {"source": source, "operation": operation, "resources": (resource,), "correlation_id": CORRELATION}


def logged(operation: str, resource: str, status: str = "Succeeded") -> dict[str, tuple[Body, ...]]:
    """The activity log's record of the operation."""
    record = {"operationName": {"value": operation}, "status": {"value": status}, "correlationId": CORRELATION}
    return {f"{resource} in the activity log": (record,)}


def in_log(resource: str) -> tuple[tuple[str | int, ...], ...]:
    """The paths of the log's record that bear an operation out."""
    record = f"{resource} in the activity log"
    return (
        ("operation",),
        (record,),
        (record, 0, "operationName"),
        (record, 0, "status"),
        (record, 0, "correlationId"),
    )


def incident(entity: Body, incident_class: str, status: str = "New") -> dict[str, Body]:
    """A Sentinel incident of one of our own analytics rules, with one entity, as it is read back by its id."""
    alert = {"additionalData": {"Custom Details": json.dumps({"class": [incident_class]})}}
    return {
        INCIDENT: {"id": INCIDENT, "properties": {"status": status}},
        f"{INCIDENT}/entities": {"entities": [entity]},
        f"{INCIDENT}/alerts": {"value": [{"kind": "SecurityAlert", "properties": alert}]},
    }


def reported(incident_class: str, object_id: str) -> Body:
    """The signal of that incident, which names a person and leads back to the incident."""
    hints = {"class": incident_class, "actor_object_id": object_id, "sentinel_incident": INCIDENT}
    return {"source": "sentinel", "kind": "sentinel-incident", "hints": hints}


def account(object_id: str) -> Body:
    """The entity of a person."""
    return {"kind": "Account", "properties": {"aadUserId": object_id}}


def in_incident() -> tuple[tuple[str | int, ...], ...]:
    """The paths of the incident, and of its signal, that bear its claim out."""
    alert = (f"{INCIDENT}/alerts", "value", 0, "properties", "additionalData")
    entity = (f"{INCIDENT}/entities", "entities", 0, "properties", "aadUserId")
    return (
        ("hints", "class"),
        ("hints", "actor_object_id"),
        ("hints", "sentinel_incident"),
        (INCIDENT,),
        entity,
        alert,
    )
