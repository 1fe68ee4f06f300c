"""What Sentinel is given, as templates: the analytics rules of detection/analytics, and the workbook of infra/workbook.

A rule's resource is named by its own id: deployed again it is the same rule, and the responder restores it under it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detection import analytics
from detection.analytics.deployed import body
from infra.check.template import RESOURCE_GROUP

FOLDER = Path(__file__).parent / "workbook"
WORKSPACE = {"type": "string", "metadata": {"description": "Resource id of the workspace that telemetry is sent to."}}
RULES, WORKBOOK = "2024-09-01", "2023-06-01"
DEPLOYMENTS = "2022-09-01"
FREE = "nothing by itself; Sentinel is paid by the gigabyte that its workspace takes in"

type Body = dict[str, Any]


def files() -> Mapping[str, str]:
    """Each generated file's text, by its path from the root."""
    return {
        "infra/modules/rules.json": json.dumps(rules(), indent=2) + "\n",
        "infra/modules/workbook.json": json.dumps(workbook(), indent=2) + "\n",
    }


def rules() -> Body:
    """Every analytics rule, in the workspace's resource group; Sentinel must be on there."""
    name = "[split(parameters('workspaceResource'), '/')[8]]"
    inner = {
        "$schema": RESOURCE_GROUP,
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "string", "metadata": {"description": "Name of the workspace."}}},
        "resources": [_rule(rule) for rule in analytics.every()],
    }
    deployment = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": DEPLOYMENTS,
        "name": "analytics-rules",
        "subscriptionId": "[split(parameters('workspaceResource'), '/')[2]]",
        "resourceGroup": "[split(parameters('workspaceResource'), '/')[4]]",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"workspace": {"value": name}},
            "template": inner,
        },
    }
    said = f"{len(inner['resources'])} analytics rules for Microsoft Sentinel, scoped by the watchlist hipaa_assets."
    return _module(said, "enableRules", {"workspaceResource": WORKSPACE}, [deployment])


def _rule(rule: analytics.Analytic) -> Body:
    return {
        "type": "Microsoft.SecurityInsights/alertRules",
        "apiVersion": RULES,
        "scope": "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]",
        "name": rule.id,
        **_plain(body(rule)),
    }


def _plain(value: Any) -> Any:
    """Text that only looks like an expression stays text."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return f"[{value}" if isinstance(value, str) and value.startswith("[") else value


def queries() -> Mapping[str, str]:
    """The workbook's queries, by their title: each file's first line."""
    found = [path.read_text().split("\n", 1) for path in sorted(FOLDER.glob("*.kql"))]
    return {title.removeprefix("// "): query.strip() for title, query in found}


def workbook() -> Body:
    """PHI access, gaps in retention and response times, over the last month unless the reader asks otherwise."""
    shown = {"version": "Notebook/1.0", "items": [_span(), *(_table(*each) for each in queries().items())]}
    resource = {
        "type": "Microsoft.Insights/workbooks",
        "apiVersion": WORKBOOK,
        "name": "[guid(parameters('workspaceResource'), 'tourniquet')]",
        "location": "[parameters('location')]",
        "tags": "[parameters('tags')]",
        "kind": "shared",
        "properties": {
            "displayName": "Tourniquet: PHI",
            "category": "sentinel",
            "sourceId": "[parameters('workspaceResource')]",
            "serializedData": json.dumps(shown),
        },
    }
    parameters = {
        "location": {"type": "string", "metadata": {"description": "Region of everything that is deployed."}},
        "tags": {"type": "object", "defaultValue": {}, "metadata": {"description": "Tags of every resource."}},
        "workspaceResource": WORKSPACE,
    }
    said = "Workbook: who reads PHI, gaps in retention, response times."
    return _module(said, "enableWorkbook", parameters, [resource])


def _span() -> Body:
    month, shown = 30 * 86_400_000, {"selectableValues": [{"durationMs": days * 86_400_000} for days in (1, 7, 30, 90)]}
    parameter = {"name": "Span", "type": 4, "isRequired": True, "value": {"durationMs": month}, "typeSettings": shown}
    content = {"version": "KqlParameterItem/1.0", "parameters": [parameter], "style": "pills"}
    return {"type": 9, "content": content, "name": "span"}


def _table(title: str, query: str) -> Body:
    content = {
        "version": "KqlItem/1.0",
        "query": query,
        "title": title,
        "timeContextFromParameter": "Span",
        "queryType": 0,
        "resourceType": "microsoft.operationalinsights/workspaces",
        "visualization": "table",
        "showExportToExcel": True,
    }
    return {"type": 3, "content": content, "name": title}


def _module(description: str, enable: str, parameters: Mapping[str, Any], resources: list[Body]) -> Body:
    said = {"description": description, "part": "optional", "enable": enable, "monthlyCost": FREE}
    return {
        "$schema": RESOURCE_GROUP,
        "contentVersion": "1.0.0.0",
        "metadata": said | {"generated": "make templates"},
        "parameters": dict(parameters),
        "resources": resources,
    }
