"""The templates of the install against the code that they deploy."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from incident.settings import PREFIX, Settings
from infra import generated
from infra.assemble import Unfit, assembled
from infra.check.expressions import Call, Node, calls, parse
from infra.check.template import RESOURCE_GROUP, Template
from infra.check.wrapper import compared, differences
from infra.module import Module, faults, modules
from ledger.tables import NAMES

ROOT = Path(__file__).parents[2]
HOST = {
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "AzureWebJobsDisableHomepage",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
}


def module(name: str) -> Template:
    return Template(json.loads((ROOT / "infra" / "modules" / f"{name}.json").read_text()))


def of_type(template: Template, kind: str) -> list[Mapping[str, Any]]:
    return [each.body for each in template.resources if each.type.casefold() == kind.casefold()]


def held(node: Node) -> set[object]:
    """The parameters that are named in an expression."""
    return {call.arguments[0] for call in calls(node) if call.name == "parameters"}


def unasked() -> set[str]:
    """The functions of function_app.py that nobody calls: timers and queues."""
    found = set()
    for node in ast.parse((ROOT / "function_app.py").read_text()).body:
        calls = [each for each in getattr(node, "decorator_list", []) if isinstance(each, ast.Call)]
        by_name = {call.func.attr: call for call in calls if isinstance(call.func, ast.Attribute)}
        if {"timer_trigger", "queue_trigger"} & by_name.keys():
            found.add(ast.literal_eval(by_name["function_name"].args[0]))
    return found


def small(name: str, **metadata: object) -> Module:
    said = {"description": "It is small.", "part": "core", "monthlyCost": "nothing", **metadata}
    parameters = {"size": {"type": "int", "metadata": {"description": name if metadata.get("own") else "How much."}}}
    return Module(name, Template({"$schema": RESOURCE_GROUP, "metadata": said, "parameters": parameters}))


def test_what_is_generated_is_current() -> None:
    assert generated.stale() == []


def test_the_app_is_given_every_setting_that_the_code_reads_and_no_other() -> None:
    (site,) = of_type(module("app"), "Microsoft.Web/sites")

    names = [each["name"] for each in site["properties"]["siteConfig"]["appSettings"]]
    off = {f"AzureWebJobs.{name}.Disabled" for name in unasked()}
    assert sorted(names) == sorted({PREFIX + name.upper() for name in Settings.__dataclass_fields__} | HOST | off)


def test_with_an_actor_the_first_app_has_no_identity_that_contains() -> None:
    (site,) = of_type(module("app"), "Microsoft.Web/sites")

    tree = parse(site["identity"]["userAssignedIdentities"])
    assert isinstance(tree, Call)
    asked, front, whole = tree.arguments
    assert asked == Call("parameters", ("enableActor",))
    assert held(front) == {"readIdentity", "evidenceIdentity"}
    assert held(whole) == {f"{tier}Identity" for tier in ("read", "contain", "directory", "evidence")}


def test_the_actor_has_the_first_apps_settings_but_storage_of_its_own_and_takes_no_call() -> None:
    (first,), (second,) = (of_type(module(name), "Microsoft.Web/sites") for name in ("app", "actor"))
    config = [
        {each["name"]: each["value"] for each in site["properties"]["siteConfig"]["appSettings"]}
        for site in (first, second)
    ]

    differing = {name for name in config[0] if name[:13] != "AzureWebJobs." and config[0][name] != config[1][name]}
    places = {f"AzureWebJobsStorage__{name}ServiceUri" for name in ("blob", "queue", "table")}
    assert differing == {*places, "AzureWebJobsStorage__clientId", "TOURNIQUET_QUEUE", "TOURNIQUET_PART"}
    assert config[1]["TOURNIQUET_PART"] == ""
    assert second["properties"]["siteConfig"]["ipSecurityRestrictionsDefaultAction"] == "Deny"


def test_the_ledger_finds_every_table_and_container_made() -> None:
    storage = module("storage")

    assert storage.variables["tables"] == list(NAMES)
    containers = of_type(storage, "Microsoft.Storage/storageAccounts/blobServices/containers")
    made = {each["name"].split("/")[2].partition("'")[0] for each in containers}
    assert made == {"packages", "dead-letters", "evidence", "restricted"}


def test_evidence_and_anchors_can_be_neither_changed_nor_deleted() -> None:
    (anchors,) = module("anchors").nested
    for template, name in ((module("storage"), "evidence"), (anchors, "anchors")):
        containers = of_type(template, "Microsoft.Storage/storageAccounts/blobServices/containers")
        policies = of_type(template, "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies")
        assert [f"default/{name}/default" in each["name"] for each in policies] == [True]
        (kept,) = [each for each in containers if f"default/{name}'" in each["name"]]
        assert kept["properties"]["immutableStorageWithVersioning"] == {"enabled": True}


def test_the_install_gives_the_right_to_contain_to_nobody() -> None:
    install = (ROOT / "infra" / "azuredeploy.json").read_text()
    given = {role["name"]: role["actions"] for role in json.loads((ROOT / "infra" / "roles.json").read_text())["roles"]}

    contain = set(given["Tourniquet contain"]) - set(given["Tourniquet read"])
    assert contain
    assert [action for action in contain if f'"{action}"' in install] == []


def test_the_right_to_contain_spares_owners_and_break_glass_people() -> None:
    (granted,) = [
        each["properties"]
        for each in of_type(module("contain"), "Microsoft.Authorization/roleAssignments")
        if "condition" in each["properties"]
    ]
    assert granted["conditionVersion"] == "2.0"
    assert "join(parameters('breakGlassObjectIds'), ', ')" in granted["condition"]
    assert "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" in granted["condition"]


def test_every_module_says_what_it_is_and_costs() -> None:
    assert {each.name: list(faults(each)) for each in modules() if list(faults(each))} == {}


@pytest.mark.parametrize(
    "metadata", [{"part": "some"}, {"monthlyCost": ""}, {"enable": "enableIt"}, {"part": "optional"}, {"cost": "none"}]
)
def test_a_module_that_says_too_little_is_named(metadata: dict[str, object]) -> None:
    assert list(faults(small("bad", **metadata)))


def test_an_optional_module_is_off_and_shows_its_cost() -> None:
    optional = small("jump", part="optional", enable="enableJump", monthlyCost="USD 140")

    template = assembled([*modules(), optional])

    switch = template["parameters"]["enableJump"]
    assert (switch["defaultValue"], switch["metadata"]["monthlyCost"]) == (False, "USD 140")
    assert template["resources"][-1]["condition"] == "[parameters('enableJump')]"


def test_one_name_means_one_thing() -> None:
    with pytest.raises(Unfit, match="size"):
        assembled([small("one", own=True), small("two", own=True)])


def test_the_wrapper_asks_and_answers_as_the_template_does() -> None:
    assert differences() == []


@pytest.mark.parametrize("line", ["    location: location\n", "output appName string", "param prefix string"])
def test_a_wrapper_that_lacks_something_is_named(line: str) -> None:
    bicep = (ROOT / "infra" / "main.bicep").read_text()
    template = json.loads((ROOT / "infra" / "azuredeploy.json").read_text())

    assert line in bicep
    assert compared(bicep.replace(line, "//"), template)
