"""Every scenario, one file each, named for its headline."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from drills.scenario import Scenario


@cache
def every() -> tuple[Scenario, ...]:
    """All scenarios, by name."""
    found = (import_module(f"{__name__}.{module.name}").SCENARIO for module in iter_modules(__path__))
    return tuple(sorted(found, key=lambda scenario: str(scenario.name)))


def named(name: str) -> tuple[Scenario, ...]:
    """The scenario of that name, or every one for `all`; KeyError when there is none."""
    chosen = tuple(scenario for scenario in every() if name in ("all", scenario.name))
    if not chosen:
        raise KeyError(name)
    return chosen
