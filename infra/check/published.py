"""Resource types as published for the Bicep compiler (Azure/bicep-types-az, `generated/**/types.json`), cut by type.

Each file is a list; one entry in it is the resource type, and entries refer to each other by place (`{"$ref": "#/3"}`).
Types that are not among them are declared in `infra.check.declared`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from infra.check.declared import DECLARED, table

type Kind = Mapping[str, Any]
type Table = Sequence[Kind]


@dataclass(frozen=True)
class Types:
    """Each type's table and the reference to its body, by lower-case type and api-version."""

    bodies: Mapping[tuple[str, str], tuple[Table, Kind]]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The published types of the folder, and our own declarations."""
        tables = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        tables += [table(name, body) for name, body in DECLARED.items()]
        return cls(dict(entry for each in tables for entry in _resources(each)))

    def versions(self, name: str) -> list[str]:
        """The api-versions at hand of a type."""
        return sorted(version for known, version in self.bodies if known == name.casefold())

    def body(self, name: str, version: str) -> tuple[Table, Kind] | None:
        """The table and body of a type, or None where it is not at hand."""
        return self.bodies.get((name.casefold(), version))


@cache
def types(folder: Path) -> Types:
    """The types of a folder, read once."""
    return Types.read(folder)


def at(known: Table, reference: Mapping[str, str]) -> Kind:
    """The entry that `{"$ref": "#/N"}` points to."""
    return known[int(reference["$ref"].rpartition("/")[2])]


def _resources(known: Table) -> Iterator[tuple[tuple[str, str], tuple[Table, Kind]]]:
    for entry in known:
        if entry["$type"] == "ResourceType":
            name, version = entry["name"].split("@")
            yield (name.casefold(), version), (known, at(known, entry["body"]))
