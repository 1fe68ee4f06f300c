"""What the owner says of an application: which storage its secrets open, and how it is switched off for some."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from incident.resource import ResourceId

UNKNOWN = "unknown key"


@dataclass(frozen=True, kw_only=True)
class Application:
    """A section of the policy's list. `stores`: accounts for which the app's settings hold a key or a signature."""

    resource: ResourceId
    stores: tuple[ResourceId, ...] = ()

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The application in the policy's list. KeyError or ValueError says what is wrong with it."""
        if unknown := sorted(set(map(str, item)) - {"resource", "stores"}):
            raise ValueError(f"{UNKNOWN} {', '.join(unknown)}")
        return cls(
            resource=ResourceId.parse(str(item["resource"])),
            stores=tuple(ResourceId.parse(str(each)) for each in item.get("stores") or ()),
        )
