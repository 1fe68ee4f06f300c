"""Every resource of a template against its published type, and against what the service wants besides."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.check import body
from infra.check.declared import UNTYPED
from infra.check.expressions import is_expression
from infra.check.published import Types
from infra.check.template import Resource, Template

AROUND = {"type", "apiVersion", "condition", "copy", "resources", "scope", "dependsOn", "comments"}
"""What stands beside a body in a template and is no part of it."""
WANTED: Mapping[str, tuple[str, ...]] = {
    "microsoft.authorization/roleassignments": ("properties.principalType",),
    "microsoft.authorization/roledefinitions": (
        "properties.roleName",
        "properties.type",
        "properties.permissions",
        "properties.assignableScopes",
    ),
    "microsoft.eventgrid/systemtopics": ("properties.source", "properties.topicType"),
    "microsoft.eventgrid/systemtopics/eventsubscriptions": (
        "properties.eventDeliverySchema",
        "properties.filter.includedEventTypes",
        "properties.retryPolicy",
    ),
    "microsoft.insights/components": ("properties.WorkspaceResourceId", "properties.DisableLocalAuth"),
    "microsoft.keyvault/vaults": (
        "properties.enablePurgeProtection",
        "properties.enableRbacAuthorization",
        "properties.enableSoftDelete",
    ),
    "microsoft.logic/workflows": ("properties.definition", "properties.state"),
    "microsoft.network/privateendpoints": ("properties.subnet.id", "properties.privateLinkServiceConnections"),
    "microsoft.operationalinsights/workspaces": ("properties.sku.name",),
    "microsoft.storage/storageaccounts": (
        "properties.allowBlobPublicAccess",
        "properties.allowSharedKeyAccess",
        "properties.minimumTlsVersion",
        "properties.supportsHttpsTrafficOnly",
    ),
    "microsoft.storage/storageaccounts/blobservices/containers": ("properties.publicAccess",),
    "microsoft.web/serverfarms": ("properties.reserved", "sku.name", "sku.tier"),
    "microsoft.web/sites": (
        "identity",
        "properties.serverFarmId",
        "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId",
        "properties.functionAppConfig.runtime",
        "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB",
        "properties.httpsOnly",
        "properties.siteConfig.appSettings",
    ),
}
"""What the published types call optional and a template of ours cannot do without, by type in lower case."""
RULES: Mapping[str, tuple[str, ...]] = {
    "Scheduled": (
        "displayName",
        "enabled",
        "query",
        "queryFrequency",
        "queryPeriod",
        "severity",
        "suppressionDuration",
        "suppressionEnabled",
        "triggerOperator",
        "triggerThreshold",
    ),
    "NRT": ("displayName", "enabled", "query", "severity", "suppressionDuration", "suppressionEnabled"),
}
"""What an analytics rule cannot do without, by its kind (Sentinel's REST reference, alertRules)."""


def bodies(template: Template, types: Types) -> Iterator[str]:
    """Faults of each body against its type."""
    for resource in template.resources:
        if not resource.is_deployment:
            yield from _body(resource, types)


def wanted(template: Template) -> Iterator[str]:
    """What is missing although the types would allow it."""
    for resource in template.resources:
        paths = WANTED.get(resource.type.casefold(), ())
        if resource.type.casefold() == "microsoft.securityinsights/alertrules":
            paths = tuple(f"properties.{name}" for name in RULES.get(str(resource.body.get("kind")), ()))
        yield from (f"{resource.path}: {path} is missing" for path in paths if not has(resource.body, path))


def untyped(template: Template, types: Types) -> Iterator[str]:
    """The types in the template whose bodies nothing here can judge, as `type@version`."""
    for resource in template.resources:
        name = f"{resource.type}@{resource.body.get('apiVersion')}"
        known = types.body(resource.type, str(resource.body.get("apiVersion")))
        if known is None and name in UNTYPED:
            yield name


def has(value: Any, path: str) -> bool:
    """Whether the dotted path is there; what an expression makes is taken to be there."""
    for name in path.split("."):
        if is_expression(value):
            return True
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _body(resource: Resource, types: Types) -> Iterator[str]:
    version = str(resource.body.get("apiVersion"))
    known = types.body(resource.type, version)
    if known is None:
        if f"{resource.type}@{version}" not in UNTYPED:
            at_hand = types.versions(resource.type) or "none"
            yield f"{resource.path}: unknown type {resource.type}@{version}; versions at hand: {at_hand}"
        return
    table, kind = known
    said = {name: value for name, value in resource.body.items() if name not in AROUND}
    yield from body.faults(table, kind, said, resource.path)
