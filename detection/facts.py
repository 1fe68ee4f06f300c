"""What a rule may ask of Azure before it judges, as data, and what the reads gave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from incident.resource import ResourceId
from incident.target import Before


@dataclass(frozen=True)
class Read:
    """One thing to be read in Azure: the resource itself, unless one of the others is set.

    `children`: a collection below it. `action`: the answer to a POST that only reads. `since`: what the activity log
    holds of it from then on.
    """

    resource: ResourceId
    children: str = ""
    action: str = ""
    since: datetime | None = None

    def __str__(self) -> str:
        if self.since:
            return f"{self.resource} in the activity log"
        return "/".join(part for part in (self.resource.text, self.children, self.action) if part)


@dataclass(frozen=True)
class Failed:
    """A read that gave nothing: gone, forbidden, unanswered, or `throttled`, which passes."""

    why: str
    gone: bool = False
    throttled: bool = False


type Found = Before | tuple[Before, ...] | Failed


@dataclass(frozen=True)
class Facts:
    """What the reads gave so far."""

    found: Mapping[Read, Found] = field(default_factory=dict)

    def one(self, resource: ResourceId) -> Before | None:
        """The resource, where it could be read."""
        return self.answer(Read(resource))

    def answer(self, read: Read) -> Before | None:
        """What a read of one object gave; None where it gave nothing, or was not made."""
        found = self.found.get(read)
        return found if isinstance(found, Before) else None

    def every(self, read: Read) -> tuple[Before, ...] | None:
        """What a read of many gave; None where it gave nothing, or was not made."""
        found = self.found.get(read)
        return found if isinstance(found, tuple) else None

    def below(self, resource: ResourceId, children: str) -> tuple[Before, ...] | None:
        """What lies below the resource; None where that could not be read."""
        return self.every(Read(resource, children))

    def gone(self, resource: ResourceId) -> bool:
        """Whether Azure says that there is no such resource."""
        found = self.found.get(Read(resource))
        return isinstance(found, Failed) and found.gone

    @property
    def throttled(self) -> bool:
        """Whether Azure's limits kept a read back."""
        return any(isinstance(found, Failed) and found.throttled for found in self.found.values())

    def why(self, resource: ResourceId) -> str:
        """Why the resource could not be read."""
        found = self.found.get(Read(resource))
        return found.why if isinstance(found, Failed) else "it was not read"

    @property
    def priors(self) -> dict[ResourceId, Before]:
        """Every resource that was read, whole, by its id: the state before the first write.

        Objects of the directory are left out: each measure reads of them what it needs.
        """
        states: dict[ResourceId, Before] = {}
        for read, found in self.found.items():
            if isinstance(found, Before) and not read.action:
                states[read.resource] = found
            elif isinstance(found, tuple) and not read.since:
                states |= {ResourceId(str(item.body["id"])): item for item in found if item.body.get("id")}
        return {resource: state for resource, state in states.items() if not resource.in_directory}
