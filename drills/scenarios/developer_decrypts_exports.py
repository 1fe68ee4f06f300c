"""A developer is given too much on a vault: export after export is decrypted with its key."""

from drills.estate.clinic import Clinic
from drills.scenario import EventGrid, Scenario, Take, Word


def attack(clinic: Clinic) -> Take:
    """Somebody lets the developer decrypt and purge; the developer decrypts one export after another."""
    vault, developer = clinic.key_vault("exports-kv"), clinic.estate.person("developer")
    vault.admits(developer, "get", "decrypt", "purge")
    return vault.used_by(developer, "exports")


def before(clinic: Clinic) -> None:
    """The responder may make new versions of the vault's keys."""
    clinic.key_vault("exports-kv").has_always_admitted(clinic.estate.member("contain"), "rotate", "update")


SCENARIO = Scenario(
    name="developer_decrypts_exports",
    title="A developer with too much of a vault decrypts exports",
    incident_class="keyvault.overgranted_decrypt",
    before=before,
    attack=attack,
    signal=EventGrid(),
    waits={"KV-03": "one approver", "KV-06": "one approver", "KV-04": "two approvers"},
    words=(Word("KV-06"), Word("KV-03", approve=False), Word("KV-04", approve=False)),
    status="rejected",
    steps={"KV-01": "contained", "KV-03": "rejected", "KV-04": "rejected", "KV-06": "contained"},
    stays=("KV-06",),
    round_trips=3,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
