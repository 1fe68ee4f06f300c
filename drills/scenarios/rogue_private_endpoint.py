"""An account that is closed to the Internet lets in a private endpoint of another tenant's network."""

from itertools import count

from drills.estate.clinic import Clinic
from drills.estate.places import STORAGE
from drills.scenario import EventGrid, Scenario, Take, Word

OBJECTS = 2000
STATE = {"status": "Approved", "description": "for the new partner"}


def before(clinic: Clinic) -> None:
    """Nobody reaches the account from outside; a stranger's endpoint has asked to be let in."""
    account = clinic.account("phistore", containers={"scans": OBJECTS})
    clinic.attacks("PATCH", account.id, {"properties": {"publicNetworkAccess": "Disabled"}}, STORAGE)


def attack(clinic: Clinic) -> Take:
    """The attacker lets the endpoint in, and reads through it with a key."""
    connection = clinic.account("phistore").private_endpoint(status="Pending")
    inside = clinic.thief.with_key("phistore").through(endpoint=connection)
    names = (f"phistore/scans/{number % OBJECTS + 1:04d}.dcm" for number in count())
    clinic.attacks("PUT", connection, {"properties": {"privateLinkServiceConnectionState": STATE}}, STORAGE)
    return lambda: not inside.reads(next(names)).is_refused


SCENARIO = Scenario(
    name="rogue_private_endpoint",
    title="A stranger's private endpoint is let in",
    incident_class="tenant.isolation_failure",
    before=before,
    attack=attack,
    signal=EventGrid(),
    waits={"ST-11c": "one approver", "ST-15": "one approver"},
    words=(Word("ST-15"), Word("ST-11c", approve=False)),
    status="rejected",
    steps={"ST-11": "contained", "ST-11c": "rejected", "ST-15": "contained"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
