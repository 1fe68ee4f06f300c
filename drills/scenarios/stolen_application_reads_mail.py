"""An application that may read all mail is given a second secret, with which somebody outside reads it."""

from drills.estate.clinic import Clinic
from drills.estate.wire import Json
from drills.samples import sentinel_incident
from drills.scenario import Scenario, Take, Webhook, Word

APPLICATION = "mail-archive"
ADMIN = "app-admin"


def before(clinic: Clinic) -> None:
    """The application has archived mail for years; somebody administers it."""
    clinic.application(APPLICATION, "Mail.Read", "User.Read.All")
    clinic.user(ADMIN)


def attack(clinic: Clinic) -> Take:
    """The attacker, who may write applications, adds a secret and reads one message after another."""
    return clinic.application(APPLICATION).gets_secret().reads_mail


def detected(clinic: Clinic) -> Json:
    """Our own rule has seen the secret being added; its alert names the service principal."""
    said = {
        "Class": "app.excessive_graph",
        "Operation": "Add service principal credentials",
        "TargetIds": clinic.application(APPLICATION).principal.oid,
        "TargetTypes": "ServicePrincipal",
    }
    return sentinel_incident(
        clinic.detected("An application was given a credential", clinic.user(ADMIN).principal, **said)
    )


SCENARIO = Scenario(
    name="stolen_application_reads_mail",
    title="An application that may read all mail is signed in to with a planted secret",
    incident_class="app.excessive_graph",
    before=before,
    attack=attack,
    signal=Webhook(source="sentinel", body=detected),
    waits=dict.fromkeys(("ID-03", "ID-04", "ID-05"), "one approver"),
    words=(Word("ID-03"), Word("ID-04"), Word("ID-05", approve=False)),
    status="rejected",
    steps={
        "ID-03": "contained",
        "ID-04": "contained",
        "ID-05": "rejected",
        "ID-09b": "contained",
        "SE-01": "contained",
    },
    stays=("SE-01",),
    round_trips=4,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
