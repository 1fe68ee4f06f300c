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
DEFAULTS: dict[str, Any] = {"allowBlobPublicAccess": True, "flushConnection": False, "publicAccess": "None"}


def effective(state: Before) -> dict[str, Any]:
    """The configuration alone: without service-managed fields, nulls and values that are the default."""
    cleaned = _clean(state.body)
    return cleaned if isinstance(cleaned, dict) else {}


def difference(was: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> Iterator[dict[str, Any]]:
    """Each place where two configurations differ: `{"at": dotted path, "was": value, "now": value}`."""
    for name in sorted(set(was) | set(now)):
        here, one, other = f"{path}.{name}" if path else name, was.get(name), now.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from difference(one, other, here)
        elif one != other:
            yield {"at": here, "was": one, "now": other}


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        pairs = ((name, _clean(item)) for name, item in value.items() if name not in MANAGED)
        return {name: item for name, item in pairs if item is not None and DEFAULTS.get(name) != item}
    if isinstance(value, list):
        return sorted((_clean(item) for item in value), key=_name)
    return value


def _name(item: Any) -> str:
    return str(item.get("name") if isinstance(item, Mapping) else item)
