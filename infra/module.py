"""The modules of the install: one ARM template each, which says what part it is and what it costs in a month.

`metadata` of a module: `description`; `part`, one of `core` (always deployed), `optional` (off unless its parameter
`enable` is true), `apart` (a step of its own, never in the install); `monthlyCost`, in words; `subscription`, the name
of the parameter with the subscription that it goes to, where that is another.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.check.template import SUBSCRIPTION, Template

FOLDER = Path(__file__).parent
PARTS = ("core", "optional", "apart")
SAID = {"description", "part", "monthlyCost", "enable", "subscription", "generated"}


@dataclass(frozen=True)
class Module:
    """A module by its file's name."""

    name: str
    template: Template

    @property
    def said(self) -> Mapping[str, Any]:
        """What it says of itself."""
        found = self.template.body.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def part(self) -> str:
        """`core`, `optional` or `apart`."""
        return str(self.said.get("part", ""))

    @property
    def enable(self) -> str:
        """The parameter that switches it on; empty for one that is always deployed."""
        return str(self.said.get("enable", ""))

    @property
    def subscription(self) -> str:
        """The parameter with the subscription that it goes to; empty for that of the install."""
        return str(self.said.get("subscription", ""))

    @property
    def of_subscription(self) -> bool:
        """Whether it is deployed to a subscription, not to the install's resource group."""
        return self.template.body.get("$schema") == SUBSCRIPTION


def modules() -> tuple[Module, ...]:
    """Every module, core first, by name."""
    paths = sorted((FOLDER / "modules").rglob("*.json"))
    found = [Module(path.stem, Template(json.loads(path.read_text()))) for path in paths]
    return tuple(sorted(found, key=lambda each: (each.part != "core", each.name)))


def faults(module: Module) -> Iterator[str]:
    """What a module fails to say of itself."""
    yield from (f"metadata: unknown word {word!r}" for word in module.said if word not in SAID)
    if module.part not in PARTS:
        yield f"metadata.part: {module.part!r} is none of {PARTS}"
    yield from (f"metadata.{word} is missing" for word in ("description", "monthlyCost") if not module.said.get(word))
    if (module.part == "optional") != module.enable.startswith("enable"):
        yield "metadata.enable names the parameter that switches an optional module on, and only that of one"
