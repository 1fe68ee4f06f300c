"""What a rule is made of: which signals it knows, what it must see first, and how it judges.

A payload is a claim. `match` only says that a rule has something to say; `judge` sees the live state that `reads` asked
for, and nothing but that state may lead to `contain`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from incident.finding import Finding
from incident.policy import Policy
from incident.resource import ResourceId
from incident.signal import Signal, Standing
from incident.target import Before


@dataclass(frozen=True)
class Read:
    """One thing to be read in Azure: a resource, or, where `children` names a collection, what lies below it."""

    resource: ResourceId
    children: str = ""


@dataclass(frozen=True)
class Failed:
    """A read that gave nothing: gone, forbidden or unanswered."""

    why: str
    gone: bool = False


type Found = Before | tuple[Before, ...] | Failed


@dataclass(frozen=True)
class Facts:
    """What the reads gave so far."""

    found: Mapping[Read, Found] = field(default_factory=dict)

    def one(self, resource: ResourceId) -> Before | None:
        """The resource, where it could be read."""
        found = self.found.get(Read(resource))
        return found if isinstance(found, Before) else None

    def below(self, resource: ResourceId, children: str) -> tuple[Before, ...] | None:
        """What lies below the resource; None where that could not be read."""
        found = self.found.get(Read(resource, children))
        return found if isinstance(found, tuple) else None

    def why(self, resource: ResourceId) -> str:
        """Why the resource could not be read."""
        found = self.found.get(Read(resource))
        return found.why if isinstance(found, Failed) else "it was not read"

    @property
    def priors(self) -> dict[ResourceId, Before]:
        """Every resource that was read, whole, by its id: the state before the first write."""
        bodies = [item for found in self.found.values() for item in (found if isinstance(found, tuple) else (found,))]
        return {
            ResourceId.parse(body.body["id"]): body for body in bodies if isinstance(body, Before) and "id" in body.body
        }


@dataclass(frozen=True, kw_only=True)
class Example:
    """A signal, the state that Azure is in, and what must follow."""

    title: str
    signal: Mapping[str, Any]
    state: Mapping[str, Any] = field(default_factory=dict)
    disposition: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One class of incident. `cause` is the resource that two signals about one fault share."""

    id: str
    title: str
    attack: tuple[str, ...]  # MITRE ATT&CK technique ids
    hipaa: tuple[str, ...]  # 45 CFR
    match: Callable[[Signal], str | None]
    cause: Callable[[Signal], ResourceId | None]
    reads: Callable[[Signal, Facts], tuple[Read, ...]]
    judge: Callable[[Signal, Facts, Policy], Finding]
    by_actor: bool = False  # whether another actor makes another incident
    examples: tuple[Example, ...] = ()


def ended(signal: Signal) -> str | None:
    """Why the sender says that there is nothing (more) to contain, or None. It never overrides a live exposure."""
    return {
        Standing.ENDED: "the sender says that it has ended",
        Standing.FALSE_POSITIVE: "the sender says that it was a false alarm",
        Standing.FAILED: "the operation did not succeed",
    }.get(signal.standing)


def nearest(signal: Signal, kind: str) -> ResourceId | None:
    """The first of the signal's resources that is, or lies in, a resource of this type."""
    return next((found for resource in signal.resources if (found := resource.climb(kind))), None)
