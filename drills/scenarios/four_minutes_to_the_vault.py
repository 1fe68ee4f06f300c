"""From control-plane access to a vault's keys: a session is given a role, writes itself a policy, and decrypts.

The chain is one that an intruder types in some four minutes; here it is over at once.
"""

from uuid import UUID

from drills.estate.clinic import GROUP, Clinic
from drills.estate.roles import ASSIGNMENT, definition_id
from drills.scenario import EventGrid, Scenario, Take, Word

CONTRACTOR = "contractor"
GIVEN = UUID(int=0xC0)


def before(clinic: Clinic) -> None:
    """A vault of PHI whose policies name nobody outside, and a contractor who has no business there."""
    clinic.key_vault("phivault")
    clinic.user(CONTRACTOR)
    clinic.remember()


def attack(clinic: Clinic) -> dict[str, Take]:
    """The session is given a role over the group, then keys of the vault by an access policy; then it decrypts."""
    contractor = clinic.user(CONTRACTOR).principal
    terms = {
        "roleDefinitionId": definition_id(clinic.estate.world, "Contributor"),
        "principalId": contractor.oid,
        "principalType": "User",
    }
    clinic.attacks("PUT", f"{GROUP}/providers/{ASSIGNMENT}/{GIVEN}", {"properties": terms}, "2022-04-01")
    vault = clinic.key_vault("phivault").admits(contractor, "get", "list", "decrypt", "unwrapKey", "purge")
    return {"decrypt": vault.used_by(contractor, "exports")}


SCENARIO = Scenario(
    name="four_minutes_to_the_vault",
    title="From control-plane access to a vault's keys in four minutes",
    incident_class="keyvault.overgranted_decrypt",
    before=before,
    attack=attack,
    signal=EventGrid(),
    waits={"KV-03": "one approver", "KV-04": "two approvers", "KV-06": "one approver"},
    words=(Word("KV-03"), Word("KV-06", approve=False), Word("KV-04", approve=False)),
    status="rejected",
    steps={"KV-01": "contained", "KV-03": "contained", "KV-04": "rejected", "KV-06": "rejected"},
    round_trips=5,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
