"""Faults of writing: in expressions, names, versions, parameters, nesting and dependencies."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from infra.check.published import Types
from infra.check.template import DEPLOYMENT, Resource, Template
from infra.mutants.edits import GONE, Path, edited, found, path_of

type Rewrite = Callable[[str], str]


def expressions(*rewrites: Rewrite) -> Callable[[Any, Types], Iterator[Any]]:
    """Each expression that a rewrite changes, changed."""

    def mutants(body: Any, types: Types) -> Iterator[Any]:
        del types
        for template in Template(body).all():
            for written, text in template.expressions:
                path = path_of(written)
                if found(body, path) == text:
                    yield from (edited(body, path, new) for rewrite in rewrites if (new := rewrite(text)) != text)

    return mutants


def resources(change: Callable[[Any, Path, Resource], Iterator[Any]]) -> Callable[[Any, Types], Iterator[Any]]:
    """Each resource, changed."""

    def mutants(body: Any, types: Types) -> Iterator[Any]:
        del types
        for template in Template(body).all():
            for resource in template.resources:
                yield from change(body, path_of(resource.path), resource)

    return mutants


def undeclared(name: str) -> Rewrite:
    """A parameter or variable that is not declared."""
    return lambda text: re.sub(rf"\b{name}\('(\w+)'\)", rf"{name}('\1z')", text, count=1)


def unbalanced(text: str) -> str:
    """A bracket less."""
    head, mark, tail = text.rpartition(")")
    return head + tail if mark else text


def unquoted(text: str) -> str:
    """A quotation mark less."""
    return text.replace("'", "", 1)


def no_function(text: str) -> str:
    """A function that there is not."""
    return re.sub(r"\b([a-z]\w+)\(", r"\1ed(", text, count=1)


def one_too_many(text: str) -> str:
    """An argument too many."""
    return re.sub(r"\b(parameters|variables)\(('\w+')\)", r"\1(\2, 'x')", text, count=1)


def _lost(*names: str) -> Callable[[Any, Path, Resource], Iterator[Any]]:
    def change(body: Any, path: Path, resource: Resource) -> Iterator[Any]:
        yield from (edited(body, (*path, name), GONE) for name in names if name in resource.body)

    return change


def _put(name: str, value: Callable[[str], str]) -> Callable[[Any, Path, Resource], Iterator[Any]]:
    def change(body: Any, path: Path, resource: Resource) -> Iterator[Any]:
        yield edited(body, (*path, name), value(str(resource.body.get(name))))

    return change


def _segment(name: str) -> str:
    return name.replace("[format('", "[format('x/", 1) if "[format('" in name else f"x/{name}" if name[0] != "[" else ""


def _nowhere(body: Any, path: Path, resource: Resource) -> Iterator[Any]:
    """It waits for something that the template does not have."""
    del resource
    yield edited(body, (*path, "dependsOn"), ["[resourceId('Microsoft.Nowhere/things', 'x')]"])


def _too_early(body: Any, path: Path, resource: Resource) -> Iterator[Any]:
    """It is deployed under a condition that is known only afterwards."""
    del resource
    yield edited(body, (*path, "condition"), "[equals(reference('x').state, 'on')]")


def _nesting(body: Any, path: Path, resource: Resource) -> Iterator[Any]:
    """What a nested template is given, in which mode, and where its expressions are worked out."""
    if resource.type.casefold() != DEPLOYMENT:
        return
    inside = (*path, "properties")
    yield edited(body, (*inside, "mode"), "Complete")
    yield edited(body, (*inside, "expressionEvaluationOptions"), GONE)
    yield edited(body, (*inside, "parameters"), {**resource.properties["parameters"], "stray": {"value": 1}})
    for name in resource.properties["parameters"]:
        if "defaultValue" not in resource.properties["template"]["parameters"][name]:
            yield edited(body, (*inside, "parameters", name), GONE)


def declared(body: Any, types: Types) -> Iterator[Any]:
    """Parameters: one that is never used, one without a meaning, one with a default of another kind, one less."""
    del types
    for template in Template(body).all():
        place = (*path_of(template.path), "parameters")
        for name in template.parameters:
            yield edited(body, (*place, name, "metadata"), GONE)
            yield edited(body, (*place, name, "defaultValue"), 3.5)
            yield edited(body, (*place, name, "type"), "text")
            yield edited(body, (*place, name), GONE)
        if template.parameters:
            stray = {"type": "string", "metadata": {"description": "Nobody uses it."}}
            yield edited(body, (*place, "stray"), stray)


def outputs(body: Any, types: Types) -> Iterator[Any]:
    """An output that the nested template does not have is read."""
    return expressions(lambda text: re.sub(r"\.outputs\.(\w+)\.value", r".outputs.\1x.value", text, count=1))(
        body, types
    )


version = resources(_put("apiVersion", lambda _: "1999-01-01"))
kind = resources(_put("type", lambda name: f"{name}s"))
nameless = resources(_lost("name", "type", "apiVersion"))
longer = resources(_put("name", _segment))
nowhere = resources(_nowhere)
too_early = resources(_too_early)
nesting = resources(_nesting)
