"""A deployment to a resource group, as far as templates of ours need one: expressions worked out, resources put.

What Resource Manager does is read off Microsoft's reference of template functions; a function that is not here fails.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from infra.check.expressions import Call, Node, calls, is_expression, parse
from infra.check.template import DEPLOYMENT

type Json = dict[str, Any]
type Ask = Callable[[str, str, Json | None, str], Awaitable[Json]]
"""A request to Resource Manager: method, path, body, api-version; its answer."""
WRITTEN = ("location", "tags", "kind", "sku", "identity", "properties")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Templates deployed to the resource group with this path."""

    ask: Ask
    group: str

    async def of(self, template: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
        """The outputs. AssertionError where a parameter is missing or unknown."""
        declared = template.get("parameters", {})
        assert given.keys() <= declared.keys()
        defaults = {name: said["defaultValue"] for name, said in declared.items() if "defaultValue" in said}
        scope = Scope(group=self.group, parameters={**defaults, **given}, variables=template.get("variables", {}))
        assert scope.parameters.keys() == declared.keys()
        for resource in template["resources"]:
            await self._resource(resource, scope)
        return {name: scope.value(said["value"]) for name, said in template.get("outputs", {}).items()}

    async def _resource(self, resource: Mapping[str, Any], scope: "Scope") -> None:
        names, version = scope.value(resource["name"]).split("/"), resource["apiVersion"]
        path = scope.path(resource["type"], *names)
        if resource["type"].casefold() != DEPLOYMENT:
            body = {name: value for name in WRITTEN if (value := scope.value(resource.get(name))) is not None}
            await self.ask("PUT", path, body, version)
            return
        inner = resource["properties"]
        for said in inner["parameters"].values():
            await self._read(said["value"], scope)
        given = {name: scope.value(said["value"]) for name, said in inner["parameters"].items()}
        outputs = await self.of(inner["template"], given)
        scope.read[path] = {"properties": {"outputs": {name: {"value": value} for name, value in outputs.items()}}}

    async def _read(self, written: str, scope: "Scope") -> None:
        for call in calls(parse(written)) if is_expression(written) else ():
            if call.name == "reference":
                path, version, *_ = (str(scope.worked_out(each)) for each in call.arguments)
                scope.read[path] = await self.ask("GET", path, None, version)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What an expression can name; `read`: resources by their path, `bound`: variables of lambdas."""

    group: str
    parameters: Mapping[str, Any]
    variables: Mapping[str, Any]
    read: dict[str, Json] = field(default_factory=dict)
    bound: Mapping[str, Any] = field(default_factory=dict)

    def value(self, written: Any) -> Any:
        """What is written, with every expression in it worked out."""
        if isinstance(written, dict):
            return {name: self.value(inner) for name, inner in written.items()}
        if isinstance(written, list):
            return [self.value(inner) for inner in written]
        return self.worked_out(parse(written)) if is_expression(written) else written

    def worked_out(self, node: Node) -> Any:
        """The value of a tree."""
        if not isinstance(node, Call):
            return node
        arguments = () if node.name == "lambda" else [self.worked_out(each) for each in node.arguments]
        found = self._named(node, arguments) if node.name in NAMED else FUNCTIONS[node.name](*arguments)
        return reduce(lambda value, taken: value[self.worked_out(taken)], node.taken, found)

    def path(self, kind: str, *names: str) -> str:
        """`resourceId` in this group."""
        namespace, *types = kind.split("/")
        return "/".join(
            [self.group, "providers", namespace, *(f"{each}/{name}" for each, name in zip(types, names, strict=True))]
        )

    def _named(self, node: Call, arguments: Any) -> Any:
        if node.name == "lambda":
            *names, body = node.arguments
            return lambda *values: replace(self, bound=dict(zip(map(str, names), values, strict=True))).worked_out(body)
        if node.name == "reference":
            found = self.read[arguments[0]]
            return found if arguments[2:] == ["full"] else found["properties"]
        if node.name == "resourceId":
            return self.path(*arguments)
        if node.name == "variables":
            return self.value(self.variables[arguments[0]])
        return (self.parameters if node.name == "parameters" else self.bound)[arguments[0]]


def _union(*values: Any) -> Any:
    """Objects merged all the way down, the last one's arrays stand; of arrays every item once."""
    if isinstance(values[0], list):
        return list(dict.fromkeys(item for each in values for item in each))
    merged: Json = {}
    for value in values:
        for name, inner in value.items():
            both = isinstance(inner, dict) and isinstance(merged.get(name), dict)
            merged[name] = _union(merged[name], inner) if both else inner
    return merged


NAMED = {"lambda", "lambdaVariables", "parameters", "reference", "resourceId", "variables"}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda one, other: one + other,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "concat": lambda *lists: [item for each in lists for item in each],
    "contains": lambda holder, item: item in holder,
    "createObject": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
    "equals": lambda one, other: one == other,
    "filter": lambda items, keeps: [item for item in items if keeps(item)],
    "format": lambda text, *values: text.format(*values),
    "greater": lambda one, other: one > other,
    "if": lambda condition, one, other: one if condition else other,
    "items": lambda value: [{"key": name, "value": inner} for name, inner in sorted(value.items())],
    "length": len,
    "map": lambda items, makes: [makes(item) for item in items],
    "max": max,
    "not": lambda value: not value,
    "toObject": lambda items, key, value: {key(item): value(item) for item in items},
    "toLower": str.lower,
    "trim": str.strip,
    "tryGet": lambda value, name: value.get(name),
    "union": _union,
}
