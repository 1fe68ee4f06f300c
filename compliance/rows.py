"""The law as data: one row per duty.

A row says who owes what to whom, from which trigger, above which threshold, within how long, and what the text behind
it is. A row is a reading of the law and not legal advice: `verified` says whether the number was seen in the source
named, `counsel_reviewed` when counsel agreed with the row.
"""

import operator
import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self

STATES = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK"
        " OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR VI GU AS MP",
    ),
)
"""What "State" means: the fifty, the District and five territories (45 CFR 160.103)."""


class Kind(StrEnum):
    """What the date of a clock means."""

    DEADLINE = "deadline"
    MINIMUM = "minimum_duration"
    HOLD_LIMIT = "hold_limit"
    CURE = "penalty_tier"


class Unit(StrEnum):
    """How a duration is counted; `compliance.counting` holds the arithmetic."""

    CALENDAR = "calendar"
    BUSINESS = "business"
    HOUR = "hour"
    YEAR_END = "year_end"
    YEAR = "year"
    UNDATED = "undated"

    @property
    def rule(self) -> str:
        """The counting rule in words."""
        return _COUNTING[self]

    @property
    def words(self) -> str:
        """What N of them are called."""
        return _UNITS[self]


_COUNTING = {
    Unit.CALENDAR: "the trigger's local day is day 0; day N ends 23:59:59 local; weekends and holidays extend nothing",
    Unit.BUSINESS: "day 0, Saturdays, Sundays and listed holidays are not counted; day N ends 23:59:59 local",
    Unit.HOUR: "elapsed hours from the instant, whatever the wall clock does",
    Unit.YEAR_END: "December 31 of the local year of discovery, plus N calendar days",
    Unit.YEAR: "the same day N years later; from February 29, March 1 where there is none",
    Unit.UNDATED: "no number in the text: without unreasonable delay",
}

_UNITS = {
    Unit.CALENDAR: "calendar days",
    Unit.BUSINESS: "business days",
    Unit.HOUR: "hours",
    Unit.YEAR_END: "calendar days after the year's end",
    Unit.YEAR: "years",
    Unit.UNDATED: "without a number",
}


class Hipaa(StrEnum):
    """What following HIPAA does to a State's duty."""

    NOT_APPLICABLE = "n/a"
    NONE = "none"
    CONTENT_ONLY = "content_only"
    SHORTEST_CONTROLS = "shortest_controls"
    DEEMED = "deemed"
    DEEMED_WITH_COPY = "deemed_copy_to_ag"
    DEEMED_AGENCY_STAYS = "deemed_ag_stays"
    DEEMED_AT_HIPAA_TIMING = "deemed_ag_at_hipaa_timing"
    EXEMPT_ENTITY = "exempt_ce"
    EXEMPT = "exempt_ce_ba"

    @property
    def replaces(self) -> bool:
        """Whether this duty falls away where counsel relies on it (posture `deemed`)."""
        return self in {self.DEEMED, self.DEEMED_WITH_COPY, self.EXEMPT_ENTITY, self.EXEMPT}


class DataScope(StrEnum):
    """Which data a duty needs: `core` is what a definition without medical data covers (SSN, licence, account ...)."""

    ANY = "any"
    HEALTH = "health"
    CORE = "core"


class Shelter(StrEnum):
    """What can silence a duty: data that was unreadable to the taker, or a finding under 45 CFR 164.402."""

    ENCRYPTION = "encryption"
    ASSESSMENT = "assessment"


_COMPARED = {">=": operator.ge, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """From which count a duty exists: `total >= 500`, `state > 500`, `part2 < 500`, `bad_contacts >= 10`, `none`."""

    scope: str
    op: str = ">="
    n: int = 0

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse the written form."""
        found = re.fullmatch(r"(total|state|part2|bad_contacts) (>=|>|<) (\d+)", text)
        if text == "none":
            return cls(scope="none")
        if not found:
            raise ValueError(f"{text!r} is not a threshold such as 'state > 500' or 'none'")
        return cls(scope=found[1], op=found[2], n=int(found[3]))

    def reached(self, count: int) -> bool:
        """Whether the count brings the duty into being; nobody affected never does."""
        return self.scope == "none" or (count > 0 and bool(_COMPARED[self.op](count, self.n)))

    def __str__(self) -> str:
        return "none" if self.scope == "none" else f"{self.scope} {self.op} {self.n}"


@dataclass(frozen=True, kw_only=True)
class HoldRule:
    """What a law-enforcement hold does: nothing, move to its release, or leave N days from its release."""

    binds: bool = True
    n: int = 0
    unit: Unit = Unit.CALENDAR

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse `none`, `to_release`, `release + 15 business`."""
        found = re.fullmatch(r"release \+ (\d+) (calendar|business)", text)
        if text in {"none", "to_release"}:
            return cls(binds=text == "to_release")
        if not found:
            raise ValueError(f"{text!r} is not a hold rule: 'none', 'to_release' or 'release + N calendar|business'")
        return cls(n=int(found[1]), unit=Unit(found[2]))

    def __str__(self) -> str:
        if not self.binds:
            return "none"
        return f"release + {self.n} {self.unit}" if self.n else "to_release"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One duty of the law.

    `id` may occur more than once, as versions with different `effective_from`. `flag` is a fact that the entity must
    state about itself (`sec_registrant`). `project_from` names the clocks whose due date stands in for a trigger that
    has not happened yet; `not_later_than` names an event that, once it happens, is the last day. `shelter` is what
    silences the duty. A row that is not `enabled` is shown and starts nothing.
    """

    id: str
    jurisdiction: str
    obligor: str
    recipient: str
    trigger: str
    threshold: Threshold
    duration: int
    unit: Unit
    citation: str
    source: str
    verified: bool
    kind: Kind = Kind.DEADLINE
    first_day_counts: bool = False
    hold: HoldRule = field(default_factory=HoldRule)
    hipaa: Hipaa = Hipaa.NOT_APPLICABLE
    hipaa_verified: bool = False
    data: DataScope = DataScope.ANY
    flag: str | None = None
    project_from: tuple[str, ...] = ()
    not_later_than: str | None = None
    shelter: frozenset[Shelter] = frozenset()
    effective_from: date | None = None
    effective_until: date | None = None
    enabled: bool = True
    counsel_reviewed: date | None = None
    notes: str = ""

    @property
    def dated(self) -> bool:
        """Whether the text gives a number."""
        return self.unit is not Unit.UNDATED

    @property
    def counting(self) -> str:
        """The counting rule in words."""
        return "the first day counts as day 1" if self.first_day_counts else self.unit.rule

    def in_force(self, day: date) -> bool:
        """Whether this version governs what was discovered on that local day."""
        return (self.effective_from or date.min) <= day < (self.effective_until or date.max)
