"""A rule as Resource Manager holds it, under its own id: `Microsoft.SecurityInsights/alertRules`, 2024-03-01.

That version knows no near-real-time rules: those run every five minutes over the last hour there, since logs come late.
A row that is found again tells nothing new: the alert's entities and details are the same.
"""

import json
from datetime import timedelta
from typing import Any

from detection.analytics import Analytic, every

NEAR_REAL_TIME = (timedelta(minutes=5), timedelta(hours=1))


def body(rule: Analytic) -> dict[str, Any]:
    """What a PUT of the rule sends: each row is an alert, and alerts make incidents."""
    frequency, period = NEAR_REAL_TIME if rule.kind == "NRT" else (rule.frequency, rule.period)
    properties = {
        "displayName": rule.title,
        "description": rule.description,
        "enabled": True,
        "severity": rule.severity,
        "query": rule.query,
        "queryFrequency": _iso(frequency),
        "queryPeriod": _iso(period),
        "triggerOperator": "GreaterThan",
        "triggerThreshold": 0,
        "suppressionEnabled": False,
        "suppressionDuration": _iso(period),
        "tactics": list(rule.tactics),
        "techniques": [technique.partition(".")[0] for technique in rule.techniques],
        "entityMappings": [_entity(kind, columns) for kind, columns in rule.entities],
        "customDetails": dict(rule.details),
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": {"createIncident": True},
    }
    return {"kind": "Scheduled", "properties": properties}


def ours(name: str) -> str | None:
    """The body of the rule that has this id, as JSON; None where it is none of ours."""
    found = next((rule for rule in every() if rule.id == name.casefold()), None)
    return json.dumps(body(found)) if found else None


def _entity(kind: str, columns: Any) -> dict[str, Any]:
    fields = [{"identifier": identifier, "columnName": column} for identifier, column in columns.items()]
    return {"entityType": kind, "fieldMappings": fields}


def _iso(length: timedelta) -> str:
    """ISO 8601, in minutes: `PT5M`."""
    return f"PT{length // timedelta(minutes=1)}M"
