"""Links to a container of scans are posted on a forum: one signature of each kind, every one downloaded from."""

import json
from collections.abc import Callable, Mapping
from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.thieves import Holding
from drills.estate.wire import Json
from drills.scenario import Scenario, Take, Webhook, Word

OBJECTS = 2000
CONTAINER = "scans"
POLICY = "partner"


def links(clinic: Clinic) -> Mapping[str, Holding]:
    """One signature of each kind for the container; the two of the account's own key reach further."""
    thief = clinic.thief
    return {
        "account_sas": thief.with_account_sas("phistore"),
        "service_sas": thief.with_service_sas("phistore", CONTAINER),
        "policy_sas": thief.with_service_sas("phistore", CONTAINER, policy=POLICY),
        "delegation_sas": thief.with_user_delegation_sas("phistore", CONTAINER, clinic.estate.member("reporting-app")),
    }


def settings(clinic: Clinic) -> Mapping[str, str]:
    """The clinic has minted a canary of each kind for the responder."""
    clinic.account("phistore", containers={CONTAINER: OBJECTS})
    clinic.reader("phistore", "Storage Blob Data Contributor")
    clinic.account("phistore").has_policy(CONTAINER, POLICY).logs_long_sas()
    canaries = {kind: f"{CONTAINER}?{link.signed}" for kind, link in links(clinic).items()}
    return {"TOURNIQUET_CANARIES": json.dumps({"phistore": canaries})}


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """Whoever has found a link downloads one object after another."""
    return {kind: _downloads(link) for kind, link in links(clinic).items()}


def alert(clinic: Clinic) -> Json:
    """Defender has seen an internal signature used from outside; it names the container."""
    scans = clinic.account("phistore").container(CONTAINER)
    return clinic.alert(scans, "Storage.Blob_AccountSas.InternalSasUsedExternally")


def _downloads(link: Holding) -> Callable[[], bool]:
    names = (f"phistore/{CONTAINER}/{number % OBJECTS + 1:04d}.dcm" for number in count())
    return lambda: not link.reads(next(names)).is_refused


SCENARIO = Scenario(
    name="sas_link_on_a_forum",
    title="Links with all four kinds of SAS are posted on a forum",
    incident_class="storage.sas_overprovisioned",
    settings=settings,
    before=lambda clinic: clinic.remember(),
    attack=attack,
    signal=Webhook(source="defender", body=alert),
    waits=dict.fromkeys(("ST-03", "ST-05", "ST-06", "ST-08", "ST-08b", "ST-09", "ST-10"), "one approver"),
    words=(
        Word("ST-09", closes=("policy_sas",)),
        Word("ST-05", closes=("account_sas", "service_sas")),
        Word("ST-06"),
        Word("ST-03"),
        Word("ST-08b"),
        Word("ST-08", approve=False),
        Word("ST-10", approve=False),
    ),
    status="rejected",
    steps={
        "ST-03": "contained",
        "ST-05": "contained",
        "ST-06": "contained",
        "ST-07": "contained",
        "ST-08": "rejected",
        "ST-08b": "contained",
        "ST-09": "contained",
        "ST-10": "rejected",
    },
    stays=("ST-06", "ST-07"),
    round_trips=2,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
    brief=True,
)
