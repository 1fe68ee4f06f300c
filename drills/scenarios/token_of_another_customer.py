"""An identity that serves one customer is given a role on another customer's container, and reads it."""

from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.roles import ASSIGNMENT, definition_id
from drills.estate.wire import Json
from drills.samples import sentinel_incident
from drills.scenario import Scenario, Take, Webhook, Word

OBJECTS = 2000
OURS, THEIRS = "north", "south"
ROLE = "Storage Blob Data Reader"
GIVEN = "0e0e0e0e-0000-4000-8000-00000000000e"


def before(clinic: Clinic) -> None:
    """One account serves two customers: a container each, an identity each, an app in front of both."""
    account = clinic.account("phistore", containers={OURS: OBJECTS, THEIRS: OBJECTS})
    for customer in (OURS, THEIRS):
        clinic.reader("phistore", name=f"app-{customer}", scope=account.container(customer))
    clinic.function_app("portal")


def attack(clinic: Clinic) -> dict[str, Take]:
    """The one's identity is given a role on the other's container, where it reads one object after another."""
    reader = clinic.estate.member(f"app-{OURS}")
    scope = clinic.account("phistore").container(THEIRS)
    terms = {"roleDefinitionId": definition_id(clinic.estate.world, ROLE), "principalId": reader.oid}
    clinic.attacks("PUT", f"{scope}/providers/{ASSIGNMENT}/{GIVEN}", {"properties": terms}, "2022-04-01")
    token = clinic.thief.with_token(reader)
    names = (f"phistore/{THEIRS}/{number % OBJECTS + 1:04d}.dcm" for number in count())
    return {"token": lambda: not token.reads(next(names)).is_refused}


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
    before=before,
    attack=attack,
    signal=Webhook(source="sentinel", body=detected),
    waits=dict.fromkeys(("RB-01", "ST-11c", "FN-05"), "one approver"),
    words=(Word("RB-01", closes=("token",)), Word("ST-11c", approve=False), Word("FN-05", approve=False)),
    status="rejected",
    steps={
        "RB-01": "contained",
        "SE-01": "contained",
        "ST-11": "contained",
        "ST-11c": "rejected",
        "FN-05": "rejected",
    },
    stays=("RB-01", "SE-01"),
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
