"""Incidents that an automation rule of Sentinel has closed unread, as they would have been told without it.

It reads, and says; what it gives is taken in like any other claim. A closed incident bears nothing out: what the live
state does not show is left to people.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from cloud import Cloud
from detection.fields import listing, text
from detection.rule import host
from detection.times import utc
from incident.resource import ResourceId
from incident.target import Before

INCIDENTS = "providers/Microsoft.SecurityInsights/incidents"
CLOSED = "Closed"
OF_CLOSING = ("classification", "classificationReason", "classificationComment")


async def unread(
    cloud: Cloud, rule: ResourceId, closing: Mapping[str, Any], *, since: datetime, until: datetime
) -> AsyncIterator[dict[str, Any]]:
    """What the rule may have closed of what was made in that time. Refused and Postponed as `cloud.arm` raises them."""
    (workspace,) = host(rule)
    ways = _ways(closing)
    for each in await cloud.arm.children(workspace, INCIDENTS):
        made = utc(each.properties.get("createdTimeUtc"))
        if made and since <= made <= until and _as_the_rule_closes(each, ways):
            yield await _told(cloud, each)


def _ways(closing: Mapping[str, Any]) -> set[str]:
    """The classifications with which the rule closes; an empty one stands for any."""
    settings = [action.get("actionConfiguration") or {} for action in closing.get("actions") or ()]
    return {text(each, "classification") or "" for each in settings if text(each, "status") == CLOSED}


def _as_the_rule_closes(incident: Before, ways: set[str]) -> bool:
    """Closed, of nobody, and classified as the rule does: what a person has closed is a person's word."""
    known, owner = incident.properties, text(incident.properties, "owner", "objectId")
    closed = text(known, "status") == CLOSED and owner is None
    return closed and ("" in ways or (text(known, "classification") or "") in ways)


async def _told(cloud: Cloud, incident: Before) -> dict[str, Any]:
    """The incident as a new one is told of, with its alerts and entities."""
    place = ResourceId(str(incident.body["id"]))
    alerts, entities = await asyncio.gather(cloud.arm.act(place, "alerts"), cloud.arm.act(place, "entities"))
    kept = {name: value for name, value in incident.properties.items() if name not in OF_CLOSING}
    told = {
        "status": "New",
        "alerts": [*listing(alerts.body, "value")],
        "relatedEntities": [*listing(entities.body, "entities")],
    }
    return {"objectSchemaType": "Incident", "object": {**incident.body, "properties": {**kept, **told}}}
