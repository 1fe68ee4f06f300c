"""Microsoft Graph's security alert of `alerts_v2` (Defender XDR): what was touched stands in `evidence`."""

from collections.abc import Mapping
from typing import Any

from detection.aliases import alert_ids
from detection.drill import marked, stripped
from detection.fields import address, at, identity, listing, text, texts
from detection.hints import hints
from detection.item import Item, Reader
from detection.resources import specific
from detection.severity import severity
from detection.standing import of_alert
from detection.times import utc
from incident.signal import Signal

TYPE = "#microsoft.graph.security.alert"


def looks_like(body: Mapping[str, Any]) -> bool:
    """The type that OData writes, or a service's source with a detector's id."""
    return body.get("@odata.type") == TYPE or {"serviceSource", "firstActivityDateTime"} <= body.keys()


def read(item: Item) -> Signal:
    """`providerAlertId` is the id at the service that raised it; `alertType` or the detector names the kind."""
    body = item.body
    evidence = listing(body, "evidence")
    kind = stripped(text(body, "alertType") or text(body, "additionalData", "AlertType"))
    types = (kind,) if kind else ()
    known = alert_ids(text(body, "id"), text(body, "providerAlertId"))
    accounts = [found for each in evidence if (found := at(each, "userAccount"))]
    upns = [found for each in accounts if (found := text(each, "userPrincipalName"))]
    objects = [found for each in accounts if (found := identity(text(each, "azureAdUserId")))]
    return Signal(
        source="graph",
        kind="graph-security-alert-v2",
        id=text(body, "id") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "firstActivityDateTime")) or utc(at(body, "createdDateTime")),
        first_activity_at=utc(at(body, "firstActivityDateTime")),
        system_alert_id=next(iter(known), None),
        alert_ids=known,
        severity=severity(body, "severity"),
        standing=of_alert(text(body, "status"), text(body, "classification"), types),
        drill=marked(text(body, "alertType"), text(body, "title"), text(body, "description")),
        title=text(body, "title") or "",
        alert_types=types,
        actor=next(iter([*upns, *objects]), None),
        ip=next((found for each in evidence if (found := address(text(each, "ipAddress")))), None),
        resources=specific(*(found for each in evidence for found in _ids(each))),
        hints=hints(
            provider=text(body, "serviceSource"),
            provider_incident=text(body, "incidentId"),
            detector=text(body, "detectorId"),
            tactics=text(body, "category"),
            techniques=", ".join(texts(body, "mitreTechniques")),
            actor_object_id=next(iter(objects), None),
        ),
        body=body,
    )


def _ids(evidence: Any) -> tuple[str | None, ...]:
    """Azure ids of a resource, a machine, or the account that holds a blob or container."""
    return (
        text(evidence, "resourceId"),
        text(evidence, "vmMetadata", "resourceId"),
        text(evidence, "storageResource", "resourceId"),
        text(evidence, "blobContainer", "storageResource", "resourceId"),
    )


READER = Reader(kind="graph-security-alert-v2", shape=looks_like, read=read)
