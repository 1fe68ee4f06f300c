"""Faults against types: of names, words, kinds of value, what is required and what may not be written."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.check.body import READ_ONLY, REQUIRED
from infra.check.expressions import is_expression
from infra.check.published import Kind, Table, Types, at
from infra.check.template import Resource, Template
from infra.mutants.edits import GONE, Path, edited, path_of, renamed

WRONG: Mapping[str, object] = {
    "StringType": 7,
    "BooleanType": "yes",
    "IntegerType": "many",
    "ObjectType": [],
    "DiscriminatedObjectType": [],
    "ArrayType": {},
}
"""A value of another kind, for each kind."""

type Site = tuple[Path, Table, Kind, Any]


def misspelt(body: Any, types: Types) -> Iterator[Any]:
    """A property has letters too many."""
    for path, _, kind, value in _sites(body, types):
        if _closed(kind) and isinstance(value, dict):
            yield from (renamed(body, (*path, name), f"{name}{name[-1]}x") for name in value if name != "copy")


def other_word(body: Any, types: Types) -> Iterator[Any]:
    """A word that the enumeration does not have."""
    for path, table, kind, value in _sites(body, types):
        if isinstance(value, str) and not is_expression(value) and _enumeration(table, kind):
            yield edited(body, path, f"{value}x")


def other_kind(body: Any, types: Types) -> Iterator[Any]:
    """A value of another kind, also where an expression stood."""
    for path, _, kind, _ in _sites(body, types):
        if kind["$type"] in WRONG:
            yield edited(body, path, WRONG[kind["$type"]])


def dropped(body: Any, types: Types) -> Iterator[Any]:
    """A required property is gone."""
    for path, _, kind, value in _sites(body, types):
        needed = [name for name, said in _properties(kind).items() if said["flags"] & REQUIRED]
        yield from (edited(body, (*path, name), GONE) for name in needed if isinstance(value, dict) and name in value)


def read_only(body: Any, types: Types) -> Iterator[Any]:
    """A property that only the service writes is written."""
    for path, _, kind, value in _sites(body, types):
        for name, said in _properties(kind).items():
            if said["flags"] == READ_ONLY and isinstance(value, dict):
                yield edited(body, (*path, name), "written")


def _sites(body: Any, types: Types) -> Iterator[Site]:
    for template in Template(body).all():
        for resource in template.resources:
            known = types.body(resource.type, str(resource.body.get("apiVersion")))
            if known and not resource.is_deployment:
                yield from _below(*known, _said(resource), path_of(resource.path))


def _said(resource: Resource) -> Mapping[str, Any]:
    around = {"type", "apiVersion", "condition", "copy", "resources", "scope", "dependsOn", "comments"}
    return {name: value for name, value in resource.body.items() if name not in around}


def _below(table: Table, kind: Kind, value: Any, path: Path) -> Iterator[Site]:
    yield path, table, kind, value
    if isinstance(value, dict):
        for name, said in _chosen(table, kind, value).items():
            if name in value:
                yield from _below(table, at(table, said["type"]), value[name], (*path, name))
    elif isinstance(value, list) and kind["$type"] == "ArrayType":
        for place, item in enumerate(value):
            yield from _below(table, at(table, kind["itemType"]), item, (*path, place))


def _chosen(table: Table, kind: Kind, value: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind["$type"] != "DiscriminatedObjectType":
        return _properties(kind)
    word = kind["elements"].get(str(value.get(kind["discriminator"])))
    return {**kind.get("baseProperties", {}), **(_properties(at(table, word)) if word else {})}


def _properties(kind: Kind) -> Mapping[str, Any]:
    found: Mapping[str, Any] = kind.get("properties", {}) if kind["$type"] == "ObjectType" else {}
    return found


def _closed(kind: Kind) -> bool:
    return kind["$type"] == "ObjectType" and not kind.get("additionalProperties")


def _enumeration(table: Table, kind: Kind) -> bool:
    elements = kind.get("elements") if kind["$type"] == "UnionType" else None
    literal = kind["$type"] == "StringLiteralType"
    return literal or any(at(table, each)["$type"] == "StringLiteralType" for each in elements or ())
