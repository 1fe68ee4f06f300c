"""The install, put together from its modules: infra/azuredeploy.json and its wrapper infra/main.bicep.

A module's parameter gets the core output of the same name, where there is one; every other becomes a parameter of the
install. One that has the name of a module's switch knows whether that module is there. An output is read by the full
id of its deployment, as the Bicep compiler writes it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from infra.check.template import SUBSCRIPTION
from infra.module import Module, modules

API = "2022-09-01"
GROUP = "subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('resourceGroupName'))"
OWN_GROUP = (
    "format('/subscriptions/{0}/resourceGroups/{1}', subscription().subscriptionId, parameters('resourceGroupName'))"
)
SHOWN = (
    "appName",
    "appId",
    "appHost",
    "hostAccount",
    "workspaceResource",
    "readPrincipalId",
    "containPrincipalId",
    "directoryPrincipalId",
    "evidencePrincipalId",
)
"""The outputs that later steps ask for."""
ASKED: Mapping[str, Mapping[str, Any]] = {
    "location": {"type": "string", "metadata": {"description": "Region of everything that is deployed."}},
    "environmentName": {
        "type": "string",
        "defaultValue": "tourniquet",
        "metadata": {"description": "Name of the environment, for azd: a tag of the resource group."},
    },
    "resourceGroupName": {
        "type": "string",
        "defaultValue": "tourniquet",
        "metadata": {"description": "Resource group of the responder; it is made where it is not there."},
    },
}
"""The parameters of the install that are no module's own."""

type Body = dict[str, Any]


class Unfit(Exception):  # noqa: N818 - named for what the modules are
    """Modules that cannot be put together; the message names them."""


def files() -> Mapping[str, str]:
    """Each generated file's text, by its path from the root."""
    template = assembled(modules())
    return {
        "infra/azuredeploy.json": json.dumps(template, indent=2) + "\n",
        "infra/main.bicep": wrapper(template),
    }


def assembled(every: Iterable[Module]) -> Body:
    """The install's template, of the modules that are part of it."""
    parts = [module for module in every if module.part in ("core", "optional")]
    source = {output: module for module in parts if not module.enable for output in module.template.outputs}
    parameters = _parameters(parts, source)
    return {
        "$schema": SUBSCRIPTION,
        "contentVersion": "1.0.0.0",
        "metadata": {"description": "Tourniquet: generated from infra/modules by `make templates`; do not edit."},
        "parameters": parameters,
        "resources": [_group(), *(_deployment(module, source) for module in parts)],
        "outputs": {name: {"type": "string", "value": f"[{_read(source[name], name)}]"} for name in SHOWN},
    }


def _parameters(parts: Sequence[Module], source: Mapping[str, Module]) -> Body:
    switches = {each.enable for each in parts}
    asked = [item for each in parts for item in each.template.parameters.items()]
    own = [(name, said) for name, said in asked if name not in source and name not in switches]
    others = [(each.subscription, _subscription_of(each)) for each in parts if each.subscription]
    found: Body = dict(ASKED)
    for name, said in chain(others, own, ((each.enable, _switch(each)) for each in parts if each.enable)):
        if name in found and found[name] != said:
            raise Unfit(f"parameter {name!r} is declared in two ways")
        found[name] = said
    return found


def _subscription_of(module: Module) -> Body:
    description = f"Id of the subscription for the module {module.name}: {module.said['description']}"
    return {"type": "string", "minLength": 36, "maxLength": 36, "metadata": {"description": description}}


def _switch(module: Module) -> Body:
    cost = str(module.said["monthlyCost"])
    description = f"{module.said['description']} Off by default; in a month: {cost}."
    return {"type": "bool", "defaultValue": False, "metadata": {"description": description, "monthlyCost": cost}}


def _group() -> Body:
    return {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": API,
        "name": "[parameters('resourceGroupName')]",
        "location": "[parameters('location')]",
        "tags": "[union(parameters('tags'), createObject('azd-env-name', parameters('environmentName')))]",
    }


def _deployment(module: Module, source: Mapping[str, Module]) -> Body:
    wired = [name for name in module.template.parameters if name in source]
    needed = sorted({source[name].name: source[name] for name in wired}.items())
    place: Body = {"location": "[parameters('location')]"}
    place |= {"subscriptionId": f"[parameters('{module.subscription}')]"} if module.subscription else {}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": API,
        "name": module.name,
        **({"condition": f"[parameters('{module.enable}')]"} if module.enable else {}),
        **(place if module.of_subscription else {"resourceGroup": "[parameters('resourceGroupName')]"}),
        "dependsOn": [f"[{GROUP}]", *(f"[{_id(each)}]" for _, each in needed)],
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {name: {"value": _given(name, source)} for name in module.template.parameters},
            "template": module.template.body,
        },
    }


def _given(name: str, source: Mapping[str, Module]) -> str:
    return f"[{_read(source[name], name)}]" if name in source else f"[parameters('{name}')]"


def _read(module: Module, output: str) -> str:
    return f"reference({_id(module)}, '{API}').outputs.{output}.value"


def _id(module: Module) -> str:
    if not module.of_subscription:
        return f"extensionResourceId({OWN_GROUP}, 'Microsoft.Resources/deployments', '{module.name}')"
    subscription = f"parameters('{module.subscription}'), " if module.subscription else ""
    return f"subscriptionResourceId({subscription}'Microsoft.Resources/deployments', '{module.name}')"


def wrapper(template: Mapping[str, Any]) -> str:
    """The Bicep file through which azd deploys the template: its parameters and outputs, one for one."""
    parameters = [_bicep_parameter(name, said) for name, said in template["parameters"].items()]
    passed = "\n".join(f"    {name}: {name}" for name in template["parameters"])
    shown = "\n".join(f"output {name} string = responder.outputs.{name}" for name in template["outputs"])
    module = f"module responder './azuredeploy.json' = {{\n  name: 'tourniquet'\n  params: {{\n{passed}\n  }}\n}}"
    head = "// The wrapper of azuredeploy.json for azd: generated by `make templates`; do not edit."
    return "\n\n".join([f"{head}\ntargetScope = 'subscription'", *parameters, module, shown]) + "\n"


def _bicep_parameter(name: str, said: Mapping[str, Any]) -> str:
    kind = said["type"].casefold()
    lines = [f"@description({_bicep(said['metadata']['description'])})"]
    lines += ["@secure()"] if kind.startswith("secure") else []
    lines += ["@metadata({ azd: { type: 'location' } })"] if name == "location" else []
    lines += [f"@allowed({_bicep(said['allowedValues'])})"] if "allowedValues" in said else []
    lines += [f"@{word}({said[word]})" for word in ("minLength", "maxLength", "minValue", "maxValue") if word in said]
    default = f" = {_bicep(said['defaultValue'])}" if "defaultValue" in said else ""
    return "\n".join([*lines, f"param {name} {kind.removeprefix('secure')}{default}"])


def _bicep(value: object) -> str:
    """A literal, as Bicep writes it."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${") + "'"
    if isinstance(value, list):
        return "[" + ", ".join(map(_bicep, value)) + "]"
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{_bicep(name)}: {_bicep(inner)}" for name, inner in value.items()) + " }"
            if value
            else "{}"
        )
    return json.dumps(value)
