"""The optional modules and what is generated for Sentinel: what each must keep besides what the gates look at."""

import json
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detection import analytics
from detection.rules import encryption_gap
from infra.check.expressions import parse
from infra.check.template import Template
from infra.content import queries
from infra.module import modules
from infra.runbooks import RUNBOOKS
from responders import measures
from responders.measures.keep_logs import DAYS
from tests.infra.deployment import Scope

FOLDER = Path(__file__).parents[2] / "infra"
SOC = "aaaaaaaa-2222-4333-8444-555555555555"
BREAK_GLASS = "11111111-2222-4333-8444-555555555555"
OPTIONAL = {
    "budget",
    "defender",
    "forensics",
    "letters",
    "logs",
    "recovery",
    "rules",
    "runbooks",
    "sentinel",
    "workbook",
}
APART = {"contain", "exemption", "policy", "private-links"}
DENIABLE = 4


def module(name: str) -> Template:
    return Template(json.loads((FOLDER / "modules" / f"{name}.json").read_text()))


def of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    every = [resource for one in template.all() for resource in one.resources]
    return [dict(resource.body) for resource in every if resource.type == kind]


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def test_what_is_optional_is_off_and_what_touches_others_is_never_part_of_the_install() -> None:
    parts = {each.name: each.part for each in modules()}
    install = json.loads((FOLDER / "azuredeploy.json").read_text())

    assert {name for name, part in parts.items() if part == "apart"} >= APART
    assert {name for name, part in parts.items() if part == "optional"} >= OPTIONAL
    deployed = {resource["name"]: resource.get("condition") for resource in install["resources"]}
    assert not deployed.keys() & APART
    assert all(deployed[name] for name in OPTIONAL)


def test_the_page_of_modules_names_each() -> None:
    page = (FOLDER / "README.md").read_text()

    named = {"optional": "| `{0}` | `{1}` |", "apart": "| `modules/{0}.json` |"}
    missing = [
        each.name
        for each in modules()
        if each.part in named and named[each.part].format(each.name, each.enable) not in page
    ]
    assert missing == []


def test_every_parameter_of_an_optional_module_has_a_value_when_it_is_off() -> None:
    core = {name for each in modules() if each.part == "core" for name in each.template.outputs}
    asked = [
        (each.name, name)
        for each in modules()
        if each.part == "optional"
        for name, said in each.template.parameters.items()
        if "defaultValue" not in said and name not in core | {"location"}
    ]

    assert asked == []


def test_every_analytics_rule_is_deployed_as_a_scheduled_rule_that_sentinel_takes() -> None:
    deployed = of_type(module("rules"), "Microsoft.SecurityInsights/alertRules")

    assert sorted(rule["name"] for rule in deployed) == sorted(rule.id for rule in analytics.every())
    queried = {rule.id: rule.query for rule in analytics.every()}
    for rule in deployed:
        said = rule["properties"]
        frequency, period = (minutes(said[name]) for name in ("queryFrequency", "queryPeriod"))
        assert rule["kind"] == "Scheduled"
        assert said["query"] == queried[rule["name"]]
        assert 5 <= frequency <= period <= 14 * 24 * 60
        assert (said["triggerOperator"], said["triggerThreshold"]) == ("GreaterThan", 0)
        assert len(said["customDetails"]) <= 20
        assert len(said["entityMappings"]) <= 10


def minutes(length: str) -> int:
    found = re.fullmatch(r"PT(\d+)M", length)
    assert found
    return int(found[1])


def test_evidence_is_kept_for_seven_years_also_of_every_table_that_a_rule_reads() -> None:
    logs = module("logs")

    (table,) = of_type(logs, "Microsoft.OperationalInsights/workspaces/tables")
    assert table["properties"] == {"totalRetentionInDays": DAYS}
    assert {name for rule in analytics.every() for name in rule.tables} <= set(
        logs.parameters["evidenceTables"]["defaultValue"]
    )


def test_a_playbook_signs_in_as_itself_and_shows_the_key_nowhere() -> None:
    (playbook,) = of_type(module("sentinel"), "Microsoft.Logic/workflows")
    actions = playbook["properties"]["definition"]["actions"]

    assert {each["inputs"]["authentication"]["type"] for each in actions.values()} == {"ManagedServiceIdentity"}
    assert "outputs" in actions["Read_the_key"]["runtimeConfiguration"]["secureData"]["properties"]
    assert "inputs" in actions["Tell_the_responder"]["runtimeConfiguration"]["secureData"]["properties"]
    assert not any("listKeys" in text for text in strings(playbook))


def test_a_letter_says_when_and_which_incident_and_nothing_else() -> None:
    (letters,) = of_type(module("letters"), "Microsoft.Logic/workflows")
    mail = letters["properties"]["definition"]["actions"]["Somebody_is_to_be_told"]["actions"]["Mail"]["inputs"]["body"]

    assert set(re.findall(r"\['(\w+)'\]\}", " ".join(mail.values()))) == {"due_at", "rung", "incident"}


def test_policy_denies_only_when_it_is_told_to_and_only_where_a_definition_can() -> None:
    policy = module("policy")

    (initiative,) = of_type(policy, "Microsoft.Authorization/policySetDefinitions")
    assert policy.parameters["effect"]["defaultValue"] == "Audit"
    given = [each["parameters"] for each in initiative["properties"]["policyDefinitions"]]
    assert (len(given), sum(bool(each) for each in given)) == (7, DENIABLE)
    assigned_ids = re.findall(r"'([0-9a-f-]{36})'", json.dumps(initiative["properties"]["policyDefinitions"]))
    assert set(assigned_ids) == encryption_gap.CLOSING  # what an exemption is judged by
    assigned = {
        each["name"]: each["properties"] for each in of_type(policy, "Microsoft.Authorization/policyAssignments")
    }
    assert assigned["tourniquet-hipaa"]["enforcementMode"] == "DoNotEnforce"
    assert "a169a624-5599-4385-a696-c8d643089fab" in assigned["tourniquet-hipaa"]["policyDefinitionId"]
    assert of_type(policy, "Microsoft.Authorization/roleAssignments") == []  # its identity may do nothing


def test_an_exemption_ends_within_seven_days_and_names_two_approvers() -> None:
    exemption = module("exemption")

    (written,) = of_type(exemption, "Microsoft.Authorization/policyExemptions")
    assert exemption.parameters["days"]["maxValue"] == 7
    assert exemption.parameters["approvers"]["minLength"] == 2
    assert "dateTimeAdd" in written["properties"]["expiresOn"]
    assert "utcNow" not in str(exemption.parameters)  # when it begins is nobody's to say


@pytest.mark.parametrize(
    ("approvers", "category"),
    [
        ([SOC, BREAK_GLASS], "Waiver"),
        ([SOC, f" {SOC.upper()}"], "NeedsTwoDifferentApprovers"),
        ([SOC, ""], "NeedsTwoDifferentApprovers"),
    ],
)
def test_an_exemption_by_one_approver_twice_has_a_category_that_the_template_refuses(
    approvers: list[str], category: str
) -> None:
    exemption = module("exemption")
    scope = Scope(group="", parameters={"approvers": approvers}, variables=exemption.body["variables"])

    (deployment,) = of_type(exemption, "Microsoft.Resources/deployments")

    assert scope.value(deployment["properties"]["parameters"]["category"]["value"]) == category
    assert deployment["properties"]["template"]["parameters"]["category"]["allowedValues"] == ["Waiver"]


def test_the_budget_speaks_at_two_three_and_four_times() -> None:
    (budget,) = of_type(module("budget"), "Microsoft.Consumption/budgets")

    actual = [each for each in budget["properties"]["notifications"].values() if each["thresholdType"] == "Actual"]
    assert [each["threshold"] for each in actual] == [200, 300, 400]
    assert len(budget["properties"]["notifications"]) <= 5


def test_nobody_reaches_the_jump_host_but_through_bastion() -> None:
    forensics = module("forensics")

    (card,) = of_type(forensics, "Microsoft.Network/networkInterfaces")
    assert "publicIPAddress" not in json.dumps(card)
    for group in of_type(forensics, "Microsoft.Network/networkSecurityGroups"):
        rules = [each["properties"] for each in group["properties"]["securityRules"]]
        inward = [each for each in rules if each["direction"] == "Inbound"]
        assert [each["access"] for each in sorted(inward, key=lambda rule: rule["priority"])] == ["Allow", "Deny"]
        assert all("Prefix" in each["sourceAddressPrefix"] for each in inward if each["access"] == "Allow")


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_asks_what_its_measures_ask_and_takes_one_account(name: str) -> None:
    script = (FOLDER / "runbooks" / f"{name}.ps1").read_text()

    asked = [line for line in script.splitlines() if line.startswith("Send-Request")]
    assert len(asked) == 2
    assert all(measures.by_id(each).code in script for each in RUNBOOKS[name])
    assert all('"${AccountId}' in line and "api-version=" in line for line in asked)  # $AccountId? is another variable
    bodies = [json.loads(line.rpartition(" '")[2].removesuffix("'")) for line in asked]
    assert all(bodies)
    runbooks = of_type(module("runbooks"), "Microsoft.Automation/automationAccounts/runbooks")
    assert any(name in str(parse(each["properties"]["publishContentLink"]["uri"])) for each in runbooks)


def test_the_workbook_shows_every_query_as_it_stands() -> None:
    (workbook,) = of_type(module("workbook"), "Microsoft.Insights/workbooks")
    shown = json.loads(workbook["properties"]["serializedData"])["items"]

    assert [each["content"]["query"] for each in shown if each["type"] == 3] == list(queries().values())


@pytest.mark.parametrize("path", sorted((FOLDER / "conditional-access").glob("*.json")), ids=lambda path: path.stem)
def test_a_conditional_access_policy_only_reports_and_leaves_break_glass_out(path: Path) -> None:
    policy = json.loads(path.read_text())

    assert policy["state"] == "enabledForReportingButNotEnforced"
    assert policy["conditions"]["users"]["excludeGroups"] == ["BREAK_GLASS_GROUP"]
    assert policy["grantControls"]["builtInControls"]


SIGNED_IN = """#!/bin/sh
printf '%s\\n' "$*" >> "$ASKED"
case "$*" in
  *transitiveMembers*) echo "$MEMBERS" ;;
  *"method get"*) echo "Tourniquet: MFA for everybody" ;;
esac
"""


@pytest.mark.parametrize(("members", "added"), [("2", 2), ("1", 0)])
def test_policies_are_added_once_and_never_without_two_break_glass_accounts(
    tmp_path: Path, members: str, added: int
) -> None:
    az, asked = tmp_path / "az", tmp_path / "asked"
    az.write_text(SIGNED_IN)
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    script = str(FOLDER / "conditional-access" / "apply.sh")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ASKED": str(asked), "MEMBERS": members}

    ran = subprocess.run([script, BREAK_GLASS], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 our own script

    posted = asked.read_text().split("--method post")[1:]
    assert (ran.returncode == 0, len(posted)) == (members == "2", added)
    assert all(BREAK_GLASS in each and "BREAK_GLASS_GROUP" not in each for each in posted)
