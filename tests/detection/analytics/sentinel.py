"""Microsoft Sentinel, as far as a rule goes: a row becomes an alert, the alert an incident that a webhook posts.

Empty columns give no entity and no custom detail; every value is text; custom details are a string of JSON; the alert
type is `<workspace>_<rule>` (learn.microsoft.com, map-data-fields-to-entities, surface-custom-details-in-alerts).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from detection.analytics import Analytic

type Json = dict[str, Any]

WORKSPACE = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/clinic"
    "/providers/Microsoft.OperationalInsights/workspaces/soc"
)
WORKSPACE_ID = "5c1f2a44-90a1-4d0e-9a3f-1f6f1a8d2b10"
TIME = "2026-03-02T21:30:00.0000000Z"
KINDS = {"AzureResource": "AzureResource", "IP": "Ip", "Account": "Account"}
FIELDS = {"ResourceId": "resourceId", "Address": "address", "AadUserId": "aadUserId"}


def incident(rule: Analytic, row: Mapping[str, Any], workspace: str = WORKSPACE, time: str = TIME) -> Json:
    """The incident as the store of the simulated Sentinel has it: alerts and entities are asked for by themselves."""
    home, name = f"{workspace}/providers/Microsoft.SecurityInsights", _id(rule, row, "incident")
    return {
        "id": f"{home}/incidents/{name}",
        "name": name,
        "etag": f'"{_id(rule, row, "etag")}"',
        "type": "Microsoft.SecurityInsights/incidents",
        "properties": {
            "title": rule.title,
            "description": rule.description,
            "severity": rule.severity,
            "status": "New",
            "owner": {"objectId": None, "email": None, "assignedTo": None, "userPrincipalName": None},
            "labels": [],
            "firstActivityTimeUtc": time,
            "lastActivityTimeUtc": time,
            "lastModifiedTimeUtc": time,
            "createdTimeUtc": time,
            "incidentNumber": 1,
            "additionalData": {
                "alertsCount": 1,
                "commentsCount": 0,
                "alertProductNames": ["Azure Sentinel"],
                "tactics": list(rule.tactics),
                "techniques": list(rule.techniques),
            },
            "relatedAnalyticRuleIds": [f"{home}/alertRules/{rule.id}"],
        },
        "hidden": {"alerts": [_alert(rule, row, home, time)], "entities": [*_entities(rule, row, home)]},
    }


def posted(kept: Json) -> Json:
    """What the automation rule posts of an incident."""
    whole = {name: value for name, value in kept.items() if name != "hidden"}
    inside = {"alerts": kept["hidden"]["alerts"], "relatedEntities": kept["hidden"]["entities"]}
    case = whole | {"properties": whole["properties"] | inside}
    return {
        "objectSchemaType": "Incident",
        "objectEventType": "Create",
        "workspaceId": WORKSPACE_ID,
        "object": case,
    }


def read_back(kept: Json) -> dict[str, Json]:
    """What Sentinel answers to whoever asks for the incident, its alerts and its entities."""
    where = kept["id"]
    return {
        where: {name: value for name, value in kept.items() if name != "hidden"},
        f"{where}/alerts": {"value": kept["hidden"]["alerts"]},
        f"{where}/entities": {"entities": kept["hidden"]["entities"]},
    }


def _alert(rule: Analytic, row: Mapping[str, Any], home: str, time: str) -> Json:
    name = _id(rule, row, "alert")
    details = {name: [str(row[column])] for name, column in rule.details.items() if row[column] not in (None, "")}
    properties = {
        "systemAlertId": name,
        "tactics": list(rule.tactics),
        "alertDisplayName": rule.title,
        "severity": rule.severity,
        "vendorName": "Microsoft",
        "productName": "Azure Sentinel",
        "alertType": f"{WORKSPACE_ID}_{rule.id}",
        "status": "New",
        "startTimeUtc": time,
        "endTimeUtc": time,
        "timeGenerated": time,
        "additionalData": {
            "Analytic Rule Name": rule.title,
            "Analytic Rule Ids": json.dumps([rule.id]),
            "Custom Details": json.dumps(details),
        },
        "friendlyName": rule.title,
    }
    return _entity(home, name, "SecurityAlert", properties)


def _entities(rule: Analytic, row: Mapping[str, Any], home: str) -> Iterator[Json]:
    for kind, fields in rule.entities:
        told: dict[str, str] = {}
        for identifier, column in fields.items():
            told |= _told(identifier, str(row[column] or ""))
        if told:
            yield _entity(home, _id(rule, row, kind), KINDS[kind], told)


def _told(identifier: str, value: str) -> dict[str, str]:
    if not value:
        return {}
    if identifier != "FullName":
        return {FIELDS[identifier]: value}
    name, _, suffix = value.partition("@")
    return {"accountName": name} | ({"upnSuffix": suffix} if suffix else {})


def _entity(home: str, name: str, kind: str, properties: Mapping[str, Any]) -> Json:
    return {
        "id": f"{home}/Entities/{name}",
        "name": name,
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": kind,
        "properties": dict(properties),
    }


def _id(rule: Analytic, row: Mapping[str, Any], what: str) -> str:
    return str(uuid5(NAMESPACE_URL, json.dumps([rule.id, what, row], sort_keys=True, default=str)))
