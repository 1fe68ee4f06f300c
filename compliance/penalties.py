"""Civil money penalties as dated data (45 CFR 160.404(b)(2), 102.3), and the last day to correct a violation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import yaml

from compliance.rulebook import LAW

CURE_DAYS = 30


class Tier(StrEnum):
    """How much blame there is."""

    DID_NOT_KNOW = "did_not_know"
    REASONABLE_CAUSE = "reasonable_cause"
    CORRECTED = "wilful_neglect_corrected"
    NOT_CORRECTED = "wilful_neglect_not_corrected"


@dataclass(frozen=True, kw_only=True)
class Penalty:
    """Dollars per violation, and per year for violations of an identical provision.

    `yearly_cap` is the rule's; `enforced` the lower one that HHS has said it applies (84 FR 18151), which it may end.
    """

    minimum: int
    maximum: int
    yearly_cap: int
    enforced: int


@dataclass(frozen=True, kw_only=True)
class Penalties:
    """The figures for penalties assessed from a date on."""

    assessed_from: date
    citation: str
    source: str
    verified: bool
    counsel_reviewed: date | None
    tiers: Mapping[Tier, Penalty]


@cache
def tables() -> tuple[Penalties, ...]:
    """All tables, oldest first."""
    written: list[dict[str, Any]] = yaml.load((LAW / "penalties.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return tuple(Penalties(**{**table, "tiers": _tiers(table["tiers"])}) for table in written)


def _tiers(raw: Mapping[str, Mapping[str, int]]) -> Mapping[Tier, Penalty]:
    return {Tier(name): Penalty(**figures) for name, figures in raw.items()}


def penalties(assessed: date) -> Penalties:
    """The table for a penalty assessed on that day. Raises `LookupError` before the first."""
    for table in reversed(tables()):
        if table.assessed_from <= assessed:
            return table
    raise LookupError(f"no penalties are on record for {assessed}; the first table is of {tables()[0].assessed_from}")


def cured_by(known: date) -> date:
    """The last day of the 30 that begin on the day the violation was known, which is day 1 (45 CFR 160.410(c))."""
    return known + timedelta(days=CURE_DAYS - 1)
