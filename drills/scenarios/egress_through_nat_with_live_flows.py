"""A PHI subnet goes out by a NAT gateway: a rule lets it, and two connections that live on send records out."""

from collections.abc import Mapping

from drills.estate.clinic import Clinic
from drills.scenario import EventGrid, Scenario, Take

COLLECTORS = {"by TLS": "203.0.113.80:443", "by DNS": "203.0.113.81:53"}


def before(clinic: Clinic) -> None:
    """The subnet goes out by a NAT gateway, to nothing but what is allowed; its network logs flows."""
    clinic.subnet("phi").denies_egress().flow_logged().leaves_by_nat()


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """The rule stands at 100, where nothing can be put before it; both connections are open before anybody knows."""
    clinic.subnet("phi").opens_egress(priority=100, destination="0.0.0.0/0")
    return {name: clinic.vm("phi-vm").connects(end).sends for name, end in COLLECTORS.items()}


SCENARIO = Scenario(
    name="egress_through_nat_with_live_flows",
    title="Records leave a PHI subnet through its NAT gateway over live connections",
    incident_class="network.nsg_egress",
    before=before,
    attack=attack,
    signal=EventGrid(),
    status="contained",
    steps={"NW-01": "contained"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
    brief=True,
)
