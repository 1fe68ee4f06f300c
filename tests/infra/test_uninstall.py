"""Removal: it says what goes and what stays, changes nothing unless told to, and evidence always stays."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from infra.module import modules

SCRIPT = Path(__file__).parents[2] / "infra" / "uninstall.sh"
GROUP = "/subscriptions/s/resourceGroups/tourniquet/providers"
GOES = (
    "Microsoft.Logic/workflows/playbook",
    "Microsoft.Web/connections/sentinel",
    "Microsoft.Automation/automationAccounts/runbooks",
    "Microsoft.Insights/actionGroups/spend",
    "Microsoft.Insights/dataCollectionRules/agents",
    "Microsoft.Insights/workbooks/phi",
    "Microsoft.Network/bastionHosts/bastion",
    "Microsoft.Web/sites/responder",
    "Microsoft.Web/serverFarms/responder-plan",
    "Microsoft.Insights/components/insights",
    "Microsoft.EventGrid/topics/notices",
    "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    "Microsoft.Storage/storageAccounts/tqhost1",
)
STAYS = (
    "Microsoft.Storage/storageAccounts/tqledger1",
    "Microsoft.KeyVault/vaults/tq1",
    "Microsoft.OperationalInsights/workspaces/logs",
    "Microsoft.Network/virtualNetworks/net",
    "Microsoft.Network/privateEndpoints/ledger",
    "Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net",
    "Microsoft.Network/networkSecurityGroups/endpoints",
    "Microsoft.RecoveryServices/vaults/forensics",
    "Microsoft.Compute/snapshots/taken",
    "Microsoft.Compute/virtualMachines/jump",
    "Microsoft.Unheard/of/thing",
)
AZ = """#!/usr/bin/env bash
echo "$*" >>"$CALLS"
case "$*" in
  "resource list"*) cat "$RESOURCES" ;;
  "role definition list"*) echo a-role ;;
  "role assignment list"*) echo /subscriptions/s/providers/Microsoft.Authorization/roleAssignments/one ;;
  *"event-subscription list"*) echo tourniquet-resources ;;
esac
"""
CHANGES = re.compile(r"\b(delete|create|update|set|purge)\b")


def run(tmp_path: Path, *words: str) -> tuple[list[str], list[str]]:
    """What it says, and what it asks of az that changes something."""
    (tmp_path / "az").write_text(AZ)
    (tmp_path / "az").chmod(0o755)
    rows = [
        "\t".join([each.rpartition("/")[0], each.rpartition("/")[2], f"{GROUP}/{each}"]) for each in (*STAYS, *GOES)
    ]
    (tmp_path / "resources").write_text("\n".join(rows) + "\n")
    named = {"SUBSCRIPTION": "s", "RESOURCE_GROUP": "tourniquet", "SYSTEM_TOPIC": "changes"}
    files = {"CALLS": str(tmp_path / "calls"), "RESOURCES": str(tmp_path / "resources")}
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"} | named | files
    done = subprocess.run([str(SCRIPT), *words], env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    calls = (tmp_path / "calls").read_text().splitlines()
    return done.stdout.splitlines(), [call for call in calls if CHANGES.search(call)]


def test_without_the_word_nothing_is_changed_and_everything_is_said(tmp_path: Path) -> None:
    said, changes = run(tmp_path)

    assert changes == []
    assert [each for each in GOES if f"would be removed: {GROUP}/{each}" not in said] == []
    assert [each for each in STAYS if not any(line.startswith("stays: ") and each in line for line in said)] == []
    assert "stays: the anchors, in a subscription of their own" in said


def test_what_goes_is_what_was_said_in_that_order_and_evidence_stays(tmp_path: Path) -> None:
    said, changes = run(tmp_path, "--yes")

    removed = [line.removeprefix("removed: ") for line in said if line.startswith("removed: ")]
    assert len(removed) == len(changes) == len(GOES) + 3
    assert [call for call in changes if any(each in call for each in STAYS)] == []
    assert "event-subscription delete" in changes[0]
    assert changes[1].startswith("role assignment delete")
    assert changes[2].startswith("role definition delete")


@pytest.mark.parametrize("module", [each for each in modules() if each.part == "core"], ids=lambda each: each.name)
def test_removal_knows_every_type_that_the_core_install_makes(module: object) -> None:
    known = {one.rpartition("/")[0].casefold() for one in (*GOES, *STAYS)}
    own = {"microsoft.resources/resourcegroups", "microsoft.resources/deployments"}
    roles = {"microsoft.authorization/roledefinitions", "microsoft.authorization/roleassignments"}
    made = {str(each["type"]).casefold() for each in module.template.body["resources"]}  # type: ignore[attr-defined]  # by its id

    assert {each for each in made if each.count("/") == 1} - known - own - roles == set()
