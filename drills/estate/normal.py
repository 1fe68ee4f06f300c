"""Effective configuration: a resource without what its service manages, with absent properties at their meaning."""

from copy import deepcopy
from typing import Any

from drills.estate.service import Kind
from drills.estate.wire import Json

_IN_EVERY_RULE = ("etag", "provisioningState")


def effective(resource: Json, kind: Kind) -> Json:
    """What the resource is configured to do; two that are equal behave alike."""
    state = deepcopy(resource)
    for path, default in kind.defaults.items():
        parent, name = _at(state, path, create=True)
        parent.setdefault(name, deepcopy(default))
    for path in kind.managed:
        parent, name = _at(state, path)
        parent.pop(name, None)
    for path in kind.sorted_by_name:
        parent, name = _at(state, path)
        parent[name] = [_rule(rule) for rule in sorted(parent.get(name, []), key=lambda rule: str(rule["name"]))]
    return state


def _at(state: Json, path: str, *, create: bool = False) -> tuple[Json, str]:
    *parents, name = path.split(".")
    for parent in parents:
        state = state.setdefault(parent, {}) if create else state.get(parent, {})
    return state, name


def _rule(rule: Json) -> Any:
    kept = {name: value for name, value in rule.items() if name not in _IN_EVERY_RULE}
    properties = {name: value for name, value in rule["properties"].items() if name not in _IN_EVERY_RULE}
    return kept | {"properties": properties}
