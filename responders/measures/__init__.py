"""Every measure, one file each. `by_id` finds one; `every` lists all, by catalogue code."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from responders.measure import Measure


@cache
def by_id(name: str) -> Measure:
    """The measure in the file of that name; KeyError when there is none."""
    if name not in {module.name for module in iter_modules(__path__)}:
        raise KeyError(name)
    measure: Measure = import_module(f"{__name__}.{name}").MEASURE
    return measure


def every() -> tuple[Measure, ...]:
    """All measures, by catalogue code."""
    return tuple(sorted((by_id(module.name) for module in iter_modules(__path__)), key=lambda measure: measure.code))
