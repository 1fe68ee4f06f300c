"""What the owner has agreed to beforehand, and who is asked for the rest: parts of the policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from incident.person import Role
from incident.resource import ResourceId
from incident.scope import within

LONGEST_CHANGE = timedelta(hours=8)
ON_TIMEOUT = ("ST-03", "NW-01")
"""The only actions that may ever run because nobody answered; and only for PHI that is leaving."""
APPROVING = (Role.APPROVER_SOC, Role.APPROVER_OWNER)


@dataclass(frozen=True, kw_only=True)
class PlannedChange:
    """A change that `approver` has allowed `actor` to make; while it runs, containment of it asks first."""

    resources: tuple[str, ...]
    classes: tuple[str, ...]
    actor: str
    ticket: str
    approver: str
    start: datetime
    end: datetime

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The change in a parsed mapping. ValueError or KeyError says what is wrong with it."""
        words = {name: str(item[name]) for name in ("actor", "ticket", "approver")}
        resources = tuple(ResourceId.parse(str(each)).text for each in _some(item, "resources"))
        classes = tuple(map(str, _some(item, "classes")))
        start, end = instant(item["start"]), instant(item["end"])
        if words["actor"].casefold() == words["approver"].casefold():
            raise ValueError("the approver must be somebody else than the actor")
        if not start < end <= start + LONGEST_CHANGE:
            raise ValueError("it must end after it starts, within 8 hours")
        return cls(**words, resources=resources, classes=classes, start=start, end=end)

    def covers(self, incident_class: str, resource: ResourceId, actors: Iterable[str], now: datetime) -> bool:
        """Whether this is the change that was planned: its class, its resources, its time, and its actor."""
        return (
            self.start <= now < self.end
            and ("*" in self.classes or incident_class in self.classes)
            and any(within(resource, each) for each in self.resources)
            and self.actor.casefold() in {actor.casefold() for actor in actors}
        )


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline whose changes under a ticket are approved, until a date: what it does is contained only if asked."""

    actor: str
    ticket: str
    expires: datetime

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The pipeline in a parsed mapping. ValueError or KeyError says what is wrong with it."""
        return cls(actor=str(item["actor"]), ticket=str(item["ticket"]), expires=instant(item["expires"]))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Beyond these one more approval is asked: targets in one incident; actions on their own, per hour and cause.

    `retention_budget`: what the kept rows of one log table may cost a month, at the price of `archived_terabyte`, which
    is what a terabyte costs for a month, both in whole units of one currency. Without them no price is asked about.
    """

    targets: int = 5
    actions_per_hour: int = 20
    retention_budget: int | None = None
    archived_terabyte: int | None = None

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Self:
        """The limits in a parsed mapping. ValueError names what is no limit."""
        if unknown := sorted(set(map(str, section)) - set(cls.__dataclass_fields__)):
            raise ValueError(f"limits: unknown {', '.join(unknown)}")
        for name, value in section.items():
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"limits.{name} must be a whole number, 0 or more")
        if ("retention_budget" in section) != ("archived_terabyte" in section):
            raise ValueError("limits: retention_budget and archived_terabyte belong together")
        return cls(**section)


@dataclass(frozen=True, kw_only=True)
class Approvers:
    """Whom offers go to: by role who is on call, then the deputies; after half an hour the escalation as well.

    These are addresses of notices. Who may decide is said by the roles in a person's token alone.
    """

    by_role: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    escalation: tuple[str, ...] = ()

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Self:
        """The approvers in a parsed mapping. ValueError names what is no approver."""
        known = {role.value for role in APPROVING}
        if unknown := sorted(set(map(str, section)) - known - {"escalation"}):
            raise ValueError(f"approvers: unknown {', '.join(unknown)}")
        by_role = {role: _names(section, role) for role in sorted(known & set(section))}
        return cls(by_role=by_role, escalation=_names(section, "escalation"))

    def on_call(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Who is on call for these roles."""
        return tuple(self.by_role[role][0] for role in roles if self.by_role.get(role))

    def deputies(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Everybody after those on call; where nobody is, the same again."""
        return tuple(name for role in roles for name in self.by_role.get(role, ())[1:]) or self.on_call(roles)


def on_timeout(codes: Iterable[Any]) -> tuple[str, ...]:
    """The actions that may run when nobody has answered. ValueError for any that may never."""
    listed = tuple(map(str, codes))
    if never := sorted(set(listed) - set(ON_TIMEOUT)):
        raise ValueError(f"auto_on_timeout: only {' and '.join(ON_TIMEOUT)} can be named, not {', '.join(never)}")
    return listed


def instant(value: Any) -> datetime:
    """An aware time; ValueError for anything else."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return moment


def _some(item: Mapping[str, Any], name: str) -> list[Any]:
    value = item[name]
    if not isinstance(value, list) or not value:
        raise ValueError(f"{name} must be a list with at least one entry")
    return value


def _names(section: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = section.get(name) or []
    if not isinstance(value, list):
        raise ValueError(f"approvers.{name} must be a list")  # noqa: TRY004 - a fault of the file, said with all others
    return tuple(map(str, value))
