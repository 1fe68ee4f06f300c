"""Microsoft Graph's old security alert: the category is the alert type, the properties a broken string of JSON."""

import re
from collections.abc import Mapping
from typing import Any

from detection.aliases import alert_ids
from detection.drill import marked, stripped
from detection.fields import address, at, identity, listing, mapping, text
from detection.hints import hints, named
from detection.item import Item, Reader
from detection.resources import container_of, specific
from detection.severity import severity
from detection.standing import of_alert
from detection.times import utc
from incident.signal import Signal

PAIR = re.compile(r'\\*"([A-Za-z ]{2,50})\\*":\\*"([^"\\]{1,500})')


def looks_like(body: Mapping[str, Any]) -> bool:
    """`vendorInformation` with a provider."""
    return bool(text(body, "vendorInformation", "provider")) and "id" in body


def read(item: Item) -> Signal:
    """Resources are those of `securityResources`; pairs of the broken properties are taken one by one."""
    body = item.body
    kind = stripped(text(body, "category"))
    types = (kind,) if kind else ()
    said = named(dict(PAIR.findall(text(body, "CustomProperties") or "")))
    ids = [text(each, "resource") for each in listing(body, "securityResources")]
    known = alert_ids(text(body, "id"))
    user = next(iter(listing(body, "userStates")), None)
    connection = next(iter(listing(body, "networkConnections")), None)
    return Signal(
        source="graph",
        kind="graph-security-alert-v1",
        id=text(body, "id") or item.content,
        content=item.content,
        received_at=item.received_at,
        occurred_at=utc(at(body, "eventDateTime")) or utc(at(body, "createdDateTime")),
        first_activity_at=utc(at(body, "eventDateTime")),
        system_alert_id=next(iter(known), None),
        alert_ids=known,
        severity=severity(body, "severity"),
        standing=of_alert(text(body, "status"), text(body, "feedback"), types),
        drill=marked(text(body, "category"), text(body, "title"), text(body, "description")),
        title=text(body, "title") or "",
        alert_types=types,
        actor=text(user, "userPrincipalName") or identity(text(user, "aadUserId")),
        ip=address(text(connection, "sourceAddress")),
        resources=specific(*(container_of(each, said.get("container")) for each in ids), *ids),
        hints=said
        | hints(
            provider=text(mapping(body, "vendorInformation"), "provider"),
            actor_object_id=identity(text(user, "aadUserId")),
        ),
        body=body,
    )


READER = Reader(kind="graph-security-alert-v1", shape=looks_like, read=read)
