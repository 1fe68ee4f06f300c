"""Incidents of our own analytics rules as Sentinel keeps them: an alert with custom details, and an account."""

import json
from collections.abc import Mapping
from uuid import uuid4

from drills.estate import sentinel
from drills.estate.wire import Json
from drills.estate.world import World


def detection(  # noqa: PLR0913 - each is something that an alert of a rule says
    world: World, workspace: str, title: str, *, account: Json, details: Mapping[str, str], resources: tuple[str, ...]
) -> Json:
    """A new incident with one alert, as its webhook shows it: with alerts and entities."""
    kept = sentinel.incident(world, workspace, {"title": title, "severity": "High", "status": "New"}, resources)
    state = world.store.read(kept["id"]) or {}
    hidden = state["hidden"]
    [alert] = hidden["alerts"]
    said = json.dumps({name: [value] for name, value in details.items()})
    own = {"productName": "Azure Sentinel", "alertType": f"soc_{uuid4()}", "resourceIdentifiers": []}
    alert["properties"] |= own | {"additionalData": {"Custom Details": said}}
    hidden["entities"].append(_account(kept["id"].partition("/incidents/")[0], account))
    world.store.seed(state)
    return kept | {"properties": kept["properties"] | {"alerts": [alert], "relatedEntities": hidden["entities"]}}


def _account(home: str, account: Json) -> Json:
    name = str(uuid4())
    return {
        "id": f"{home}/Entities/{name}",
        "name": name,
        "type": "Microsoft.SecurityInsights/Entities",
        "kind": "Account",
        "properties": account | {"friendlyName": account["accountName"]},
    }
