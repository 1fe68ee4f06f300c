"""The entities of alerts and incidents, in both dialects.

Incidents write `{"kind": "AzureResource", "properties": {"resourceId": ...}}`, alerts `{"Type": "azure-resource",
"ResourceId": ...}` with `$id` and `{"$ref": "5"}` between them. The ids repeat and point forward in genuine exports,
and may form circles: a reference leads to the first entity of the wanted kind, and no further.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from detection.fields import address, at, identity, mapping, opened, text
from detection.resources import container_of

DEEPEST = 8


@dataclass(frozen=True)
class Entities:
    """The entities of one alert or incident."""

    listed: Sequence[Any]

    @cached_property
    def all(self) -> tuple[Mapping[str, Any], ...]:
        """Every entity, nested ones included, that is an object and not a mere reference."""
        return tuple(found for each in self.listed for found in _nested(opened(each), 0))

    @cached_property
    def _referable(self) -> dict[tuple[str | None, str], Mapping[str, Any]]:
        """The first entity of each `$id` and kind."""
        return {(text(each, "$id"), _kind(each)): each for each in reversed(self.all)}

    @cached_property
    def resource_ids(self) -> tuple[str, ...]:
        """Ids of Azure resources, machines and blob containers."""
        direct = [text(each, "resourceId") for each in self._of("azureresource")]
        hosts = [text(each, "azureID") for each in self._of("host")]
        return tuple(dict.fromkeys(found for found in (*self._containers(), *direct, *hosts) if found))

    @property
    def ip(self) -> str | None:
        """The first address that is one."""
        return next((found for each in self._of("ip") if (found := address(text(each, "address")))), None)

    @property
    def actor(self) -> str | None:
        """The first account: its user principal name, else its object id, else its bare name."""
        return next((found for each in self._of("account") if (found := _account(each))), None)

    @property
    def object_id(self) -> str | None:
        """The directory's object id of the first account that has one."""
        return next((found for each in self._of("account") if (found := identity(text(each, "aadUserId")))), None)

    @property
    def alerts(self) -> tuple[Mapping[str, Any], ...]:
        """Alerts that stand among the entities."""
        return tuple(self._of("securityalert"))

    def _of(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        return (_fields(each) for each in self.all if _kind(each) in kinds)

    def _containers(self) -> Iterator[str | None]:
        blobs = (self._resolved(each, "BlobContainer", "blobcontainer") for each in self._of("blob"))
        for each in (*self._of("blobcontainer"), *blobs):
            account = self._resolved(each, "StorageResource", "azureresource")
            yield container_of(at(account, "resourceId"), text(each, "name"))

    def _resolved(self, entity: Mapping[str, Any], name: str, kind: str) -> Mapping[str, Any]:
        """The entity under `name`: in place, or the first of its kind with the referenced `$id`."""
        found = mapping(entity, name)
        wanted = text(found, "$ref")
        if wanted is None:
            return _fields(found)
        return _fields(self._referable.get((wanted, kind), {}))


def _kind(entity: Mapping[str, Any]) -> str:
    written = text(entity, "kind") if "properties" in entity else text(entity, "type") or text(entity, "kind")
    return (written or "").casefold().replace("-", "")


def _fields(entity: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(entity, "properties") or entity


def _account(entity: Mapping[str, Any]) -> str | None:
    name, suffix = text(entity, "accountName") or text(entity, "name"), text(entity, "upnSuffix")
    if name and suffix and "@" not in name:
        return f"{name}@{suffix}"
    return (name if name and "@" in name else None) or identity(text(entity, "aadUserId")) or name


def _nested(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping) and depth < DEEPEST:
        if _kind(value):
            yield value
        for inner in value.values():
            yield from _nested(inner, depth + 1)
