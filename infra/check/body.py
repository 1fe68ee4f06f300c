"""One resource's body against its type: unknown, missing and read-only properties, enumerations, ranges, patterns.

An enumeration is closed here although the published types leave some open: the service refuses other words.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from infra.check.expressions import is_expression
from infra.check.published import Kind, Table, at

REQUIRED, READ_ONLY, IDENTIFIER = 1, 2, 8
"""Flags of a property in the published types."""


def faults(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    """What is wrong with the value, each with its path. An expression's value is not known here."""
    if not is_expression(value) and kind["$type"] in JUDGES:
        yield from JUDGES[kind["$type"]](table, kind, value, path)


def _text(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    del table
    if not isinstance(value, str):
        yield f"{path}: expected a string, got {_shown(value)}"
        return
    if len(value) > kind.get("maxLength", len(value)) or len(value) < kind.get("minLength", 0):
        yield f"{path}: {len(value)} characters are not within {kind.get('minLength', 0)}..{kind.get('maxLength')}"
    if kind.get("pattern") and not re.search(kind["pattern"], value):
        yield f"{path}: {value!r} does not match {kind['pattern']}"


def _literal(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    del table
    if value != kind["value"]:
        yield f"{path}: expected {kind['value']!r}, got {_shown(value)}"


def _integer(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    del table
    if isinstance(value, bool) or not isinstance(value, int):
        yield f"{path}: expected an integer, got {_shown(value)}"
    elif value < kind.get("minValue", value) or value > kind.get("maxValue", value):
        yield f"{path}: {value} is not within {kind.get('minValue')}..{kind.get('maxValue')}"


def _boolean(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    del table, kind
    if not isinstance(value, bool):
        yield f"{path}: expected true or false, got {_shown(value)}"


def _union(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    options = [at(table, each) for each in kind["elements"]]
    words = [option["value"] for option in options if option["$type"] == "StringLiteralType"]
    if words:
        if not isinstance(value, str) or value.casefold() not in {word.casefold() for word in words}:
            yield f"{path}: {_shown(value)} is none of {words}"
        return
    tried = [list(faults(table, option, value, path)) for option in options]
    yield from min(tried, key=len, default=())


def _array(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: expected an array, got {_shown(value)}"
        return
    for place, item in enumerate(value):
        yield from faults(table, at(table, kind["itemType"]), item, f"{path}[{place}]")


def _object(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        properties = {**kind.get("properties", {}), **kind.get("baseProperties", {})}
        yield from _properties(table, properties, kind.get("additionalProperties"), value, path)
    else:
        yield f"{path}: expected an object, got {_shown(value)}"


def _discriminated(table: Table, kind: Kind, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: expected an object, got {_shown(value)}"
        return
    word = value.get(kind["discriminator"])
    if is_expression(word):
        return
    if not isinstance(word, str) or word not in kind["elements"]:
        yield f"{path}: {kind['discriminator']} {_shown(word)} is none of {list(kind['elements'])}"
        return
    chosen = at(table, kind["elements"][word])
    properties = {**kind.get("baseProperties", {}), **chosen.get("properties", {})}
    yield from _properties(table, properties, chosen.get("additionalProperties"), value, path)


def _properties(
    table: Table,
    properties: Mapping[str, Any],
    others: Mapping[str, str] | None,
    value: Mapping[str, Any],
    path: str,
) -> Iterator[str]:
    spelt = {name.casefold(): name for name in properties}
    for name, inner in value.items():
        if name == "copy":
            continue
        known = properties.get(spelt.get(name.casefold(), ""))
        if known:
            yield from _property(table, known, inner, f"{path}.{name}")
        elif others:
            yield from faults(table, at(table, others), inner, f"{path}.{name}")
        else:
            near = get_close_matches(name, properties, 1)
            yield f"{path}: unknown property {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
    there = {name.casefold() for name in [*value, *_copied(value)]}
    for name, known in properties.items():
        if known["flags"] & REQUIRED and name.casefold() not in there:
            yield f"{path}: required property {name!r} is missing"


def _property(table: Table, known: Mapping[str, Any], value: object, path: str) -> Iterator[str]:
    if known["flags"] & READ_ONLY and not known["flags"] & IDENTIFIER:
        yield f"{path} is read-only"
    else:
        yield from faults(table, at(table, known["type"]), value, path)


def _copied(value: Mapping[str, Any]) -> list[str]:
    """The properties that a property loop makes."""
    loops = value.get("copy")
    return [loop["name"] for loop in loops] if isinstance(loops, list) else []


def _shown(value: object) -> str:
    return json.dumps(value)[:60]


JUDGES: Mapping[str, Callable[[Table, Kind, object, str], Iterator[str]]] = {
    "StringType": _text,
    "StringLiteralType": _literal,
    "IntegerType": _integer,
    "BooleanType": _boolean,
    "UnionType": _union,
    "ArrayType": _array,
    "ObjectType": _object,
    "DiscriminatedObjectType": _discriminated,
}
