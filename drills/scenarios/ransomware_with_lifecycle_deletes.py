"""Scans are overwritten and deleted with a stolen key, and a lifecycle policy is to delete the rest within a day."""

import json
from collections.abc import Callable, Mapping
from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.thieves import Sight
from drills.estate.wire import Json
from drills.scenario import Scenario, Take, Webhook, Word

OBJECTS = 4000
CONTAINER = "scans"


def settings(clinic: Clinic) -> Mapping[str, str]:
    """The clinic has minted a canary that a key signs."""
    clinic.account("phistore", containers={CONTAINER: OBJECTS})
    link = clinic.thief.with_account_sas("phistore", permission="l")
    return {"TOURNIQUET_CANARIES": json.dumps({"phistore": {"account_sas": f"{CONTAINER}?{link.signed}"}})}


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """The lifecycle policy stands; one half of the objects is overwritten, the other deleted."""
    clinic.account("phistore").lifecycle_deletes()
    key = clinic.thief.with_key("phistore")
    return {"overwrite": _each(key.writes, 1), "delete": _each(key.deletes, OBJECTS // 2 + 1)}


def alert(clinic: Clinic) -> Json:
    """Defender has seen deletion in bulk, and where."""
    return clinic.alert(clinic.account("phistore").id, "Storage.Blob_DeletionAnomaly", Container=CONTAINER)


def _each(ask: Callable[[str], Sight], first: int) -> Take:
    names = (f"phistore/{CONTAINER}/{number:04d}.dcm" for number in count(first))
    return lambda: not ask(next(names)).is_refused


SCENARIO = Scenario(
    name="ransomware_with_lifecycle_deletes",
    title="Scans are encrypted and deleted, by a lifecycle policy too",
    incident_class="storage.ransomware",
    settings=settings,
    before=lambda clinic: clinic.remember(),
    attack=attack,
    signal=Webhook(source="defender", body=alert),
    waits=dict.fromkeys(("ST-05", "ST-12", "LK-01"), "one approver"),
    words=(Word("ST-12"), Word("ST-05"), Word("LK-01")),
    status="needs a person",
    steps=dict.fromkeys(("ST-03", "ST-05", "ST-12", "ST-13", "ST-14", "LK-01"), "contained") | {"ST-17": "by hand"},
    round_trips=2,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
    brief=True,
)
