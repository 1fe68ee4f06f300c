"""An administrator switches the logs of PHI off, and reads what then leaves no trace."""

from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.diagnostics import setting
from drills.scenario import EventGrid, Scenario, Take

OBJECTS = 2000
LOGS = ("StorageRead", "StorageWrite", "StorageDelete")
VERSION = "2021-05-01-preview"


def before(clinic: Clinic) -> None:
    """The account has always been logged, and the administrator may read it."""
    account = clinic.account("phistore", containers={"scans": OBJECTS})
    clinic.estate.world.store.seed(setting(f"{account.id}/blobServices/default", *LOGS))
    clinic.reader("phistore", name="administrator")


def attack(clinic: Clinic) -> Take:
    """The setting is deleted; every scan that is read without a row in the log is one more that nobody knows of."""
    service = f"{clinic.account('phistore').id}/blobServices/default"
    administrator = clinic.thief.with_token(clinic.estate.member("administrator"))
    names = (f"phistore/scans/{number % OBJECTS + 1:04d}.dcm" for number in count())
    clinic.attacks("DELETE", setting(service)["id"], None, VERSION)

    def unseen() -> bool:
        rows = len(clinic.estate.storage_log)
        return not administrator.reads(next(names)).is_refused and len(clinic.estate.storage_log) == rows

    return unseen


SCENARIO = Scenario(
    name="logs_switched_off_before_reading",
    title="The logs are switched off before PHI is read",
    incident_class="logging.retention_gap",
    before=before,
    attack=attack,
    signal=EventGrid(),
    status="contained",
    steps={"LG-02": "contained"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
