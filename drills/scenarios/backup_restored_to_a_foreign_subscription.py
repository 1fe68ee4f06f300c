"""A machine with PHI is restored from its backup into somebody else's subscription, again and again."""

from drills.estate.backups import VERSION
from drills.estate.clinic import Clinic
from drills.estate.places import ATTACKER, THEIRS
from drills.scenario import EventGrid, Scenario, Take, Word

RESTORE = {"objectType": "IaasVMRestoreRequest", "recoveryType": "RestoreDisks", "targetResourceGroupId": THEIRS}


def before(clinic: Clinic) -> None:
    """A machine has been backed up every night."""
    clinic.vault("nightly")
    clinic.remember()


def attack(clinic: Clinic) -> Take:
    """Each restore that is begun gives him a copy of the machine's disks."""
    item = f"{clinic.vault('nightly')}/backupFabrics/Azure/protectionContainers/vm/protectedItems/pacs"
    (point,) = (clinic.estate.world.store.read(item) or {})["hidden"]["points"]
    place = f"{point['id']}/restore"
    clinic.attacks("POST", place, {"properties": RESTORE}, VERSION)

    def restored() -> bool:
        reply = clinic.estate.act(ATTACKER, "POST", place, {"properties": RESTORE}, version=VERSION)
        return reply.status < 400

    return restored


SCENARIO = Scenario(
    name="backup_restored_to_a_foreign_subscription",
    title="A backup is restored into a foreign subscription",
    incident_class="backup.retains_breached_phi",
    before=before,
    attack=attack,
    signal=EventGrid(),
    waits={"BK-02": "one approver", "BK-03": "one approver"},
    words=(Word("BK-02"), Word("BK-03", approve=False)),
    status="needs a person",
    steps={
        "BK-01": "contained",
        "BK-02": "contained",
        "BK-03": "rejected",
        "BK-05": "contained",
        "BK-purge": "by hand",
    },
    stays=("BK-01",),
    round_trips=4,
    clocks={"US-HIPAA-IND": 60, "US-HIPAA-HHS-500": 60, "US-HIPAA-RETAIN:incident record": None},
)
