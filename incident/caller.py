"""Who calls a resource, as logs tell it, and which callers patients depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Caller:
    """One caller, counted over a time. Empty words: the log does not say.

    `entered`: with what storage was entered, in the log's word. `direction`, `local`, `port`, `rule`: of a network
    flow, whose `address` is the far end; `local` is the id of our network card.
    """

    address: str
    object_id: str = ""
    app_id: str = ""
    name: str = ""
    agent: str = ""
    entered: str = ""
    protocol: str = ""
    tls: str = ""
    direction: str = ""
    local: str = ""
    port: int = 0
    rule: str = ""
    requests: int
    size: int
    last: datetime

    @property
    def public(self) -> bool:
        """Whether the caller is on the Internet; also where the address cannot be read."""
        try:
            return ip_address(self.address).is_global
        except ValueError:
            return True

    def within(self, prefix: str) -> bool:
        """Whether the caller's address lies in the prefix; False where either is none."""
        try:
            return ip_address(self.address) in ip_network(prefix, strict=False)
        except ValueError:
            return False


@dataclass(frozen=True, kw_only=True)
class Clinical:
    """A caller that care depends on. `caller`: object id, app id, address, prefix, or how its user agent begins."""

    name: str
    caller: str
    life_safety: bool = False

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The entry in a parsed mapping. ValueError or KeyError says what is wrong with it."""
        name, caller, grave = str(item["name"]).strip(), str(item["caller"]).strip(), item.get("life_safety", False)
        if not name or not caller:
            raise ValueError("name and caller must say something")
        if not isinstance(grave, bool):
            raise ValueError("life_safety must be true or false")  # noqa: TRY004 - a fault of the file, said with all others
        return cls(name=name, caller=caller, life_safety=grave)

    def covers(self, caller: Caller) -> bool:
        """Whether this is that caller."""
        known, ids = self.caller.casefold(), {caller.object_id.casefold(), caller.app_id.casefold()}
        return known in ids or caller.within(known) or caller.agent.casefold().startswith(known)
