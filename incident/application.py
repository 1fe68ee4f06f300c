"""What the owner says of an application: which storage its secrets open, and how it is switched off for some."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from incident.resource import ResourceId

STORE = "microsoft.appconfiguration/configurationstores"
FEATURE = ".appconfig.featureflag~2F"
"""How the keys of feature flags begin, as the name of a resource: `~2F` stands for the slash."""
WORD = re.compile(r"[\w.-]{1,100}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A feature flag by which the app leaves off. `containers`: those whose reading it ends; without any, all."""

    store: ResourceId
    flag: str
    label: str = ""
    containers: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The switch in an application's list. KeyError or ValueError says what is wrong with it."""
        _known(item, {"store", "flag", "label", "containers"})
        store, flag, label = ResourceId.parse(str(item["store"])), str(item["flag"]), str(item.get("label") or "")
        if store.type != STORE:
            raise ValueError("a switch's store is a Microsoft.AppConfiguration/configurationStores")
        if not WORD.fullmatch(flag) or not WORD.fullmatch(label or "-"):
            raise ValueError("a switch's flag and label are of letters, digits, dots, hyphens and underscores")
        return cls(store=store, flag=flag, label=label, containers=tuple(map(str, item.get("containers") or ())))

    @property
    def resource(self) -> ResourceId:
        """The flag as Resource Manager names it, key and label with a `$` between them."""
        label = f"${self.label}" if self.label else ""
        return self.store.child("keyValues", f"{FEATURE}{self.flag}{label}")

    def ends(self, container: str) -> bool:
        """Whether it ends the reading of that container; of one that nobody has named, only where it ends all."""
        return not self.containers or container in self.containers


@dataclass(frozen=True, kw_only=True)
class Application:
    """One app of the policy's list. `stores`: accounts for which the app's settings hold a key or a signature."""

    resource: ResourceId
    stores: tuple[ResourceId, ...] = ()
    switches: tuple[Switch, ...] = ()

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The application in the policy's list. KeyError or ValueError says what is wrong with it."""
        _known(item, {"resource", "stores", "switches"})
        return cls(
            resource=ResourceId.parse(str(item["resource"])),
            stores=tuple(ResourceId.parse(str(each)) for each in item.get("stores") or ()),
            switches=tuple(map(Switch.of, item.get("switches") or ())),
        )


def _known(item: Mapping[str, Any], names: Collection[str]) -> None:
    if unknown := sorted(set(map(str, item)) - set(names)):
        raise ValueError(f"unknown key {', '.join(unknown)}")
