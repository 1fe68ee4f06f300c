"""What a rule makes of the state that was read; what follows from it is decided in one place, `detection.rule`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from detection.facts import Facts
from incident.finding import Made
from incident.policy import Policy
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before


@dataclass(frozen=True, kw_only=True)
class Case:
    """A signal, the resource in question and its state; empty where the directory has none such, or none was read."""

    signal: Signal
    place: ResourceId
    state: Before
    facts: Facts
    policy: Policy

    def concerned(self, kind: str) -> tuple[ResourceId, ...]:
        """The place, and what of this type the signal has named."""
        named = (each.climb(kind) for each in self.signal.resources)
        return (self.place, *dict.fromkeys(each for each in named if each))


@dataclass(frozen=True)
class Shown:
    """The fault can be seen: it is contained, whatever the sender says. `by`: in which state it was seen.

    `posture`: a weakness through which nobody has come to PHI.
    """

    reason: str
    targets: tuple[ResourceId, ...]
    by: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    made: Made | None = None
    posture: bool = False


@dataclass(frozen=True)
class Claimed:
    """No state can show it: it is contained where a record that we read bears it out, else a person decides."""

    reason: str
    targets: tuple[ResourceId, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unsure:
    """A person decides. `posture`: about a weakness through which nobody has come to PHI."""

    reason: str
    posture: bool = False


@dataclass(frozen=True)
class Harmless:
    """Nothing to do, as far as can be seen."""

    reason: str


type Seen = Shown | Claimed | Unsure | Harmless
