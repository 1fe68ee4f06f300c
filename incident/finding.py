"""What a rule says of a signal after it has seen the live state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from incident.resource import ResourceId


class Disposition(StrEnum):
    """`contain`: corroborated, act. `review`: a person decides. `record`: nothing to do. `parked`: unreadable."""

    CONTAIN = "contain"
    REVIEW = "review"
    RECORD = "record"
    PARKED = "parked"


@dataclass(frozen=True, kw_only=True)
class Made:
    """When what was found was brought about, and by whom, as the activity log shows it."""

    at: datetime
    by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One class, what follows, and why, in words; `targets` are what the plan acts on."""

    incident_class: str
    disposition: Disposition
    reason: str
    targets: tuple[ResourceId, ...] = ()
    exposed: bool = False  # the live state, read by us, shows the fault
    corroborated_by: tuple[str, ...] = ()  # the reads that bear the claim out
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)  # for the measures, e.g. prefixes
    posture: bool = False  # a weakness through which nobody has come to PHI: it starts no clock, and is asked once
    awaited: bool = False  # the activity log, which follows an operation by minutes, may yet bear it out
    made: Made | None = None  # None where no record that we read shows it
