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


def one_each() -> tuple[Scenario, ...]:
    """One for each class: a brief one where there is one, else the first."""
    by_class: dict[str, Scenario] = {}
    for scenario in sorted(every(), key=lambda scenario: not scenario.brief):
        by_class.setdefault(scenario.incident_class, scenario)
    return tuple(sorted(by_class.values(), key=lambda scenario: str(scenario.name)))


def named(name: str) -> tuple[Scenario, ...]:
    """The scenario of that name, every one for `all`, one of each class for `classes`; KeyError when there is none."""
    if name == "classes":
        return one_each()
    chosen = tuple(scenario for scenario in every() if name in ("all", scenario.name))
    if not chosen:
        raise KeyError(name)
    return chosen
