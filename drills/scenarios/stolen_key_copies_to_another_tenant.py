"""A key of the account was stolen: the service itself copies object after object into an account of another tenant."""

import json
from collections.abc import Callable, Mapping
from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.thieves import Sight
from drills.estate.wire import Json
from drills.scenario import Scenario, Take, Webhook, Word

OBJECTS = 2000
CONTAINER = "scans"
TOLD = {"Authentication type": "Account key", "Access key used": "key1"}


def settings(clinic: Clinic) -> Mapping[str, str]:
    """The clinic has minted a canary that a key signs."""
    clinic.account("phistore", containers={CONTAINER: OBJECTS})
    link = clinic.thief.with_account_sas("phistore", permission="l")
    return {"TOURNIQUET_CANARIES": json.dumps({"phistore": {"account_sas": f"{CONTAINER}?{link.signed}"}})}


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """With the key he reads; with a link that he signs with it, an account of another tenant copies."""
    clinic.foreign_account()
    thief = clinic.thief
    there, link = thief.with_key("elsewhere"), thief.with_account_sas("phistore")
    reads = thief.with_key("phistore").reads
    return {
        "read": _each(reads),
        "copy": _each(lambda name: there.copies(name, name.replace("phistore", "elsewhere"), link)),
    }


def alert(clinic: Clinic) -> Json:
    """Defender has seen much more data leave than usual, and with which key."""
    kind = "Storage.Blob_DataExfiltration.AmountOfDataAnomaly.Sensitive"
    return clinic.alert(clinic.account("phistore").id, kind, **TOLD)


def _each(ask: Callable[[str], Sight]) -> Take:
    names = (f"phistore/{CONTAINER}/{number % OBJECTS + 1:04d}.dcm" for number in count())
    return lambda: not ask(next(names)).is_refused


SCENARIO = Scenario(
    name="stolen_key_copies_to_another_tenant",
    title="A stolen account key copies PHI to another tenant",
    incident_class="phi.exfiltration",
    settings=settings,
    before=lambda clinic: clinic.remember(),
    attack=attack,
    signal=Webhook(source="defender", body=alert),
    waits=dict.fromkeys(("ST-05", "ST-06", "ST-08", "ST-08b"), "one approver"),
    words=(Word("ST-05"), Word("ST-06"), Word("ST-08", approve=False), Word("ST-08b", approve=False)),
    status="rejected",
    steps=dict.fromkeys(("ST-03", "ST-05", "ST-06", "ST-11"), "contained")
    | dict.fromkeys(("ST-08", "ST-08b"), "rejected"),
    stays=("ST-06",),
    round_trips=2,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
    brief=True,
)
