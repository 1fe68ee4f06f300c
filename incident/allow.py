"""The allow-list: what a rule finds on a resource and is expected, by an owner's word, until a date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from incident.consent import instant
from incident.resource import ResourceId
from incident.scope import within


@dataclass(frozen=True, kw_only=True)
class Allow:
    """An entry. `actor` is empty where anybody may; `resource` covers what lies in it."""

    rule: str
    resource: str
    owner: str
    reason: str
    ticket: str
    expires: datetime
    actor: str = ""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The entry in the policy's list. KeyError or ValueError when it is none."""
        words = {name: str(item[name]).strip() for name in ("rule", "resource", "owner", "reason", "ticket")}
        if missing := [name for name, word in words.items() if not word]:
            raise ValueError(f"{', '.join(missing)} must not be empty")
        ResourceId.parse(words["resource"])
        return cls(**words, expires=instant(item["expires"]), actor=str(item.get("actor") or ""))

    def covers(self, rule: str, resources: Iterable[ResourceId], actors: Iterable[str], now: datetime) -> bool:
        """Whether it speaks of the rule on every one of the resources, by one of the actors, now."""
        return now < self.expires and self.speaks_of(rule, resources, actors)

    def speaks_of(self, rule: str, resources: Iterable[ResourceId], actors: Iterable[str]) -> bool:
        """The same, whatever the day."""
        named = tuple(resources)
        here = bool(named) and all(within(resource, self.resource) for resource in named)
        known = {actor.casefold() for actor in actors}
        return rule == self.rule and here and (not self.actor or self.actor.casefold() in known)

    @property
    def said(self) -> str:
        """The entry in words."""
        return f"allowed until {self.expires:%Y-%m-%d} by {self.owner} ({self.ticket}): {self.reason}"
