"""Microsoft.Security, api-version 2022-01-01: Defender for Cloud's alerts, by their system alert id."""

from collections.abc import Mapping
from uuid import uuid4

from drills.estate.service import GROUP, SUBSCRIPTION, Route, Service
from drills.estate.wire import Asked, Json, RefusalError, Reply
from drills.estate.world import World

LOCATION = "centralus"


def service(world: World) -> Service:
    """Alerts of the subscription and of a resource group."""
    alerts = Alerts(world)
    path, every = "Microsoft.Security/locations/{location}/alerts/{alert}", "Microsoft.Security/alerts"
    return Service(
        namespace="Microsoft.Security",
        api_versions=frozenset({"2022-01-01"}),
        routes=(
            Route("GET", f"{SUBSCRIPTION}{path}", alerts.read),
            Route("GET", f"{GROUP}{path}", alerts.read),
            Route("GET", f"{SUBSCRIPTION}{every}", alerts.every),
        ),
    )


class Alerts:
    """Alerts as Defender for Cloud shows them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every(self, _: Asked) -> Reply:
        """Every alert of the subscription."""
        return Reply(
            200, {"value": self._world.store.of_type("Microsoft.Security/locations/alerts", self._world.scope)}
        )

    def read(self, asked: Asked) -> Reply:
        """The alert, under the scope at which it is asked for."""
        every = self._world.store.of_type("Microsoft.Security/locations/alerts", self._world.scope)
        found = next((one for one in every if one["name"].lower() == asked.names["alert"].lower()), None)
        if found is None:
            raise RefusalError(404, "NotFound", f"Alert '{asked.names['alert']}' was not found.")
        return Reply(200, found | {"id": asked.id})


def alert(world: World, resource: str, told: Json, said: Mapping[str, str]) -> Json:
    """A new alert on the resource (`told`: alertType, severity, status), stored as Defender would have it."""
    name, now = f"2517{uuid4().int % 10**15:015d}_{uuid4()}", world.stamp()
    group = resource.partition("/providers/")[0]
    state: Json = {
        "id": f"{group}/providers/Microsoft.Security/locations/{LOCATION}/alerts/{name}",
        "name": name,
        "type": "Microsoft.Security/Locations/alerts",
        "properties": {
            **told,
            "timeGeneratedUtc": now,
            "processingEndTimeUtc": now,
            "version": "2022-01-01.0",
            "vendorName": "Microsoft",
            "productName": "Microsoft Defender for Cloud",
            "startTimeUtc": now,
            "endTimeUtc": now,
            "isIncident": False,
            "systemAlertId": name,
            "intent": "Collection",
            "resourceIdentifiers": [_identifier(resource)],
            "compromisedEntity": resource.rpartition("/")[2],
            "alertDisplayName": told["alertType"],
            "description": told["alertType"],
            "remediationSteps": [],
            "extendedProperties": {**said},
            "entities": [],
        },
    }
    world.store.seed(state)
    return state


def _identifier(resource: str) -> Json:
    return {
        "azureResourceId": resource,
        "type": "AzureResource",
    }
