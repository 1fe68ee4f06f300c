"""A pause: two people of two roles have stopped all new writes in a scope, for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from incident.resource import ResourceId
from incident.scope import within

CHAIN = "pause"
"""The chain that holds every pause; its head's state lists those that run."""
EVERYTHING = "everything"
LONGEST = timedelta(hours=4)


@dataclass(frozen=True, kw_only=True)
class Pause:
    """`scope`: everything, a class of incident, or the beginning of a resource id."""

    id: str
    scope: str
    until: datetime

    def covers(self, incident_class: str, resource: ResourceId, now: datetime) -> bool:
        """Whether it stops writes for this class on this resource now."""
        if now >= self.until:
            return False
        if self.scope.startswith("/"):
            return within(resource, self.scope)
        return self.scope in (EVERYTHING, incident_class)

    def as_row(self) -> dict[str, str]:
        """The pause as the head's state lists it."""
        return {"id": self.id, "scope": self.scope, "until": self.until.isoformat()}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The pause in the row."""
        return cls(id=row["id"], scope=row["scope"], until=datetime.fromisoformat(row["until"]))
