"""Which resources a sender means: ids out of every field that may hold one, the most specific first.

What contains a resource follows it (after a container its account, after a secret its vault), so that a rule finds the
part that can be contained. A subscription or group is kept only where nothing more specific is named.
"""

import re
from collections.abc import Iterable
from typing import Any

from detection.fields import text
from incident.resource import ResourceId

ACCOUNT = "microsoft.storage/storageaccounts"
CONTAINERS = ("blobServices", "default", "containers")
SHARES = ("fileServices", "default", "shares")
LONGEST = 2048
ABOUT_OTHERS = frozenset(["microsoft.security", "microsoft.resourcehealth"])  # their resources are opinions on others
PATHS = (
    re.compile(r"/(?:blob|file)Services/default/(?:containers|shares)/([^/?]+)", re.IGNORECASE),
    re.compile(r"https?://[^/]+/([^/?]+)(?=/|\?restype=(?:container|share))", re.IGNORECASE),
    re.compile(r"/[^/]+/([^/?]+)"),
)


def resource(written: Any) -> ResourceId | None:
    """The resource id that is written; None for what is none."""
    found = text(written)
    if found is None or len(found) > LONGEST:
        return None
    try:
        return ResourceId.parse(found)
    except ValueError:
        return None


def tenant(tenant_id: str | None) -> tuple[ResourceId, ...]:
    """The directory of a tenant, as Entra's own logs name it."""
    return (ResourceId(f"/tenants/{tenant_id}/providers/Microsoft.aadiam"),) if tenant_id else ()


def specific(*written: Any) -> tuple[ResourceId, ...]:
    """Every id that is written and what contains it, without repetition, the deepest first."""
    named = [found for each in written if (found := resource(each)) is not None]
    deep = [found for found in named if found.tail]
    known = dict.fromkeys(part for found in deep or named for part in (found, *_holders(found)))
    return tuple(sorted(known, key=lambda found: -len(found.segments)))


def container_of(account: Any, name: str | None, *, share: bool = False) -> str | None:
    """The id of a blob container (or file share) of the account; None unless both are known."""
    found = resource(account)
    holder = found and found.climb(ACCOUNT)
    if holder is None or not name or "/" in name or "," in name:
        return None
    return holder.child(*(SHARES if share else CONTAINERS), name).text


def container_in(path: str | None) -> str | None:
    """The container's (or share's) name in an Event Grid subject, a URL or a log's `/account/container/blob`."""
    found = next((match for shape in PATHS if (match := shape.match(path or ""))), None)
    return found and found[1]


def _holders(found: ResourceId) -> Iterable[ResourceId]:
    """The top of the provider, and the resource that an extension (`.../providers/Microsoft.Insights/...`) sits on."""
    cuts = [at for at, segment in enumerate(found.segments) if segment.casefold() == "providers"]
    blocks = zip(cuts, [*cuts[1:], len(found.segments)], strict=False)
    for cut, end in reversed([*blocks]):
        if found.segments[cut + 1 : cut + 2] and found.segments[cut + 1].casefold() not in ABOUT_OTHERS:
            yield ResourceId("/" + "/".join(found.segments[:end]))
            yield ResourceId("/" + "/".join(found.segments[: cut + 4]))
