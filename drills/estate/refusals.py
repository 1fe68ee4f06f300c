"""Refusals that several services share, in Azure's words."""

from typing import Any

from drills.estate.ids import group_of, name_of, type_of
from drills.estate.wire import Asked, RefusalError


def missing_group(asked: Asked) -> RefusalError:
    """404: no such resource group."""
    return RefusalError(404, "ResourceGroupNotFound", f"Resource group '{group_of(asked.path)}' could not be found.")


def missing_resource(asked: Asked, groups: set[str]) -> RefusalError:
    """404: no such resource, or not even its group."""
    resource, group = asked.id or asked.path, group_of(asked.path)
    if group.lower() not in groups:
        return missing_group(asked)
    message = f"The Resource '{type_of(resource)}/{name_of(resource)}' under resource group '{group}' was not found."
    return RefusalError(
        404, "ResourceNotFound", f"{message} For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def invalid_value(name: str, value: Any) -> RefusalError:
    """400: the property does not take the value."""
    shown = "null" if value is None else value
    return RefusalError(400, "InvalidRequestPropertyValue", f"The value '{shown}' is not allowed for property {name}.")


def refuse_nulls(body: Any, name: str = "") -> None:
    """Raises RefusalError 400 where a property, however deep, is null."""
    if body is None:
        raise invalid_value(name, None)
    parts = body.items() if isinstance(body, dict) else ((name, one) for one in body) if isinstance(body, list) else ()
    for inner, value in parts:
        refuse_nulls(value, inner)
