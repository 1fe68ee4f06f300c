"""Azure resource ids: compared without regard to case, kept as they came, climbed to the part that can be contained."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

DIRECTORY = "microsoft.aadiam"
SAFE_SEGMENT = re.compile(r"(?!\.{1,2}$)[\w.$()@;~-]{1,260}", re.ASCII)


@dataclass(frozen=True, eq=False)
class ResourceId:
    """`/subscriptions/{guid}/resourceGroups/{name}/providers/{namespace}/{type}/{name}[/{type}/{name}...]`.

    What the directory holds is named alike, without its tenant: `/providers/Microsoft.aadiam/{type}/{name}`.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id, cleaned of stray space and slashes. ValueError unless it names at least a subscription."""
        resource = cls("/" + re.sub(r"\s+", "", text).strip("/"))
        if len(resource.segments) < 2 or resource.segments[0].casefold() != "subscriptions":
            raise ValueError(f"not a resource id: {text[:80]!r}")
        return resource

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The id cut at its slashes."""
        return tuple(self.text.strip("/").split("/"))

    @cached_property
    def key(self) -> str:
        """What two spellings of one resource share."""
        return self.text.casefold()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text

    def after(self, word: str) -> str | None:
        """The segment that follows `word`, e.g. the name of the resource group."""
        lowered = [segment.casefold() for segment in self.segments]
        at = lowered.index(word.casefold()) if word.casefold() in lowered else len(lowered)
        return self.segments[at + 1] if at + 1 < len(self.segments) else None

    @property
    def subscription(self) -> str:
        """The subscription's id."""
        return self.segments[1]

    @property
    def in_directory(self) -> bool:
        """Whether it is an object of Entra ID rather than a resource of Azure."""
        return self.type.startswith(f"{DIRECTORY}/")

    @property
    def group(self) -> str:
        """The resource group's name; empty for a subscription."""
        return self.after("resourceGroups") or ""

    @property
    def name(self) -> str:
        """The last segment."""
        return self.segments[-1]

    @cached_property
    def tail(self) -> tuple[str, ...]:
        """Namespace, type, name, type, name... after the LAST `providers`; empty for a subscription or group."""
        lowered = [segment.casefold() for segment in self.segments]
        if "providers" not in lowered:
            return ()
        return self.segments[len(lowered) - lowered[::-1].index("providers") :]

    @cached_property
    def type(self) -> str:
        """Lower-cased full type, e.g. `microsoft.storage/storageaccounts/blobservices/containers`."""
        if not self.tail:
            return ""
        return "/".join((self.tail[0], *self.tail[1::2])).casefold()

    @property
    def parent(self) -> Self | None:
        """The resource that holds this one, or this collection; None at the top of a provider."""
        own = 2 if self.named else 1
        return type(self)("/" + "/".join(self.segments[:-own])) if len(self.tail) > 3 else None

    @property
    def named(self) -> bool:
        """Whether it ends in a name: not a provider, and no collection such as `.../storageAccounts`."""
        return len(self.tail) % 2 == 1 and len(self.tail) > 1

    def climb(self, kind: str) -> Self | None:
        """This resource or the nearest ancestor of the given type."""
        here: Self | None = self
        while here is not None and not (here.named and here.type == kind.casefold()):
            here = here.parent
        return here

    def child(self, *segments: str) -> Self:
        """A resource below this one."""
        return type(self)("/".join((self.text, *segments)))

    @property
    def addressable(self) -> bool:
        """Whether every segment may stand in a URL path as it is. Nothing else is ever called."""
        return all(SAFE_SEGMENT.fullmatch(segment) for segment in self.segments)


def directory_object(kind: str, object_id: str) -> ResourceId:
    """An object of the directory, of a kind such as `users`, under an id like that of a resource."""
    return ResourceId(f"/providers/Microsoft.aadiam/{kind}/{object_id}")
