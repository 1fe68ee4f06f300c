"""What of a resource is configuration: the rest is the service's own, or says by silence what it could say aloud."""

from collections.abc import Iterator, Mapping
from typing import Any

from incident.target import Before

MANAGED = frozenset(
    {
        "etag",
        "provisioningState",
        "resourceGuid",
        "lastModifiedTime",
        "lastModified",
        "leaseState",
        "leaseStatus",
        "keyCreationTime",
        "creationTime",
        "statusOfPrimary",
        "statusOfSecondary",
        "systemData",
        "defaultSecurityRules",
        "networkInterfaces",
        "subnets",
        "legalHold",  # set by an operation of its own, like the three below; a list shows fewer of them than a read
        "immutabilityPolicy",
        "hasLegalHold",
        "hasImmutabilityPolicy",
    }
)
EMPTY: tuple[Any, ...] = (None, {}, [])
DEFAULTS: dict[str, Any] = {"allowBlobPublicAccess": True, "flushConnection": False, "publicAccess": "None"}


def effective(state: Before) -> dict[str, Any]:
    """The configuration alone: without service-managed fields, nulls, empty lists and values that are the default."""
    cleaned = _clean(state.body)
    return cleaned if isinstance(cleaned, dict) else {}


def difference(
    before: Mapping[str, Any], ours: Mapping[str, Any], now: Mapping[str, Any], path: str = ""
) -> Iterator[dict[str, Any]]:
    """Each place where the state now is not what we wrote: `{"at": dotted path, "before":, "ours":, "now":}`."""
    for name in sorted(set(ours) | set(now)):
        here = f"{path}.{name}" if path else name
        was, wrote, found = before.get(name), ours.get(name), now.get(name)
        if isinstance(wrote, Mapping) and isinstance(found, Mapping):
            yield from difference(was if isinstance(was, Mapping) else {}, wrote, found, here)
        elif wrote != found:
            yield {"at": here, "before": was, "ours": wrote, "now": found}


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        pairs = ((name, _clean(item)) for name, item in value.items() if name not in MANAGED)
        return {name: item for name, item in pairs if item not in EMPTY and DEFAULTS.get(name) != item}
    if isinstance(value, list):
        return sorted((_clean(item) for item in value), key=_name)
    return value


def _name(item: Any) -> str:
    return str(item.get("name") if isinstance(item, Mapping) else item)
