"""The session of a user from on premises is stolen, who holds two roles, one on PHI, and may activate a third."""

from drills.estate.clinic import GROUP, Clinic
from drills.estate.clinic_directory import BREAK_GLASS
from drills.estate.principals import Principal
from drills.estate.wire import Json
from drills.samples import sentinel_incident
from drills.scenario import Scenario, Take, Webhook, Word

NURSE = "nurse"
SYNCHRONISER = "Sync_dc01_0a1b2c3d4e5f"
BLOB = "phistore/scans/0001.dcm"


def before(clinic: Clinic) -> None:
    """The nurse comes from on premises; accounts that nobody may touch hold the highest role."""
    account = clinic.account("phistore").id
    clinic.blocks_a_group()
    nurse = clinic.user(NURSE, onPremisesSyncEnabled=True).principal
    clinic.estate.assign(nurse, "Storage Blob Data Reader", account)
    clinic.estate.assign(nurse, "Reader", GROUP)
    clinic.estate.makes_eligible(nurse, "Contributor", GROUP)
    clinic.estate.assign(clinic.user("break-glass").principal, "Owner", clinic.estate.world.scope)
    clinic.estate.assign(clinic.user(SYNCHRONISER).principal, "Reader", clinic.estate.world.scope)
    clinic.remember()


def attack(clinic: Clinic) -> Take:
    """Whoever has the refresh token reads one object after another."""
    session = clinic.user(NURSE).session_stolen()
    return lambda: session.reads(BLOB)


def detected(clinic: Clinic) -> Json:
    """Our own rule has seen a sign-in of high risk succeed."""
    said = {"Class": "identity.compromised", "RiskLevel": "high", "Country": "XX"}
    return sentinel_incident(clinic.detected("A sign-in of high risk succeeded", clinic.user(NURSE).principal, **said))


SCENARIO = Scenario(
    name="stolen_session_of_a_synchronised_user",
    title="The session of a user from on premises is stolen",
    incident_class="identity.compromised",
    before=before,
    attack=attack,
    signal=Webhook(source="sentinel", body=detected),
    waits={"RB-01": "one approver"},
    words=(Word("RB-01"),),
    status="needs a person",
    steps=dict.fromkeys(("ID-01", "ID-07a", "ID-09", "SE-01"), "contained")
    | {"ID-02": "guard", "RB-01b": "by hand", "RB-01": ("contained", "guard")},
    stays=("ID-01", "RB-01", "SE-01"),
    spared=(BREAK_GLASS, Principal(SYNCHRONISER).oid),
    round_trips=6,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
