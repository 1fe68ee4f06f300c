"""Faults of security: a protection taken away or turned off, a right too many."""

from collections.abc import Iterator
from typing import Any

from infra.check.bodies import WANTED
from infra.check.published import Types
from infra.check.security import INVARIANTS, OWNER
from infra.check.template import Resource, Template
from infra.mutants.edits import GONE, Path, edited, found, path_of

OPPOSITE = {True: False, False: True}


def protection_gone(body: Any, types: Types) -> Iterator[Any]:
    """The property that protects is not said, so that the service's default holds."""
    del types
    for path, _ in _protections(body):
        yield edited(body, path, GONE)


def protection_off(body: Any, types: Types) -> Iterator[Any]:
    """The property that protects says the opposite."""
    del types
    for path, value in _protections(body):
        yield edited(body, path, OPPOSITE[value] if isinstance(value, bool) else "Off")


def wanted_gone(body: Any, types: Types) -> Iterator[Any]:
    """What types call optional and we cannot do without is gone."""
    del types
    for path, resource in _resources(body):
        for dotted in WANTED.get(resource.type.casefold(), ()):
            place = (*path, *dotted.split("."))
            if found(body, place) is not GONE:
                yield edited(body, place, GONE)


def wide_role(body: Any, types: Types) -> Iterator[Any]:
    """A role with a wildcard, with a secret's action, or with the right to give rights."""
    del types
    actions = ("*", "*/read", "Microsoft.Storage/*", "Microsoft.Storage/storageAccounts/listKeys/action")
    for path, resource in _resources(body):
        if resource.type.casefold() == "microsoft.authorization/roledefinitions":
            place = (*path, "properties", "permissions", 0, "actions")
            given = found(body, place)
            more = (*actions, "Microsoft.Authorization/roleAssignments/write")
            yield from (edited(body, place, [*given, action]) for action in more)


def wide_assignment(body: Any, types: Types) -> Iterator[Any]:
    """Owner is given, a person is given a role, a condition has no grammar."""
    del types
    for path, resource in _resources(body):
        if resource.type.casefold() == "microsoft.authorization/roleassignments":
            owner = f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{OWNER}')]"
            yield edited(body, (*path, "properties", "roleDefinitionId"), owner)
            yield edited(body, (*path, "properties", "principalType"), "User")
            if "condition" in resource.properties:
                yield edited(body, (*path, "properties", "conditionVersion"), GONE)
                yield edited(body, (*path, "properties", "condition"), GONE)


def wide_key(body: Any, types: Types) -> Iterator[Any]:
    """A key that does two things."""
    del types
    for path, resource in _resources(body):
        if resource.type.casefold() == "microsoft.keyvault/vaults/keys":
            yield edited(body, (*path, "properties", "keyOps"), ["sign", "wrapKey"])


def _protections(body: Any) -> Iterator[tuple[Path, Any]]:
    for path, resource in _resources(body):
        for each in INVARIANTS:
            place = (*path, *each.path.split("."))
            if each.type.casefold() == resource.type.casefold() and found(body, place) is not GONE:
                yield place, found(body, place)


def _resources(body: Any) -> Iterator[tuple[Path, Resource]]:
    for template in Template(body).all():
        yield from ((path_of(resource.path), resource) for resource in template.resources)
