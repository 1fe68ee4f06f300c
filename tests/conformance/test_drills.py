"""Everything that a drill says to Resource Manager, and all that it is answered, before Microsoft's validator."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from drills import scenarios
from drills.drill import play
from tests.conformance.arm.gate import described, judge

pytestmark = [pytest.mark.conformance, pytest.mark.usefixtures("shared")]

UNHURRIED = timedelta(milliseconds=500)
SEEN = {
    "public_container_found_by_scanner": {"StorageAccounts_GetProperties", "StorageAccounts_Update"},
    "egress_opened_from_phi_subnet": {"NetworkSecurityGroups_Get", "NetworkSecurityGroups_CreateOrUpdate"},
    "ransomware_with_lifecycle_deletes": {
        "BlobContainers_SetLegalHold",
        "BlobServices_SetServiceProperties",
        "ManagementLocks_CreateOrUpdateByScope",
        "ManagementPolicies_CreateOrUpdate",
    },
    "stolen_session_of_a_synchronised_user": {"RoleAssignments_Delete"},
    "function_secrets_leaked": {
        "StorageAccounts_RegenerateKey",
        "WebApps_CreateOrUpdateFunctionSecret",
        "WebApps_CreateOrUpdateHostSecret",
        "WebApps_Update",
        "WebApps_UpdateScmAllowed",
    },
    "plain_http_admitted_again": {"PolicyAssignments_Create", "PolicyAssignments_Delete", "StorageAccounts_Update"},
}
"""What each drill cannot do without: a capture that lacks it is partial, and fails.

There is one for each kind of service at least: storage, network, access, apps, policies. The others are judged by
`make drill NAME=all`, whose table counts the validator's faults; their measures are judged in test_measures.py.
"""


@pytest.mark.parametrize("name", SEEN)
async def test_nothing_that_a_drill_says_or_hears_is_at_fault(name: str, spec: Path, tmp_path: Path) -> None:
    [scenario] = scenarios.named(name)

    result = await play(scenario, lambda _: None, captures=tmp_path, latency=UNHURRIED)
    pairs = [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]
    verdict = judge(described(pairs), spec, expected=SEEN[name])

    assert result.shortfalls == []
    assert verdict.ok, str(verdict)
    assert verdict.exchanges == len(described(pairs))
