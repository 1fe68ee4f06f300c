"""What a step acts on, and what was there before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from incident.canonical import digest
from incident.resource import ResourceId


@dataclass(frozen=True, kw_only=True)
class Target:
    """One resource in one incident, with the parameters that the class needs (e.g. the attacker's prefix)."""

    resource: ResourceId
    incident: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What makes two targets the same: the resource without regard to case, and the parameters."""
        return f"{self.resource.key}?{digest(self.parameters)[:12]}" if self.parameters else self.resource.key


@dataclass(frozen=True)
class Before:
    """A resource's raw JSON, as the service sent it, before the first write."""

    body: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        """`properties` of the body; empty where the service sent none or null."""
        return self.body.get("properties") or {}

    @property
    def etag(self) -> str | None:
        """The resource's ETag, where it has one."""
        return self.body.get("etag")

    @property
    def tags(self) -> Mapping[str, str]:
        """The resource's tags."""
        return self.body.get("tags") or {}

    def onto(self, now: Self) -> Self:
        """This state, to be written over `now`: it carries the ETag that the service holds now."""
        return type(self)({**self.body, "etag": now.etag})

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical body."""
        return digest(self.body)
