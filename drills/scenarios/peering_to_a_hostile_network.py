"""A peering with a stranger's network, and a rule that names its prefix: records leave past the tag VirtualNetwork."""

from collections.abc import Mapping

from drills.estate.clinic import Clinic
from drills.scenario import EventGrid, Scenario, Take, Word

COLLECTOR = "10.99.0.5:443"


def attack(clinic: Clinic) -> Mapping[str, Take]:
    """A rule names the other network's prefix, the networks are peered, and one connection is opened and kept.

    Besides it the stranger comes in, by a connection of his own, from the same network.
    """
    clinic.subnet("phi").names("10.99.0.0/16")
    clinic.peered_with("hostile")
    machine = clinic.vm("phi-vm")
    inward = clinic.estate.flow(machine.id, COLLECTOR, "Inbound")
    return {"outward": machine.connects(COLLECTOR).sends, "inward": inward.sends}


SCENARIO = Scenario(
    name="peering_to_a_hostile_network",
    title="A hostile network is peered with that of PHI, and a rule names its prefix",
    incident_class="network.peering_bypass",
    before=lambda clinic: clinic.subnet("phi"),
    attack=attack,
    signal=EventGrid(),
    held=True,
    waits={"NW-06": "two approvers"},
    words=(Word("NW-06", approve=False),),
    status="rejected",
    steps={"NW-05": "contained", "NW-01b": "contained", "NW-06": "rejected"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
