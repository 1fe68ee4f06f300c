"""What of a resource is configuration: the rest is the service's own, or says by silence what it could say aloud."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from incident.canonical import canonical
from incident.resource import ResourceId
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
        "enabledTime",
        "createdOn",
        "updatedOn",
        "createdBy",
        "createdTimeUtc",
        "lastModifiedBy",
        "lastModifiedTimeUtc",
        "lastModifiedUtc",
        "updatedBy",
        "peeringState",
        "peeringSyncLevel",
        "remoteGateways",
        "macAddress",
        "hostedWorkloads",
        "sku",
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
ABSENT: dict[str, dict[str, Any]] = {
    "microsoft.storage/storageaccounts": {
        "allowBlobPublicAccess": True,
        "allowCrossTenantReplication": True,
        "allowSharedKeyAccess": True,
        "isLocalUserEnabled": False,
        "isSftpEnabled": False,
        "minimumTlsVersion": "TLS1_0",
        "publicNetworkAccess": "Enabled",
    },
    "microsoft.storage/storageaccounts/blobservices": {
        "allowPermanentDelete": False,
        "enabled": False,
        "isVersioningEnabled": False,
    },
    "microsoft.storage/storageaccounts/blobservices/containers": {"publicAccess": "None"},
    "microsoft.network/networksecuritygroups": {"flushConnection": False},
}
"""What an absent property means, by resource type."""


def effective(state: Before) -> dict[str, Any]:
    """The configuration alone: without service-managed fields, nulls, empty lists and values that are the default."""
    cleaned = _clean(state.body, ABSENT.get(_kind(state), {}))
    return cleaned if isinstance(cleaned, dict) else {}


def only(*names: str) -> Callable[[Before], dict[str, Any]]:
    """Of the configuration the named properties alone: for measures that share a resource with others."""

    def own(state: Before) -> dict[str, Any]:
        properties = effective(state).get("properties") or {}
        return {"properties": {name: properties[name] for name in names if name in properties}}

    return own


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


def _clean(value: Any, defaults: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        pairs = ((name, _clean(item, defaults)) for name, item in value.items() if name not in MANAGED)
        return {name: item for name, item in pairs if item not in EMPTY and defaults.get(name) != item}
    if isinstance(value, list):
        return sorted((_clean(item, defaults) for item in value), key=canonical)
    return value


def _kind(state: Before) -> str:
    return ResourceId(str(state.body.get("id") or "/")).type
