"""Microsoft.SecurityInsights, api-version 2024-03-01: incidents of one workspace, with their alerts and entities."""

from uuid import uuid4

from drills.estate.ids import parent_of
from drills.estate.service import GROUP, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

WORKSPACE = f"{GROUP}Microsoft.OperationalInsights/workspaces/{{workspace}}"
INCIDENTS = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/incidents"

PORTAL = "https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident"


def service(world: World) -> Service:
    """Incidents: the incident, its alerts, its entities."""
    incidents = Incidents(world)
    one = f"{INCIDENTS}/{{incident}}"
    return Service(
        namespace="Microsoft.SecurityInsights",
        api_versions=frozenset({"2024-03-01"}),
        routes=(
            Route("GET", one, incidents.read),
            Route("POST", f"{one}/alerts", incidents.alerts),
            Route("POST", f"{one}/entities", incidents.entities),
        ),
    )


class Incidents:
    """Incidents as Sentinel shows them; alerts and entities are kept in the incident's hidden part."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, asked: Asked) -> Reply:
        """The incident."""
        incident = self._found(asked, asked.id)
        return Reply(200, {name: value for name, value in incident.items() if name != "hidden"})

    def alerts(self, asked: Asked) -> Reply:
        """The incident's alerts, as SecurityAlert entities."""
        return Reply(200, {"value": self._found(asked, _incident_of(asked))["hidden"]["alerts"]})

    def entities(self, asked: Asked) -> Reply:
        """The resources that the incident's alerts name."""
        entities = self._found(asked, _incident_of(asked))["hidden"]["entities"]
        counts = {"entityKind": "AzureResource", "count": len(entities)}
        return Reply(200, {"entities": entities, "metaData": [counts] if entities else []})

    def _found(self, asked: Asked, resource: str) -> Json:
        incident = self._world.store.read(resource)
        if incident is None:
            raise RefusalError(404, "NotFound", f"Incident '{asked.names['incident']}' was not found.")
        return incident


def _incident_of(asked: Asked) -> str:
    return parent_of(f"{asked.id}/x")


def incident(world: World, workspace: str, *, title: str, resources: tuple[str, ...], severity: str = "High") -> Json:
    """A new incident with one alert on the resources, stored as Sentinel would have it."""
    name, now = str(uuid4()), world.stamp()
    home = f"{workspace}/providers/Microsoft.SecurityInsights"
    state = {
        "id": f"{home}/incidents/{name}",
        "name": name,
        "etag": f'"{uuid4()}"',
        "type": "Microsoft.SecurityInsights/incidents",
        "properties": {
            "title": title,
            "description": title,
            "severity": severity,
            "status": "New",
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
            "alerts": [_alert(world, home, title, severity, resources)],
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
