"""A template taken apart: itself and those nested in it, their resources, and every expression with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.check.expressions import is_expression

DEPLOYMENT = "microsoft.resources/deployments"
RESOURCE_GROUP = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SUBSCRIPTION = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
SCHEMAS = (RESOURCE_GROUP, SUBSCRIPTION)


@dataclass(frozen=True)
class Resource:
    """A resource as it is written; `type` is whole, also of one nested in its parent."""

    body: Mapping[str, Any]
    type: str
    path: str

    @property
    def is_deployment(self) -> bool:
        """Whether it is a template nested in this one."""
        return self.type.casefold() == DEPLOYMENT

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its properties; empty where they are no object."""
        found = self.body.get("properties")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Template:
    """One template, without what is nested in it."""

    body: Mapping[str, Any]
    path: str = "$"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Its declared parameters."""
        return self._section("parameters")

    @property
    def outputs(self) -> Mapping[str, Any]:
        """Its declared outputs."""
        return self._section("outputs")

    @property
    def variables(self) -> Mapping[str, Any]:
        """Its variables, those that a loop makes included."""
        plain = self._section("variables")
        loops = plain.get("copy", [])
        return {
            **{name: value for name, value in plain.items() if name != "copy"},
            **{one["name"]: one for one in loops},
        }

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Its resources, children after their parents."""
        return tuple(_resources(self.body.get("resources", []), f"{self.path}.resources", ""))

    @property
    def nested(self) -> Iterator["Template"]:
        """The templates in it, one level down."""
        for resource in self.resources:
            if resource.is_deployment and isinstance(resource.properties.get("template"), dict):
                yield Template(resource.properties["template"], f"{resource.path}.properties.template")

    def all(self) -> Iterator["Template"]:
        """It, and every template in it."""
        yield self
        for inner in self.nested:
            yield from inner.all()

    @cached_property
    def expressions(self) -> tuple[tuple[str, str], ...]:
        """Each expression's place and text; those of nested templates are theirs."""
        return tuple(_expressions(self.body, self.path, {inner.path for inner in self.nested}))

    def _section(self, name: str) -> Mapping[str, Any]:
        found = self.body.get(name)
        return found if isinstance(found, dict) else {}


def _resources(written: object, path: str, parent: str) -> Iterator[Resource]:
    for place, each in enumerate(written if isinstance(written, list) else []):
        body = each if isinstance(each, dict) else {}
        kind = "/".join(filter(None, (parent, str(body.get("type", "")))))
        here = f"{path}[{place}]"
        yield Resource(body, kind, here)
        yield from _resources(body.get("resources", []), f"{here}.resources", kind)


def _expressions(value: object, path: str, without: set[str]) -> Iterator[tuple[str, str]]:
    if path in without:
        return
    if is_expression(value):
        yield path, str(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _expressions(name, f"{path}.{name}", without)
            yield from _expressions(inner, f"{path}.{name}", without)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _expressions(inner, f"{path}[{place}]", without)
