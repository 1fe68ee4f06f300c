"""Entra's logs as diagnostic settings stream them: audits, sign-ins of every sort, risk detections."""

from collections.abc import Mapping
from typing import Any

from detection.audit import changes
from detection.fields import address, at, identity, mapping, text
from detection.hints import hints
from detection.identity import Principal, from_initiator
from detection.item import Item, Reader
from detection.resources import tenant
from detection.severity import severity
from detection.standing import of_operation
from detection.times import earliest, utc
from incident.signal import Signal, Standing

DIRECTORY = "/providers/microsoft.aadiam"
CATEGORIES = frozenset(
    [
        "auditlogs",
        "signinlogs",
        "noninteractiveusersigninlogs",
        "serviceprincipalsigninlogs",
        "managedidentitysigninlogs",
        "adfssigninlogs",
        "riskyusers",
        "userriskevents",
        "riskyserviceprincipals",
        "serviceprincipalriskevents",
        "provisioninglogs",
        "microsoftgraphactivitylogs",
    ]
)


def looks_like(body: Mapping[str, Any]) -> bool:
    """Of the directory, by its resource id or category."""
    about, category = (text(body, "resourceId") or "").casefold(), (text(body, "category") or "").casefold()
    return "operationName" in body and (about.endswith(DIRECTORY) or category in CATEGORIES)


def read(item: Item) -> Signal:
    """The target is an object of the directory and no resource: it stands in the hints."""
    body, about = item.body, mapping(item.body, "properties")
    who = _who(about)
    tenant_id = text(body, "tenantId") or text(about, "tenantId") or text(about, "homeTenantId")
    return Signal(
        source="entra",
        kind="entra-log-record",
        id=text(about, "id") or text(body, "correlationId") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "time")) or utc(at(about, "activityDateTime")),
        first_activity_at=earliest(at(about, "activityDateTime"), at(about, "createdDateTime")),
        correlation_id=identity(text(body, "correlationId") or text(about, "correlationId")),
        severity=severity(body, "level"),
        standing=_standing(body, about),
        title=text(about, "activityDisplayName") or text(body, "operationName") or "",
        operation=text(about, "activityDisplayName") or text(body, "operationName"),
        actor=who.actor,
        ip=address(text(body, "callerIpAddress")) or address(text(about, "ipAddress")) or who.ip,
        resources=_directory(text(body, "resourceId")) or tenant(tenant_id),
        hints=changes(about)
        | who.hints
        | hints(
            tenant=tenant_id,
            category=text(body, "category"),
            risk=text(about, "riskEventType"),
            risk_level=text(about, "riskLevel"),
            risk_state=text(about, "riskState"),
            conditional_access=text(about, "conditionalAccessStatus"),
            client_app=text(about, "clientAppUsed"),
            signed_in_to=text(about, "resourceId"),
        ),
        body=body,
    )


def _who(about: Mapping[str, Any]) -> Principal:
    if initiated := mapping(about, "initiatedBy"):
        return from_initiator(initiated)
    object_id = identity(text(about, "userId") or text(about, "servicePrincipalId"))
    app_id = identity(text(about, "appId"))
    return Principal(actor=text(about, "userPrincipalName") or object_id or app_id, object_id=object_id, app_id=app_id)


def _standing(body: Mapping[str, Any], about: Mapping[str, Any]) -> Standing:
    """A sign-in succeeded only with error code 0; a dismissed or remediated risk is over."""
    if (text(about, "riskState") or "").casefold() in ("dismissed", "remediated", "confirmedsafe"):
        return Standing.ENDED
    code = text(about, "status", "errorCode") or text(body, "resultType")
    if (code or "0").lstrip("-").isdecimal() and int((code or "0")[:12]):
        return Standing.FAILED
    return of_operation(text(about, "result"))


def _directory(written: str | None) -> tuple[Any, ...]:
    parts = (written or "").strip("/").split("/")
    return tenant(parts[1]) if len(parts) == 4 and parts[0].casefold() == "tenants" else ()


READER = Reader(kind="entra-log-record", shape=looks_like, read=read)
