"""A rule opens the PHI subnet to the Internet, and a machine there sends records out over a live connection."""

from collections.abc import Callable

from drills.estate.clinic import Clinic
from drills.scenario import EventGrid, Scenario

COLLECTOR = "203.0.113.80:443"


def attack(clinic: Clinic) -> Callable[[], bool]:
    """An Allow stands before the clinic's own Deny; one connection is opened and kept, a record in every packet."""
    clinic.subnet("phi").opens_egress()
    return clinic.vm("phi-vm").connects(COLLECTOR).sends


SCENARIO = Scenario(
    name="egress_opened_from_phi_subnet",
    title="Records leave a PHI subnet over a live connection",
    incident_class="network.nsg_egress",
    before=lambda clinic: clinic.subnet("phi").denies_egress(),
    attack=attack,
    signal=EventGrid(),
    status="contained",
    steps={"NW-01": "contained"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
    brief=True,
)
