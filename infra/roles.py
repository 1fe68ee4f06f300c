"""The custom roles of infra/roles.json as templates: what reads and keeps goes with the install, the rest apart.

`Tourniquet contain` and `Tourniquet locks` are given in a step of their own (infra/modules/contain.json), under a
condition: role assignments of Owner, of User Access Administrator and of break-glass people are never taken away.
`Tourniquet logs` is only defined there, to be given on the one workspace that logs are sent to.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.check.template import SUBSCRIPTION

FILE = Path(__file__).parent / "roles.json"
CORE = ("read", "evidence")
BREAK_GLASS = "{breakGlassObjectIds}"
DEFINITION = "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', {})"

type Body = dict[str, Any]


def files() -> Mapping[str, str]:
    """Each generated file's text, by its path from the root."""
    roles = {role["name"].rpartition(" ")[2]: role for role in json.loads(FILE.read_text())["roles"]}
    return {
        "infra/modules/roles.json": _text(_core(roles)),
        "infra/modules/contain.json": _text(_apart(roles)),
    }


def _core(roles: Mapping[str, Any]) -> Body:
    return _module(
        "The roles that read and keep, and the read identity's right to read the subscription.",
        "core",
        {"readPrincipalId": _parameter("Object id of the identity that reads.")},
        [*(_definition(tier, roles[tier]) for tier in CORE), _assignment("read", "readPrincipalId")],
        {"evidenceRole": f"[{_role('evidence')}]"},
    )


def _apart(roles: Mapping[str, Any]) -> Body:
    granted = _assignment("contain", "containPrincipalId")
    granted["properties"] |= {
        "condition": _condition(roles["contain"]["condition"]),
        "conditionVersion": roles["contain"]["conditionVersion"],
    }
    locks = {"condition": "[parameters('withLocks')]", **_assignment("locks", "containPrincipalId")}
    break_glass = _parameter("Object ids of the break-glass accounts, whose role assignments are never taken away.")
    return _module(
        "The right to contain: given by hand, when watching has shown that it may be.",
        "apart",
        {
            "containPrincipalId": _parameter("Object id of the identity that contains."),
            "breakGlassObjectIds": {**break_glass, "type": "array", "minLength": 1},
            "withLocks": {
                "type": "bool",
                "defaultValue": False,
                "metadata": {"description": "Whether it may also lock against deletion, and unlock."},
            },
        },
        [*(_definition(tier, roles[tier]) for tier in ("contain", "locks", "logs")), granted, locks],
        {"containRole": f"[{_role('contain')}]"},
    )


def _module(does: str, part: str, parameters: Body, resources: Sequence[Body], outputs: Mapping[str, str]) -> Body:
    return {
        "$schema": SUBSCRIPTION,
        "contentVersion": "1.0.0.0",
        "metadata": {"description": does, "part": part, "monthlyCost": "nothing", "generated": "by `make templates`"},
        "parameters": parameters,
        "resources": list(resources),
        "outputs": {name: {"type": "string", "value": value} for name, value in outputs.items()},
    }


def _parameter(description: str) -> Body:
    return {"type": "string", "metadata": {"description": description}}


def _name(tier: str) -> str:
    return f"guid(subscription().id, 'tourniquet', '{tier}')"


def _role(tier: str) -> str:
    return DEFINITION.format(_name(tier))


def _definition(tier: str, role: Mapping[str, Any]) -> Body:
    """The name carries the subscription: a tenant knows each role's name once."""
    return {
        "type": "Microsoft.Authorization/roleDefinitions",
        "apiVersion": "2022-04-01",
        "name": f"[{_name(tier)}]",
        "properties": {
            "roleName": f"[format('{role['name']} {{0}}', uniqueString(subscription().id))]",
            "description": role["description"],
            "type": "CustomRole",
            "permissions": [
                {"actions": role["actions"], "notActions": [], "dataActions": role["dataActions"], "notDataActions": []}
            ],
            "assignableScopes": ["[subscription().id]"],
        },
    }


def _assignment(tier: str, principal: str) -> Body:
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": f"[guid(subscription().id, parameters('{principal}'), '{tier}')]",
        "dependsOn": [f"[{_role(tier)}]"],
        "properties": {
            "roleDefinitionId": f"[{_role(tier)}]",
            "principalId": f"[parameters('{principal}')]",
            "principalType": "ServicePrincipal",
        },
    }


def _condition(text: str) -> str:
    """The condition as an expression; the break-glass people stand in it as `{id, id}`."""
    before, after = (_quoted(part) for part in text.split(BREAK_GLASS))
    people = "format('{{{0}}}', join(parameters('breakGlassObjectIds'), ', '))"
    return f"[concat({before}, {people}, {after})]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(template: Body) -> str:
    return json.dumps(template, indent=2) + "\n"
