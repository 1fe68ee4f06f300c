from typing import Any

import pytest

from detection.facts import Facts
from detection.played import signal
from detection.rules.retains_breached_phi import RULE
from detection.specimens import PROVIDERS, logged, operated, phi
from tests.detection.rules.azure import judged

VAULT = f"{PROVIDERS}/Microsoft.RecoveryServices/vaults/nightly"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/vm/protectedItems/pacs"
BACKUPS = f"{PROVIDERS}/Microsoft.DataProtection/backupVaults/nightly"
RESTORE = f"{RULE.claim.operations[7]}"
WRITE = signal(operated("Microsoft.RecoveryServices/vaults/write", VAULT))


@pytest.mark.parametrize(
    ("soft", "disposition"),
    [
        ({"softDeleteState": "Disabled"}, "contain"),
        ({"softDeleteState": "Enabled"}, "record"),
        ({"softDeleteState": "AlwaysON"}, "record"),
        ({}, "record"),
    ],
)
def test_a_vault_may_say_itself_that_soft_delete_is_off(soft: dict[str, Any], disposition: str) -> None:
    state = {"": phi(VAULT, securitySettings={"softDeleteSettings": soft})}

    assert judged(RULE, WRITE, state).disposition == disposition


def test_the_newer_kind_of_vault_says_it_in_another_word() -> None:
    about = signal(operated("Microsoft.DataProtection/backupVaults/write", BACKUPS))
    state = {"": phi(BACKUPS, securitySettings={"softDeleteSettings": {"state": "Off"}})}

    assert judged(RULE, about, state).disposition == "contain"
    assert {str(read) for read in RULE.reads(about, Facts())} == {BACKUPS, f"{BACKUPS} in the activity log"}


def test_a_restore_is_a_way_out_and_aims_at_vault_and_item() -> None:
    assert RESTORE.endswith("restore/action")
    point = f"{ITEM}/recoveryPoints/1"

    finding = judged(RULE, signal(operated(RESTORE, point)), {"": phi(VAULT)} | logged(RESTORE, point))

    assert finding.disposition == "contain"
    assert [target.text for target in finding.targets] == [VAULT, ITEM]


def test_a_deleted_vault_is_for_a_person() -> None:
    about = signal(operated("Microsoft.RecoveryServices/vaults/delete", VAULT))

    assert judged(RULE, about, {}).disposition == "review"
