"""An identity that serves one customer is given a role on another customer's container, and reads it."""

from collections.abc import Mapping
from itertools import count

from drills.clinic_policy import ZONE
from drills.estate.clinic import GROUP, Clinic
from drills.estate.roles import ASSIGNMENT, definition_id
from drills.estate.settable import SITE
from drills.estate.storage import ACCOUNT
from drills.estate.wire import Json
from drills.samples import sentinel_incident
from drills.scenario import Scenario, Take, Webhook, Word

OBJECTS = 2000
OURS, THEIRS = "north", "south"
ROLE = "Storage Blob Data Reader"
GIVEN = "0e0e0e0e-0000-4000-8000-00000000000e"
STORE = f"{GROUP}/providers/Microsoft.AppConfiguration/configurationStores/clinic-flags"
FLAG = f"serves-{OURS}"


def policy(_clinic: Clinic) -> Mapping[str, object]:
    """Two covered entities, each with a container; the portal serves each as long as a flag says so."""
    account, portal = f"{GROUP}/providers/{ACCOUNT}/phistore", f"{GROUP}/providers/{SITE}/portal"
    held = {each: f"{account}/blobServices/default/containers/{each}" for each in (OURS, THEIRS)}
    return {
        "covered_entities": [
            {"id": each, "name": f"{each.capitalize()} Clinic", "zone": ZONE, "holds": [place]}
            for each, place in held.items()
        ],
        "applications": [
            {"resource": portal, "switches": [{"store": STORE, "flag": FLAG, "containers": [THEIRS]}]},
        ],
    }


def before(clinic: Clinic) -> None:
    """One account serves two customers: a container each, an identity each, an app in front of both."""
    account = clinic.account("phistore", containers={OURS: OBJECTS, THEIRS: OBJECTS})
    for customer in (OURS, THEIRS):
        clinic.reader("phistore", name=f"app-{customer}", scope=account.container(customer))
    clinic.function_app("portal").asks_flag(FLAG)


def attack(clinic: Clinic) -> dict[str, Take]:
    """The one's identity is given a role on the other's container and reads there, with its token and by the portal."""
    reader = clinic.estate.member(f"app-{OURS}")
    scope = clinic.account("phistore").container(THEIRS)
    terms = {"roleDefinitionId": definition_id(clinic.estate.world, ROLE), "principalId": reader.oid}
    clinic.attacks("PUT", f"{scope}/providers/{ASSIGNMENT}/{GIVEN}", {"properties": terms}, "2022-04-01")
    token = clinic.thief.with_token(reader)
    names = (f"phistore/{THEIRS}/{number % OBJECTS + 1:04d}.dcm" for number in count())
    portal = clinic.function_app("portal").with_host_key()
    return {"token": lambda: not token.reads(next(names)).is_refused, "portal": portal}


def detected(clinic: Clinic) -> Json:
    """The portal itself has told that a caller of one customer was answered from the other's container."""
    account, portal = clinic.account("phistore").id, clinic.function_app("portal").id
    said = {"Class": "tenant.isolation_failure", "Operation": "CrossTenantRead", "Container": THEIRS}
    reader = clinic.estate.member(f"app-{OURS}")
    return sentinel_incident(clinic.detected("One customer reads what is another's", reader, account, portal, **said))


SCENARIO = Scenario(
    name="token_of_another_customer",
    title="One customer's token reads another customer's container",
    incident_class="tenant.isolation_failure",
    policy=policy,
    before=before,
    attack=attack,
    signal=Webhook(source="sentinel", body=detected),
    waits=dict.fromkeys(("RB-01", "ST-11c", "FN-06", "FN-05"), "one approver"),
    words=(
        Word("FN-06", closes=("portal",)),
        Word("RB-01", closes=("token",)),
        Word("ST-11c", approve=False),
        Word("FN-05", approve=False),
    ),
    status="rejected",
    steps={
        "RB-01": "contained",
        "SE-01": "contained",
        "ST-11": "contained",
        "ST-11c": "rejected",
        "FN-05": "rejected",
        "FN-06": "contained",
    },
    stays=("RB-01", "SE-01"),
    round_trips=3,
    exposed=(THEIRS,),
    clocks={
        "US-HIPAA-IND": 60,
        "US-HIPAA-HHS-500": 60,
        f"US-HIPAA-IND>{THEIRS}": 60,
        f"US-HIPAA-HHS-500>{THEIRS}": 60,
        "US-HIPAA-RETAIN:incident record": None,
    },
)
