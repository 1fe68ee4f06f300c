"""An account of PHI is told to take plain http and TLS 1.0 again, and somebody between listens."""

from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.places import STORAGE
from drills.estate.thieves import Holding
from drills.scenario import EventGrid, Scenario, Take

OBJECTS = 2000


def before(clinic: Clinic) -> None:
    """The account takes https with TLS 1.2 alone."""
    account = clinic.account("phistore", containers={"scans": OBJECTS})
    sure = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}
    clinic.attacks("PATCH", account.id, {"properties": sure}, STORAGE)


def attack(clinic: Clinic) -> dict[str, Take]:
    """Both are lifted; an old scanner goes back to what it knows, and what it fetches is read on the way."""
    lifted = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_0"}
    clinic.attacks("PATCH", clinic.account("phistore").id, {"properties": lifted}, STORAGE)
    scanner = clinic.thief.with_key("phistore")
    return {
        "plain http": _each(scanner.through(protocol="HTTP")),
        "TLS 1.0": _each(scanner.through(tls="TLS 1.0")),
    }


def _each(scanner: Holding) -> Take:
    names = (f"phistore/scans/{number % OBJECTS + 1:04d}.dcm" for number in count())
    return lambda: not scanner.reads(next(names)).is_refused


SCENARIO = Scenario(
    name="plain_http_admitted_again",
    title="PHI travels unencrypted again",
    incident_class="policy.encryption_gap",
    before=before,
    attack=attack,
    signal=EventGrid(),
    waits={"PO-01b": "two approvers"},
    status="waiting for approval",
    steps={"ST-16": "contained", "PO-01": "contained", "PO-01b": "approval"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
