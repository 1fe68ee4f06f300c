"""A rule closes every incident as it comes in: the one that tells of PHI goes the way of the noise."""

from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.places import PHI, WORKSPACE
from drills.estate.settable import resource
from drills.scenario import EventGrid, Scenario, Take, Word

TIDY = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/automationRules/tidy"
CLOSING = {
    "displayName": "Close noise",
    "order": 1,
    "triggeringLogic": {"isEnabled": True, "triggersOn": "Incidents", "triggersWhen": "Created", "conditions": []},
    "actions": [{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {"status": "Closed"}}],
}


def before(clinic: Clinic) -> None:
    """The workspace watches PHI."""
    clinic.account("phistore")
    clinic.estate.world.store.seed(resource(WORKSPACE) | {"tags": PHI})


def attack(clinic: Clinic) -> Take:
    """The rule stands; whatever the attacker sets off is closed before anybody has read it."""
    clinic.attacks("PUT", TIDY, {"properties": CLOSING}, "2024-03-01")
    account, numbers = clinic.account("phistore").id, count(1)

    def closed_unread() -> bool:
        incident = clinic.incident(f"Mass download of PHI {next(numbers)}", account)
        return bool(incident["properties"]["status"] == "Closed")

    return closed_unread


SCENARIO = Scenario(
    name="rule_that_closes_every_incident",
    title="Incidents are closed before anybody has read them",
    incident_class="detect.alert_fatigue",
    before=before,
    attack=attack,
    signal=EventGrid(),
    held=True,
    waits={"SE-03b": "one approver"},
    words=(Word("SE-03b"),),
    status="contained",
    steps={"SE-03b": "contained"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
