"""Every rule, one file per class of incident."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from detection.rule import Rule
from incident.signal import Signal


@cache
def every() -> tuple[Rule, ...]:
    """All rules, by class id."""
    rules: list[Rule] = [import_module(f"{__name__}.{module.name}").RULE for module in iter_modules(__path__)]
    return tuple(sorted(rules, key=lambda rule: rule.id))


def matching(signal: Signal) -> tuple[Rule, ...]:
    """Those that have something to say of the signal."""
    return tuple(rule for rule in every() if rule.match(signal))
