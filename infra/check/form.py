"""What every template must say: its schema, what its parameters mean, its outputs' types; and nothing unused."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.check.expressions import Call, Malformed, calls, is_expression, misuse, parse
from infra.check.template import SCHEMAS, Template

SECTIONS = {"$schema", "contentVersion", "metadata", "parameters", "variables", "resources", "outputs"}
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "securestring": str,
    "int": int,
    "bool": bool,
    "array": list,
    "object": dict,
    "secureobject": dict,
}
BEFORE = re.compile(
    r"^\.(parameters|variables)\.|\.resources\[\d+\]\.(name|condition|scope|copy|dependsOn|location|type)\b"
)
"""Places that are worked out before anything is deployed, so that nothing deployed can be read there."""
PARAMETER = {"type", "defaultValue", "allowedValues", "metadata", "minLength", "maxLength", "minValue", "maxValue"}


def form(template: Template) -> Iterator[str]:
    """Faults of schema, sections, parameters and outputs."""
    yield from (f"{template.path}: unknown section {name!r}" for name in template.body if name not in SECTIONS)
    if template.body.get("$schema") not in SCHEMAS:
        yield f"{template.path}: $schema is none of {SCHEMAS}"
    if str(template.body.get("contentVersion", "")).count(".") != 3:
        yield f"{template.path}: contentVersion is no a.b.c.d"
    for name, written in template.parameters.items():
        yield from _parameter(written, f"{template.path}.parameters.{name}")
    for name, written in template.outputs.items():
        yield from _output(written, f"{template.path}.outputs.{name}")


def expressions(template: Template) -> Iterator[str]:
    """Faults of expressions: syntax, functions, names that are not declared; and what is declared but never used."""
    used: dict[str, set[str]] = {"parameters": set(), "variables": set()}
    declared = {"parameters": set(template.parameters), "variables": set(template.variables)}
    for path, text in template.expressions:
        try:
            found = list(calls(parse(text)))
        except Malformed as fault:
            yield f"{path}: {fault}"
            continue
        yield from (f"{path}: {said}" for each in found if (said := misuse(each)))
        if BEFORE.search(path.removeprefix(template.path)):
            live = [each.name for each in found if each.name == "reference" or each.name.startswith("list")]
            yield from (f"{path}: {name} is not known before the deployment" for name in live)
        for each in found:
            yield from _named(each, used, declared, path)
    for section, names in declared.items():
        unused = sorted(names - used[section])
        yield from (f"{template.path}: {name!r} of {section} is never used" for name in unused)


def fits(kind: str, value: object) -> bool:
    """Whether the value is of a parameter's or an output's type; an expression's is not known here."""
    expected = KINDS.get(kind.casefold(), object)
    return is_expression(value) or (isinstance(value, expected) and (expected is bool) == isinstance(value, bool))


def _parameter(written: Mapping[str, Any], path: str) -> Iterator[str]:
    kind = str(written.get("type", ""))
    yield from (f"{path}: unknown property {name!r}" for name in written if name not in PARAMETER)
    if kind.casefold() not in KINDS:
        yield f"{path}: type {kind!r} is none of {list(KINDS)}"
    elif "defaultValue" in written and not fits(kind, written["defaultValue"]):
        yield f"{path}: the default is no {kind}"
    if kind.casefold().startswith("secure") and written.get("defaultValue"):
        yield f"{path}: a secret has no default"
    if not str(written.get("metadata", {}).get("description", "")).strip():
        yield f"{path}: nothing says what it means (metadata.description)"
    allowed = written.get("allowedValues")
    if allowed and "defaultValue" in written and written["defaultValue"] not in allowed:
        yield f"{path}: the default is none of {allowed}"


def _output(written: Mapping[str, Any], path: str) -> Iterator[str]:
    kind = str(written.get("type", ""))
    if kind.casefold() not in KINDS or kind.casefold().startswith("secure"):
        yield f"{path}: type {kind!r} is none that may be shown"
    elif "value" not in written or not fits(kind, written["value"]):
        yield f"{path}: the value is missing or no {kind}"


def _named(call: Call, used: dict[str, set[str]], declared: Mapping[str, set[str]], path: str) -> Iterator[str]:
    section, name = call.name, call.arguments[0] if call.arguments else None
    if section not in used or not isinstance(name, str):
        return
    used[section].add(name)
    if name not in declared[section]:
        yield f"{path}: {name!r} of {section} is not declared"
