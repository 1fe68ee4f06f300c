"""How the parts of a template fit: names and types of one length, dependencies that are there, nested parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.check.expressions import Call, Malformed, Node, calls, is_expression, parse
from infra.check.form import fits
from infra.check.template import SUBSCRIPTION, Resource, Template

ELEMENTS = {"type", "apiVersion", "name", "condition", "copy", "dependsOn", "scope", "comments", "resources"}
NESTED = ELEMENTS | {"location", "resourceGroup", "subscriptionId", "properties"}
VERSIONS = ("2021-04-01", "2022-09-01", "2024-03-01")
"""The api-versions of deployments that templates here use; the published cut has none of them."""
DEPLOYED = {"mode", "expressionEvaluationOptions", "parameters", "template"}


def wiring(template: Template) -> Iterator[str]:
    """Faults of names, dependencies, nested deployments and what is read of their outputs."""
    there = {resource.type.casefold() for resource in template.resources}
    for resource in template.resources:
        yield from _name(resource)
        yield from _dependencies(resource, there)
        if resource.is_deployment:
            yield from _deployment(template, resource)
    yield from _outputs_read(template)


def _name(resource: Resource) -> Iterator[str]:
    """A type `A/b/c` is named `x/y`: one segment for each after the provider."""
    name = resource.body.get("name")
    if not isinstance(name, str) or not name:
        yield f"{resource.path}: it has no name"
        return
    kind = str(resource.body.get("type", ""))
    slashes = _slashes(_tree(name)) if is_expression(name) else name.count("/")
    expected = kind.count("/") - (1 if "." in kind else 0)
    if slashes is not None and slashes != expected:
        yield f"{resource.path}: {resource.type} is named by {expected + 1} segments, not {slashes + 1}"


def _slashes(node: Node | None) -> int | None:
    """How many segments the name has, less one; None where that is not seen from here."""
    if isinstance(node, Call) and node.name == "format" and isinstance(node.arguments[0], str):
        return node.arguments[0].count("/")
    if isinstance(node, Call) and node.name == "guid":
        return 0
    return None


def _dependencies(resource: Resource, there: set[str]) -> Iterator[str]:
    written = resource.body.get("dependsOn", [])
    if not isinstance(written, list):
        yield f"{resource.path}.dependsOn: expected an array"
        return
    for place, each in enumerate(written):
        tree = _tree(each) if is_expression(each) else None
        kinds = _types_named(tree) if tree is not None else set()
        if tree is not None and not kinds & there:
            yield f"{resource.path}.dependsOn[{place}]: nothing of the template is meant by {each}"


def _types_named(node: Node) -> set[str]:
    words = {word.casefold() for call in calls(node) for word in call.arguments if isinstance(word, str)}
    return {word for word in words if "." in word and "/" in word}


def _deployment(template: Template, resource: Resource) -> Iterator[str]:
    path, said = resource.path, resource.properties
    yield from (f"{path}: unknown property {name!r}" for name in resource.body if name not in NESTED)
    yield from (f"{path}.properties: unknown property {name!r}" for name in said if name not in DEPLOYED)
    if resource.body.get("apiVersion") not in VERSIONS:
        yield f"{path}.apiVersion: {resource.body.get('apiVersion')!r} is none of {VERSIONS}"
    if said.get("mode") != "Incremental":
        yield f"{path}.properties.mode: only Incremental leaves what others made"
    if said.get("expressionEvaluationOptions") != {"scope": "inner"}:
        yield f"{path}.properties: expressionEvaluationOptions must be {{'scope': 'inner'}}"
    if not isinstance(said.get("template"), dict):
        yield f"{path}.properties: the template is missing"
        return
    inner = Template(said["template"], f"{path}.properties.template")
    yield from _arguments(inner, said.get("parameters", {}), path)
    yield from _scope(template, resource, inner)


def _scope(template: Template, resource: Resource, inner: Template) -> Iterator[str]:
    of_subscription = inner.body.get("$schema") == SUBSCRIPTION
    if of_subscription == ("resourceGroup" in resource.body) and template.body.get("$schema") == SUBSCRIPTION:
        yield f"{resource.path}: the nested template's $schema and where it is deployed do not agree"
    if of_subscription and "location" not in resource.body:
        yield f"{resource.path}: a deployment to a subscription needs a location"


def _arguments(inner: Template, given: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in sorted(given.keys() - inner.parameters.keys()):
        yield f"{path}.properties.parameters: {name!r} is not declared by the nested template"
    for name, declared in inner.parameters.items():
        if name not in given and "defaultValue" not in declared:
            yield f"{path}.properties.parameters: {name!r} is missing"
        elif name in given and not fits(str(declared.get("type")), given[name].get("value")):
            yield f"{path}.properties.parameters.{name}: the value is missing or no {declared.get('type')}"


def _outputs_read(template: Template) -> Iterator[str]:
    outputs = {
        str(resource.body.get("name")): set(resource.properties.get("template", {}).get("outputs", {}))
        for resource in template.resources
        if resource.is_deployment
    }
    for path, text in template.expressions:
        tree = _tree(text)
        for call in calls(tree) if tree is not None else ():
            yield from _output_read(call, outputs, path)


def _output_read(call: Call, outputs: Mapping[str, set[str]], path: str) -> Iterator[str]:
    """`reference(<deployment>).outputs.NAME.value`: that the deployment is here and has that output."""
    if call.name != "reference" or call.taken[:1] != ("outputs",):
        return
    words = [word for inner in calls(call) for word in inner.arguments if isinstance(word, str)]
    name = (
        words[words.index("Microsoft.Resources/deployments") + 1] if "Microsoft.Resources/deployments" in words else ""
    )
    if name not in outputs:
        yield f"{path}: there is no deployment {name!r} whose outputs could be read"
    elif call.taken[1] not in outputs[name]:
        yield f"{path}: the deployment {name!r} has no output {call.taken[1]!r}"


def _tree(text: str) -> Node | None:
    """The expression's tree; what is no expression is said elsewhere."""
    try:
        return parse(text)
    except Malformed:
        return None
