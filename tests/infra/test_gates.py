"""Each gate refuses what it is there for; with the types that are declared here, so that nothing else is needed."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infra.check.expressions import Call, Malformed, misuse, parse
from infra.check.gates import judged
from infra.check.published import Types
from infra.check.template import RESOURCE_GROUP, SUBSCRIPTION
from infra.mutants.edits import GONE, edited, renamed

ASKED = {"type": "string", "metadata": {"description": "Name of the vault."}}
KEY = {
    "type": "Microsoft.KeyVault/vaults/keys",
    "apiVersion": "2023-07-01",
    "name": "[format('{0}/anchors', parameters('vault'))]",
    "properties": {"kty": "EC", "keyOps": ["sign", "verify"], "attributes": {"exportable": False}},
}
INNER = {
    "$schema": RESOURCE_GROUP,
    "contentVersion": "1.0.0.0",
    "parameters": {"vault": ASKED},
    "resources": [KEY],
    "outputs": {"key": {"type": "string", "value": "[resourceId('a/b/c', parameters('vault'), 'anchors')]"}},
}
GOOD: Mapping[str, Any] = {
    "$schema": SUBSCRIPTION,
    "contentVersion": "1.0.0.0",
    "parameters": {"vault": ASKED},
    "variables": {"group": "clinic"},
    "resources": [
        {
            "type": "Microsoft.Resources/resourceGroups",
            "apiVersion": "2022-09-01",
            "name": "[variables('group')]",
            "location": "eastus",
        },
        {
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": "keys",
            "resourceGroup": "[variables('group')]",
            "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', variables('group'))]"],
            "properties": {
                "mode": "Incremental",
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": {"vault": {"value": "[parameters('vault')]"}},
                "template": INNER,
            },
        },
    ],
    "outputs": {
        "key": {
            "type": "string",
            "value": "[reference(resourceId('Microsoft.Resources/deployments', 'keys')).outputs.key.value]",
        }
    },
}
NESTED = ("resources", 1, "properties")
WITHIN = (*NESTED, "template", "resources", 0)
KEY_OF = (*WITHIN, "properties")

type Change = Callable[[Mapping[str, Any]], Any]


def put(*path: str | int, value: object) -> Change:
    return lambda body: edited(body, path, value)


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Types:
    return Types.read(tmp_path_factory.mktemp("none"))


def test_a_sound_template_passes(declared: Types) -> None:
    assert {gate: faults for gate, faults in judged(GOOD, declared).items() if faults} == {}


@pytest.mark.parametrize(
    ("gate", "change"),
    [
        ("form", put("$schema", value="https://example.org")),
        ("form", put("contentVersion", value="1")),
        ("form", put("functions", value=[])),
        ("form", put("parameters", "vault", "metadata", value=GONE)),
        ("form", put("parameters", "vault", "defaultValue", value=3)),
        ("form", put("outputs", "key", "type", value="secureString")),
        ("expressions", put("variables", value=GONE)),
        ("expressions", put("variables", "other", value="x")),
        ("expressions", put("resources", 0, "name", value="[variables('group']")),
        ("expressions", put("resources", 0, "name", value="[upper(variables('group'))]")),
        ("expressions", put("resources", 0, "condition", value="[equals(reference('x').a, variables('group'))]")),
        ("wiring", put("resources", 0, "name", value="a/b")),
        ("wiring", put("resources", 1, "dependsOn", value=["[resourceId('Microsoft.Sql/servers', 'x')]"])),
        ("wiring", put(*NESTED, "mode", value="Complete")),
        ("wiring", put(*NESTED, "expressionEvaluationOptions", value=GONE)),
        ("wiring", put(*NESTED, "parameters", "vault", value=GONE)),
        ("wiring", put(*NESTED, "parameters", "other", value={"value": 1})),
        ("wiring", put("resources", 1, "resourceGroup", value=GONE)),
        ("wiring", put(*NESTED, "template", "outputs", value={})),
        ("types", put(*WITHIN, "apiVersion", value="2099-01-01")),
        ("types", put(*KEY_OF, "kty", value="ED")),
        ("types", put(*KEY_OF, "keySize", value="big")),
        ("types", lambda body: renamed(body, (*KEY_OF, "kty"), "ktyy")),
        ("types", put(*WITHIN, value=[])),
        ("security", put(*KEY_OF, "attributes", "exportable", value=True)),
        ("security", put(*KEY_OF, "keyOps", value=["sign", "unwrapKey"])),
    ],
)
def test_a_fault_is_refused_by_the_gate_that_should(declared: Types, gate: str, change: Change) -> None:
    assert judged(change(GOOD), declared)[gate]


def test_an_expression_is_read_as_a_tree() -> None:
    tree = parse("[concat('it''s ', parameters('a').b[0], string(-3))]")

    assert tree == Call(
        "concat",
        ("it's ", Call("parameters", ("a",), ("b", 0)), Call("string", (-3,))),
    )


@pytest.mark.parametrize("text", ["[]", "[f(]", "[f('a)]", "[f() g()]", "[f(,)]", "[f().]", "[f()[1]", "[f(a)]", "[?]"])
def test_what_is_no_expression_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(
    "call", [Call("nope", ()), Call("parameters", ()), Call("if", (1, 2)), Call("toLower", ("a", "b"))]
)
def test_a_function_that_is_not_or_is_called_wrongly_is_named(call: Call) -> None:
    assert call.name in str(misuse(call))
