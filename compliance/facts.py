"""Facts about one incident at one entity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from compliance.discovery import Knowledge, effective
from compliance.holds import Hold
from compliance.rows import Unit


class Role(StrEnum):
    """What the entity is in this incident."""

    COVERED_ENTITY = "covered_entity"
    BUSINESS_ASSOCIATE = "business_associate"
    PART2_PROGRAM = "part2_program"
    PHR_VENDOR = "phr_vendor"
    PHR_SERVICE_PROVIDER = "phr_service_provider"


class Statement(StrEnum):
    """The form of a law-enforcement statement."""

    WRITTEN = "written"
    ORAL = "oral"


class Posture(StrEnum):
    """Whether State dates are shown although HIPAA may replace them, or counsel relies on the State's clause."""

    CONSERVATIVE = "conservative"
    DEEMED = "deemed"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A window that a contract gives, with its own trigger, zone and holidays (None: those of the facts).

    `breach_only` contracts ask for breaches of unsecured PHI; others for every incident.
    """

    id: str
    n: int
    unit: Unit
    trigger: str = "discovery"
    breach_only: bool = True
    permits_delay: bool = False
    zone: ZoneInfo | None = None
    holidays: frozenset[date] | None = None


@dataclass(frozen=True, kw_only=True)
class Document:
    """Documentation that must be kept: when it was made, and when it last was in effect."""

    name: str
    created: date
    last_effective: date | None = None

    @property
    def since(self) -> date:
        """The later of the two (45 CFR 164.530(j)(2), 164.316(b)(2)(i))."""
        return max(self.created, self.last_effective or self.created)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known. Counts are of persons; `affected` is by State, `total` includes those of no known State.

    `unreadable`: encrypted as HHS guidance asks and the key known to be safe; an unknown key is no safe key.
    `assessed_out`: an exclusion of 164.402(1) or a documented low probability of compromise.
    `postures` is by State; "US" is the one for all others.
    """

    zone: ZoneInfo
    role: Role
    knowledge: tuple[Knowledge, ...]
    affected: Mapping[str, int]
    total: int
    part2: int = 0
    bad_contacts: int = 0
    events: Mapping[str, datetime] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    holds: tuple[Hold, ...] = ()
    contracts: tuple[Contract, ...] = ()
    documents: tuple[Document, ...] = ()
    flags: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset({"medical"})
    unreadable: bool = False
    assessed_out: bool = False
    postures: Mapping[str, Posture] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def discovery(self) -> Knowledge:
        """The effective discovery."""
        return effective(self.knowledge)

    def posture(self, state: str) -> Posture:
        """Counsel's choice for the State."""
        return self.postures.get(state, self.postures.get("US", Posture.CONSERVATIVE))
