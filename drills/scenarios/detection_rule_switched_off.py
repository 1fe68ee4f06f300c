"""The analytics rule that would tell of it is switched off; then scans are read with a stolen key, unseen.

Restored, it is hunted with through that time, and what nobody was told of becomes an incident.
"""

from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.places import WORKSPACE
from drills.estate.silencing import ALERT_RULE
from drills.scenario import EventGrid, Scenario, Take

OBJECTS = 2000
TAKEN = 600
"""How many objects are gone while nobody is told: more than the rule lets pass."""
RULE = f"{WORKSPACE}/providers/{ALERT_RULE}/08f004e7-e1aa-55f0-8c4e-425ebbdcec2c"
"""The responder's own rule `mass_read`, by its id."""
VERSION = "2024-03-01"
WATCHES = {"displayName": "More is read than usual", "severity": "High", "enabled": True, "query": "StorageBlobLogs"}
TERMS = {"queryFrequency": "PT5M", "queryPeriod": "PT1H", "triggerOperator": "GreaterThan", "triggerThreshold": 0}
QUIET = {"suppressionDuration": "PT1H", "suppressionEnabled": False}


def before(clinic: Clinic) -> None:
    """Sentinel watches the clinic's workspace with the rule."""
    account = clinic.account("phistore", containers={"scans": OBJECTS})
    clinic.estate.logs.watchlists["hipaa_assets"] = [account.id]
    clinic.attacks("PUT", RULE, {"kind": "Scheduled", "properties": WATCHES | TERMS | QUIET}, VERSION)


def attack(clinic: Clinic) -> dict[str, Take]:
    """The rule is switched off; while it is, nobody is told of what the attacker takes."""
    off = WATCHES | TERMS | QUIET | {"enabled": False}
    clinic.attacks("PUT", RULE, {"kind": "Scheduled", "properties": off}, VERSION)
    key = clinic.thief.with_key("phistore")
    names = (f"phistore/scans/{number % OBJECTS + 1:04d}.dcm" for number in count())

    def unseen() -> bool:
        rule = clinic.estate.world.store.read(RULE) or {}
        return not key.reads(next(names)).is_refused and rule["properties"]["enabled"] is False

    assert all(unseen() for _ in range(TAKEN))
    return {"unseen": unseen}


SCENARIO = Scenario(
    name="detection_rule_switched_off",
    title="The rule that would tell is switched off before scans are read",
    incident_class="detect.missing_rule",
    before=before,
    attack=attack,
    signal=EventGrid(),
    status="contained",
    steps={"SE-02": "contained"},
    hunted=1,
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
