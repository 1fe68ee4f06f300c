"""A scanner finds a container of scans that was published, and downloads it while Sentinel raises the incident."""

from collections.abc import Callable
from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.wire import Json
from drills.samples import sentinel_incident
from drills.scenario import Scenario, Webhook

OBJECTS = 2000


def attack(clinic: Clinic) -> Callable[[], bool]:
    """The container is published; the scanner downloads one object after another."""
    clinic.account("phistore").opens_to_anyone()
    names = (f"phistore/scans/{number % OBJECTS + 1:04d}.dcm" for number in count())
    return lambda: not clinic.stranger.reads(next(names)).is_refused


def incident(clinic: Clinic) -> Json:
    """Sentinel's incident, as its automation rule posts it."""
    account = clinic.account("phistore").id
    kept = clinic.incident("Publicly accessible storage containers successfully discovered", account)
    return sentinel_incident(kept)


SCENARIO = Scenario(
    name="public_container_found_by_scanner",
    title="A scanner downloads PHI from a published container",
    incident_class="storage.public_container",
    before=lambda clinic: clinic.account("phistore", containers={"scans": OBJECTS}),
    attack=attack,
    signal=Webhook(source="sentinel", body=incident),
    status="contained",
    steps={"ST-01": "contained", "ST-02": "contained", "ST-13": "noop", "ST-14": "contained", "SE-01": "contained"},
    stays=("SE-01",),
    round_trips=2,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
    brief=True,
)
