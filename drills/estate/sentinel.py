"""Microsoft.SecurityInsights, api-version 2024-03-01: incidents of one workspace, with their alerts and entities."""

from typing import Any
from uuid import uuid4

from drills.estate.ids import parent_of
from drills.estate.service import GROUP, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

WORKSPACE = f"{GROUP}Microsoft.OperationalInsights/workspaces/{{workspace}}"
INCIDENTS = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/incidents"

NEEDED = ("title", "severity", "status")
WRITABLE = (
    *NEEDED,
    "description",
    "classification",
    "classificationReason",
    "classificationComment",
    "owner",
    "labels",
)
NOBODY = {"objectId": None, "email": None, "assignedTo": None, "userPrincipalName": None}
LONGEST_COMMENT = 30_000
PORTAL = "https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident"


def service(world: World) -> Service:
    """Incidents: the incident, its alerts, its entities, its comments."""
    incidents = Incidents(world)
    one = f"{INCIDENTS}/{{incident}}"
    return Service(
        namespace="Microsoft.SecurityInsights",
        api_versions=frozenset({"2024-03-01"}),
        routes=(
            Route("GET", INCIDENTS, incidents.every),
            Route("GET", one, incidents.read),
            Route("PUT", one, incidents.put),
            Route("GET", f"{one}/comments", incidents.comments),
            Route("GET", f"{one}/comments/{{comment}}", incidents.comment),
            Route("PUT", f"{one}/comments/{{comment}}", incidents.say),
            Route("POST", f"{one}/alerts", incidents.alerts),
            Route("POST", f"{one}/entities", incidents.entities),
        ),
    )


class Incidents:
    """Incidents as Sentinel shows them; alerts and entities are kept in the incident's hidden part."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, asked: Asked) -> Reply:
        """Every incident of the workspace."""
        found = self._world.store.of_type("Microsoft.SecurityInsights/incidents", parent_of(f"{asked.id}/x"))
        return Reply(200, {"value": [_shown(one) for one in found]})

    def read(self, asked: Asked) -> Reply:
        """The incident."""
        return Reply(200, _shown(self._found(asked, asked.id)))

    def alerts(self, asked: Asked) -> Reply:
        """The incident's alerts, as SecurityAlert entities."""
        return Reply(200, {"value": self._found(asked, _incident_of(asked))["hidden"]["alerts"]})

    def entities(self, asked: Asked) -> Reply:
        """The resources that the incident's alerts name."""
        entities = self._found(asked, _incident_of(asked))["hidden"]["entities"]
        counts = {"entityKind": "AzureResource", "count": len(entities)}
        return Reply(200, {"entities": entities, "metaData": [counts] if entities else []})

    def put(self, asked: Asked) -> Reply:
        """The incident as the body says; what the body leaves out of the writable is gone, the rest stays."""
        incident = self._found(asked, asked.id)
        given = (asked.body or {}).get("properties") or {}
        _check(given)
        match = asked.headers.get("if-match")
        if match not in (None, "*", incident["etag"]):
            raise RefusalError(412, "PreconditionFailed", "The etag of the incident has changed.")
        about = {name: value for name, value in incident["properties"].items() if name not in WRITABLE}
        about |= {"owner": NOBODY | (given.get("owner") or {}), "labels": given.get("labels") or []}
        about |= {name: given[name] for name in WRITABLE if name in given and name not in ("owner", "labels")}
        about["lastModifiedTimeUtc"] = self._world.stamp()
        self._world.store.put(incident | {"etag": f'"{uuid4()}"', "properties": about})
        return self.read(asked)

    def comments(self, asked: Asked) -> Reply:
        """What was said in the incident, the latest first."""
        return Reply(200, {"value": _said(self._found(asked, _incident_of(asked)))})

    def comment(self, asked: Asked) -> Reply:
        """One comment."""
        incident = self._found(asked, parent_of(asked.id))
        found = next((one for one in _said(incident) if one["name"].lower() == asked.names["comment"].lower()), None)
        if found is None:
            raise RefusalError(404, "NotFound", f"Comment '{asked.names['comment']}' was not found.")
        return Reply(200, found)

    def say(self, asked: Asked) -> Reply:
        """The comment, new or in place of the one with its name."""
        incident = self._found(asked, parent_of(asked.id))
        message = ((asked.body or {}).get("properties") or {}).get("message")
        if not isinstance(message, str) or not 0 < len(message) <= LONGEST_COMMENT:
            raise RefusalError(400, "BadRequest", f"'message' must have 1 to {LONGEST_COMMENT} characters.")
        others = [one for one in _said(incident) if one["name"].lower() != asked.names["comment"].lower()]
        comment = _new_comment(self._world, asked, message)
        incident["hidden"]["comments"] = [comment, *others]
        incident["properties"]["additionalData"]["commentsCount"] = len(others) + 1
        self._world.store.put(incident)
        return Reply(201, comment)

    def _found(self, asked: Asked, resource: str) -> Json:
        incident = self._world.store.read(resource)
        if incident is None:
            raise RefusalError(404, "NotFound", f"Incident '{asked.names['incident']}' was not found.")
        return incident


def _shown(incident: Json) -> Json:
    return {name: value for name, value in incident.items() if name != "hidden"}


def _check(given: Json) -> None:
    missing = [name for name in NEEDED if not given.get(name)]
    if missing:
        raise RefusalError(400, "BadRequest", f"'{missing[0]}' is required.")
    if given["status"] == "Closed" and not given.get("classification"):
        raise RefusalError(400, "BadRequest", "A closed incident needs a classification.")


def _said(incident: Json) -> list[Json]:
    found: list[Json] = incident["hidden"].get("comments", [])
    return found


def _new_comment(world: World, asked: Asked, message: str) -> Json:
    now = world.stamp()
    author: dict[str, Any] = {"objectId": asked.caller.oid if asked.caller else None, "name": "app"}
    return {
        "id": asked.id,
        "name": asked.names["comment"],
        "etag": f'"{uuid4()}"',
        "type": "Microsoft.SecurityInsights/incidents/comments",
        "properties": {"message": message, "createdTimeUtc": now, "lastModifiedTimeUtc": now, "author": author},
    }


def _incident_of(asked: Asked) -> str:
    return parent_of(f"{asked.id}/x")


def incident(world: World, workspace: str, told: Json, resources: tuple[str, ...]) -> Json:
    """A new incident (`told`: title, severity, status) with one alert on the resources, as Sentinel would have it."""
    name, now = str(uuid4()), world.stamp()
    home = f"{workspace}/providers/Microsoft.SecurityInsights"
    state = {
        "id": f"{home}/incidents/{name}",
        "name": name,
        "etag": f'"{uuid4()}"',
        "type": "Microsoft.SecurityInsights/incidents",
        "properties": {
            **told,
            "description": told["title"],
            "owner": {"objectId": None, "email": None, "assignedTo": None, "userPrincipalName": None},
            "labels": [],
            "firstActivityTimeUtc": now,
            "lastActivityTimeUtc": now,
            "lastModifiedTimeUtc": now,
            "createdTimeUtc": now,
            "incidentNumber": 1 + len(world.store.of_type("Microsoft.SecurityInsights/incidents")),
            "additionalData": _counts(),
            "relatedAnalyticRuleIds": [f"{home}/alertRules/{uuid4()}"],
            "incidentUrl": f"{PORTAL}{home}/Incidents/{name}",
        },
        "hidden": {
            "alerts": [_alert(world, home, told["title"], told["severity"], resources)],
            "entities": [_resource(home, resource) for resource in resources],
        },
    }
    world.store.seed(state)
    return {key: value for key, value in state.items() if key != "hidden"}


def _counts() -> Json:
    return {
        "alertsCount": 1,
        "bookmarksCount": 0,
        "commentsCount": 0,
        "alertProductNames": ["Microsoft Defender for Cloud"],
        "tactics": ["Collection"],
    }


def _alert(world: World, home: str, title: str, severity: str, resources: tuple[str, ...]) -> Json:
    name, now = str(uuid4()), world.stamp()
    properties = {
        "systemAlertId": name,
        "tactics": ["Collection"],
        "alertDisplayName": title,
        "confidenceLevel": "Unknown",
        "severity": severity,
        "vendorName": "Microsoft",
        "productName": "Microsoft Defender for Cloud",
        "alertType": "Storage.Blob_AnonymousAccessAnomaly",
        "status": "New",
        "startTimeUtc": now,
        "endTimeUtc": now,
        "timeGenerated": now,
        "processingEndTime": now,
        "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": resource} for resource in resources],
        "friendlyName": title,
    }
    return _entity(home, name, "SecurityAlert", properties)


def _resource(home: str, resource: str) -> Json:
    return _entity(
        home, str(uuid4()), "AzureResource", {"resourceId": resource, "friendlyName": resource.rpartition("/")[2]}
    )


def _entity(home: str, name: str, kind: str, properties: Json) -> Json:
    return {
        "id": f"{home}/Entities/{name}",
        "name": name,
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": kind,
        "properties": properties,
    }
