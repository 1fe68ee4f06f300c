"""Everything that a drill says to Resource Manager, and all that it is answered, before Microsoft's validator."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from drills import scenarios
from drills.drill import play
from drills.result import Result
from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.gate import described, validated, weighed

pytestmark = [pytest.mark.conformance, pytest.mark.usefixtures("shared")]

UNHURRIED = timedelta(milliseconds=500)
SIDE_BY_SIDE = 3
"""Drills at a time: most of a drill is waiting for answers."""
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
    "four_minutes_to_the_vault": {"Vaults_Update", "Vaults_UpdateAccessPolicy"},
    "logs_switched_off_before_reading": {"DiagnosticSettings_CreateOrUpdate", "DiagnosticSettings_Delete"},
    "policy_that_lost_mfa": {"IncidentComments_CreateOrUpdate", "Incidents_CreateOrUpdate"},
    "rogue_private_endpoint": {"PrivateEndpointConnections_Put", "StorageAccounts_Update"},
    "rule_that_closes_every_incident": {"AutomationRules_CreateOrUpdate"},
    "stolen_application_reads_mail": {"IncidentComments_CreateOrUpdate", "Incidents_CreateOrUpdate"},
    "tde_key_copied_while_a_safe_one_stands_ready": {
        "EncryptionProtectors_CreateOrUpdate",
        "ServerKeys_CreateOrUpdate",
        "Vaults_UpdateAccessPolicy",
    },
    "token_of_another_customer": {"RoleAssignments_Delete", "StorageAccounts_Update"},
}
"""What each drill cannot do without: a capture that lacks it is partial, and fails.

There is one for each kind of service at least. The others are judged by `make drill NAME=all`, whose table counts the
validator's faults; their measures are judged in test_measures.py.
"""


@dataclass(frozen=True)
class Played:
    """A drill's result, what it said that is in a specification, and Microsoft's findings on every drill's."""

    result: Result
    exchanges: list[Exchange]
    findings: Mapping[str, Json]


@pytest.fixture(scope="module")
def played(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Played]:
    """Every drill of SEEN, played once; the validator is asked once about all."""
    folder = tmp_path_factory.mktemp("captures")
    results = asyncio.run(_all(folder))
    said = {name: _said(folder, name) for name in results}
    findings = validated([one for exchanges in said.values() for one in exchanges], spec)
    return {name: Played(result, said[name], findings) for name, result in results.items()}


async def _all(folder: Path) -> Mapping[str, Result]:
    free = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(name: str) -> Result:
        [scenario] = scenarios.named(name)
        async with free:
            return await play(scenario, lambda _: None, captures=folder, latency=UNHURRIED)

    return dict(zip(SEEN, await asyncio.gather(*map(one, SEEN)), strict=True))


def _said(folder: Path, name: str) -> list[Exchange]:
    """A capture under ids of its own."""
    pairs = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
    return [Exchange.of({**pair, "id": f"{name} {pair['id']}"}) for pair in described(pairs)]


@pytest.mark.parametrize("name", SEEN)
def test_nothing_that_a_drill_says_or_hears_is_at_fault(name: str, played: Mapping[str, Played]) -> None:
    drill = played[name]
    verdict = weighed(drill.exchanges, drill.findings, expected=SEEN[name])

    assert drill.result.shortfalls == []
    assert verdict.ok, str(verdict)
    assert verdict.exchanges == len(drill.exchanges)
