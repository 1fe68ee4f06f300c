"""Every scan is copied into another tenant's account, the moment it is written."""

from itertools import count

from drills.estate.clinic import Clinic
from drills.scenario import EventGrid, Scenario, Take, Word


def before(clinic: Clinic) -> None:
    """The modality that writes scans has always been there, and an account of somebody else's."""
    clinic.account("phistore", containers={"scans": 0})
    clinic.foreign_account()
    clinic.reader("phistore", "Storage Blob Data Contributor", name="modality")


def attack(clinic: Clinic) -> dict[str, Take]:
    """The attacker makes the policy; he gets one more object with each that the clinic's own modality writes."""
    away = clinic.foreign_account()
    clinic.account("phistore").replicates_to(away)
    modality = clinic.thief.with_token(clinic.estate.member("modality"))
    numbers = count(1)

    def copied() -> bool:
        had = away.holds()
        modality.writes(f"phistore/scans/{next(numbers):06d}.dcm", bytes(2048))
        return away.holds() > had

    return {"replication": copied}


SCENARIO = Scenario(
    name="replication_to_a_foreign_tenant",
    title="Objects are replicated into another tenant",
    incident_class="tenant.isolation_failure",
    before=before,
    attack=attack,
    signal=EventGrid(),
    held=True,
    waits={"ST-11b": "one approver", "ST-11c": "one approver"},
    words=(Word("ST-11b", closes=("replication",)), Word("ST-11c", approve=False)),
    status="rejected",
    steps={"ST-11": "contained", "ST-11b": "contained", "ST-11c": "rejected"},
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
