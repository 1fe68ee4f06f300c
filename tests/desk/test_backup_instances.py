"""A disk with PHI leaves a Backup vault by a restore into another subscription."""

from datetime import UTC, datetime, timedelta

from desk.sweep import sweep
from detection.sweeps import STOPPED
from drills.estate.clinic import GROUP
from drills.estate.instances import VERSION
from drills.estate.places import ATTACKER, PHI, THEIRS
from drills.estate.settable import resource
from drills.estate.wire import RefusalError
from tests.desk.office import SOC, Office

VAULT = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/weekly"
INSTANCE = f"{VAULT}/backupInstances/pacs-disk"
TAKEN = {"restoreTargetInfo": {"datasourceInfo": {"resourceID": f"{THEIRS}/providers/Microsoft.Compute/disks/taken"}}}


def _restores(office: Office) -> bool:
    """Whether the attacker gets a copy of the disk."""
    try:
        return office.estate.act(ATTACKER, "POST", f"{INSTANCE}/restore", TAKEN, version=VERSION).status < 400
    except RefusalError:
        return False


async def _contained(office: Office) -> str:
    """The attacker restores the disk, and the event tells of it; the incident."""
    office.clock.at = datetime.now(UTC) + timedelta(seconds=5)
    office.estate.world.store.seed(resource(VAULT) | {"tags": PHI})
    office.estate.world.store.seed(resource(INSTANCE, currentProtectionState="ProtectionConfigured"))
    assert _restores(office)
    return await office.told()


async def test_a_vault_of_instances_lets_nobody_restore_elsewhere_until_that_is_undone(office: Office) -> None:
    incident = await _contained(office)

    assert {each.step.code: each.hold or each.outcome for each in await office.steps(incident)} == {
        "BK-05b": "contained",
        "BK-02b": "approval",
        "BK-03b": "approval",
    }
    assert not _restores(office)

    await office.undoes(SOC, incident, [(await office.step(incident, "BK-05b")).step.key])

    assert _restores(office)


async def test_a_backup_that_the_responder_has_stopped_is_no_question_to_people(office: Office) -> None:
    incident = await _contained(office)
    await office.says(SOC, incident, *[await office.step(incident, code) for code in ("BK-02b", "BK-03b")])
    assert await office.status(incident) == "contained"

    assert await sweep(office.parts, [STOPPED]) == 0
    assert office.estate.graph_index.asked
