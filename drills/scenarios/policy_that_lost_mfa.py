"""A conditional-access policy loses what it asks for: a stolen password alone is enough, and nothing was deleted."""

from drills.estate.clinic import Clinic
from drills.estate.clinic_directory import BREAK_GLASS
from drills.estate.wire import Json
from drills.samples import sentinel_incident
from drills.scenario import Scenario, Take, Webhook, Word

POLICY = "MFA for everybody"
HELPDESK, NURSE = "helpdesk", "nurse"
ROLE = "Storage Blob Data Reader"
BLOB = "phistore/scans/0001.dcm"


def before(clinic: Clinic) -> None:
    """Everybody needs a second factor; two people may read scans; there is a group whose members are always blocked."""
    account = clinic.account("phistore").id
    clinic.access_policy(POLICY, "mfa")
    clinic.blocks_a_group()
    for name in (HELPDESK, NURSE):
        clinic.estate.assign(clinic.user(name).principal, ROLE, account)
    clinic.remember()


def attack(clinic: Clinic) -> dict[str, Take]:
    """With the helpdesk's session the policy is emptied, though it stays enforced; then a nurse's password serves."""
    helpdesk = clinic.user(HELPDESK)
    session = helpdesk.session_stolen()
    clinic.access_policy(POLICY).loses_controls(helpdesk)
    password = clinic.user(NURSE).password_stolen()
    return {"session": lambda: session.reads(BLOB), "password alone": lambda: password.reads(BLOB)}


def detected(clinic: Clinic) -> Json:
    """Our own rule has compared the versions in the directory's audit."""
    said = {
        "Class": "identity.ca_gap",
        "Operation": "Update conditional access policy",
        "TargetIds": clinic.access_policy(POLICY).oid,
        "TargetTypes": "Policy",
        "Weaker": "lost its grantControls",
    }
    kept = clinic.detected("Conditional access asks for less than before", clinic.user(HELPDESK).principal, **said)
    return sentinel_incident(kept)


SCENARIO = Scenario(
    name="policy_that_lost_mfa",
    title="A conditional-access policy loses MFA, and a stolen password is enough",
    incident_class="identity.ca_gap",
    before=before,
    attack=attack,
    signal=Webhook(source="sentinel", body=detected),
    words=(Word("ID-07b", by_hand=True, closes=("password alone",)),),
    status="needs a person",
    steps=dict.fromkeys(("ID-01", "ID-07a", "ID-09", "SE-01"), "contained") | {"ID-07b": "by hand"},
    stays=("ID-01", "SE-01"),
    spared=(BREAK_GLASS,),
    round_trips=5,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
