"""The policy: what the owner of the data allows the responder to do, where, and whom it tells.

A mapping (from YAML) becomes a `Policy`; every fault is said at once. Whether it was signed is the caller's to prove:
an unsigned policy lets nothing but `watch` happen.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from incident.allow import Allow
from incident.application import Application
from incident.caller import Clinical
from incident.canonical import digest
from incident.consent import Approvers, Limits, Pipeline, PlannedChange, instant, on_timeout
from incident.contacts import Contact, CoveredEntity, Reminding
from incident.errors import PolicyInvalid
from incident.plan import Mode
from incident.quarter import Quarter
from incident.resource import ResourceId
from incident.scope import within

PAGING_STALE = timedelta(days=30)
KNOWN = frozenset(
    {"version", "entity", "scope", "modes", "never_touch", "break_glass", "approved_peerings", "exemptions", "paging"}
    | {"contacts", "covered_entities", "reminders", "law", "forensics"}
    | {"approvers", "planned_changes", "pipelines", "limits", "auto_on_timeout", "allow"}
    | {"clinical", "applications", "tabletop"}
)

FORENSICS = frozenset(
    {"subnet", "prefix", "address", "account", "group", "quarantine_group", "block_group", "workspace"}
    | {"tde_key", "sql_server"}
)
"""Where investigators sit (subnet id, its prefix, public address), the evidence account and resource group, and the
security group that isolates a machine: what every cut lets through, and where evidence goes. `block_group` is the
object id of the directory's group whose members conditional access always refuses. `workspace` is the Log Analytics
workspace to which what has gone unlogged is logged, `tde_key` the key in a vault of its own that
databases get when theirs is out, `sql_server` the server to which copies of databases go."""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Whose clocks run: the zone in which its days are counted and its HIPAA role."""

    name: str
    zone: str
    role: str  # covered_entity or business_associate


@dataclass(frozen=True, kw_only=True)
class ModeRule:
    """A mode for a class (`*` = all) within a scope (the beginning of a resource id; empty = everywhere)."""

    incident_class: str
    scope: str
    mode: Mode

    def covers(self, incident_class: str, resource: ResourceId) -> bool:
        """Whether the rule speaks of this class on this resource."""
        return self.incident_class in ("*", incident_class) and within(resource, self.scope)


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """A resource that a named person has taken out of one class, until a date. Tags never do that."""

    resource: str
    incident_class: str
    approver: str
    reason: str
    ticket: str
    expires: datetime

    def covers(self, incident_class: str, resource: ResourceId, now: datetime) -> bool:
        """Whether the exemption still holds for this class on this resource."""
        return now < self.expires and self.incident_class in ("*", incident_class) and within(resource, self.resource)


@dataclass(frozen=True, kw_only=True)
class Paging:
    """How people are woken, and when somebody last confirmed that it works."""

    route: str
    acknowledged_at: datetime


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The signed will of the owner. `hash` stands in every intent."""

    entity: Entity
    tags: Mapping[str, str]
    resources: tuple[str, ...] = ()
    modes: tuple[ModeRule, ...] = ()
    never_touch: tuple[str, ...] = ()
    break_glass: tuple[str, ...] = ()
    approved_peerings: tuple[str, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    paging: Paging | None = None
    contacts: tuple[Contact, ...] = ()
    covered_entities: tuple[CoveredEntity, ...] = ()
    reminders: Reminding = field(default_factory=Reminding)
    approvers: Approvers = field(default_factory=Approvers)
    planned_changes: tuple[PlannedChange, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    limits: Limits = field(default_factory=Limits)
    auto_on_timeout: tuple[str, ...] = ()
    allow: tuple[Allow, ...] = ()
    clinical: tuple[Clinical, ...] = ()  # callers that patients depend on
    applications: tuple[Application, ...] = ()
    forensics: Mapping[str, str] = field(default_factory=dict)  # by the names of FORENSICS
    first_quarter: Quarter | None = None  # from which every quarter needs a tabletop exercise; None: none is asked for
    law: tuple[Mapping[str, Any], ...] = ()  # rows of the owner's own, on top of those shipped
    hash: str = ""
    signed_by: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, document: Any) -> Self:
        """The policy in a parsed YAML document. PolicyInvalid names every fault."""
        faults: list[str] = []
        policy = _Reader(document, faults).policy(cls)
        if faults or policy is None:
            raise PolicyInvalid("; ".join(faults))
        return replace(policy, hash=digest(document))

    def signed(self, roles: Iterable[str]) -> Self:
        """The policy with the roles whose signatures hold."""
        return replace(self, signed_by=tuple(sorted(set(roles))))

    def in_scope(self, resource: ResourceId, *bodies: Mapping[str, Any]) -> bool:
        """Whether the resource holds PHI: named in the policy, or a tag says so. Tags widen, they never exempt."""
        if any(within(resource, named) for named in self.resources):
            return True
        tags = [{k.casefold(): str(v).casefold() for k, v in (body.get("tags") or {}).items()} for body in bodies]
        return any(tag.get(name.casefold()) == value.casefold() for tag in tags for name, value in self.tags.items())

    def touchable(self, resource: ResourceId) -> bool:
        """Whether the resource lies outside the never-touch set."""
        return not any(within(resource, named) for named in self.never_touch)

    def exemption(self, incident_class: str, resource: ResourceId, now: datetime) -> Exemption | None:
        """The exemption that covers this class on this resource now."""
        return next((e for e in self.exemptions if e.covers(incident_class, resource, now)), None)

    def mode(self, incident_class: str, resource: ResourceId, now: datetime) -> Mode:
        """The mode of the first rule that covers it; `watch` when none does, nobody signed or nobody can be paged."""
        return self.ruled(incident_class, resource) if self.can_page(now) else Mode.WATCH

    def ruled(self, incident_class: str, resource: ResourceId) -> Mode:
        """The same without regard to paging: losing it later never stops what a person has approved."""
        if not self.in_force:
            return Mode.WATCH
        return next((rule.mode for rule in self.modes if rule.covers(incident_class, resource)), Mode.WATCH)

    @property
    def in_force(self) -> bool:
        """Whether two roles have signed it."""
        return len(set(self.signed_by)) >= 2

    def planned(
        self, incident_class: str, resource: ResourceId, actors: Iterable[str], now: datetime
    ) -> PlannedChange | None:
        """The planned change that this is, if one of the actors is making it now."""
        known = tuple(actors)
        return next((c for c in self.planned_changes if c.covers(incident_class, resource, known, now)), None)

    def allowance(
        self, rule: str, resources: Iterable[ResourceId], actors: Iterable[str], now: datetime
    ) -> Allow | None:
        """The allow-list's entry for what the rule finds there, if the policy is signed."""
        named, known = tuple(resources), tuple(actors)
        found = (entry for entry in self.allow if entry.covers(rule, named, known, now))
        return next(found, None) if self.in_force else None

    def application(self, resource: ResourceId) -> Application | None:
        """What the owner says of the application with that id."""
        return next((each for each in self.applications if each.resource == resource), None)

    def pipeline(self, actors: Iterable[str], now: datetime) -> Pipeline | None:
        """The approved pipeline among the actors."""
        known = {actor.casefold() for actor in actors}
        return next((p for p in self.pipelines if p.actor.casefold() in known and now < p.expires), None)

    def can_page(self, now: datetime) -> bool:
        """Whether somebody acknowledged the paging route within the last 30 days."""
        return self.paging is not None and now - self.paging.acknowledged_at <= PAGING_STALE


class _Reader:
    """Reads the document and collects faults instead of stopping at the first."""

    def __init__(self, document: Any, faults: list[str]) -> None:
        self.faults = faults
        self.document = document if isinstance(document, Mapping) else {}
        if not isinstance(document, Mapping):
            faults.append("the policy must be a mapping")
        faults.extend(f"unknown key {name!r}" for name in sorted(set(map(str, self.document)) - KNOWN))
        if self.document.get("version") != 1:
            faults.append("version must be 1")

    def policy[T: Policy](self, kind: type[T]) -> T | None:
        scope = self.section("scope")
        entity = self.entity(self.section("entity"))
        parts: dict[str, Any] = {
            "tags": {str(k): str(v) for k, v in (scope.get("tags") or {"data-classification": "phi"}).items()},
            "resources": self.ids("scope.resources", scope.get("resources")),
            "modes": tuple(self.each("modes", self.mode)),
            "never_touch": self.ids("never_touch", self.document.get("never_touch")),
            "break_glass": tuple(map(str, self.listed("break_glass", self.document.get("break_glass")))),
            "approved_peerings": self.ids("approved_peerings", self.document.get("approved_peerings")),
            "exemptions": tuple(self.each("exemptions", self.exemption)),
            "paging": self.paging(self.section("paging")),
            "contacts": tuple(self.each("contacts", Contact.of)),
            "covered_entities": tuple(self.each("covered_entities", CoveredEntity.of)),
            "reminders": self.reminders(self.section("reminders")),
            "approvers": self.part("approvers", Approvers.of, Approvers()),
            "planned_changes": tuple(self.each("planned_changes", PlannedChange.of)),
            "pipelines": tuple(self.each("pipelines", Pipeline.of)),
            "limits": self.part("limits", Limits.of, Limits()),
            "auto_on_timeout": self.timeouts(),
            "allow": tuple(self.each("allow", Allow.of)),
            "clinical": tuple(self.each("clinical", Clinical.of)),
            "applications": tuple(self.each("applications", Application.of)),
            "forensics": self.forensics(self.section("forensics")),
            "first_quarter": self.first_quarter(self.section("tabletop")),
            "law": tuple(self.each("law", dict)),
        }
        return None if entity is None else kind(entity=entity, **parts)

    def section(self, name: str) -> Mapping[str, Any]:
        value = self.document.get(name) or {}
        if isinstance(value, Mapping):
            return value
        self.faults.append(f"{name} must be a mapping")
        return {}

    def part[T](self, name: str, read: Callable[[Mapping[str, Any]], T], otherwise: T) -> T:
        try:
            return read(self.section(name))
        except ValueError as fault:
            self.faults.append(str(fault))
            return otherwise

    def timeouts(self) -> tuple[str, ...]:
        try:
            return on_timeout(self.listed("auto_on_timeout", self.document.get("auto_on_timeout")))
        except ValueError as fault:
            self.faults.append(str(fault))
            return ()

    def forensics(self, section: Mapping[str, Any]) -> dict[str, str]:
        self.faults.extend(f"unknown key 'forensics.{name}'" for name in sorted(set(map(str, section)) - FORENSICS))
        return {str(name): str(value) for name, value in section.items() if value}

    def listed(self, name: str, value: Any) -> list[Any]:
        if value is None or isinstance(value, list):
            return value or []
        self.faults.append(f"{name} must be a list")
        return []

    def ids(self, name: str, value: Any) -> tuple[str, ...]:
        return tuple(text for item in self.listed(name, value) if (text := self.resource(name, item)) is not None)

    def resource(self, name: str, value: Any) -> str | None:
        try:
            return ResourceId.parse(str(value)).text
        except ValueError as fault:
            self.faults.append(f"{name}: {fault}")
            return None

    def each(self, name: str, read: Any) -> Iterable[Any]:
        for at, item in enumerate(self.listed(name, self.document.get(name))):
            try:
                yield read(item)
            except (KeyError, TypeError, ValueError) as fault:
                self.faults.append(f"{name}[{at}]: {type(fault).__name__} {fault}")

    def entity(self, section: Mapping[str, Any]) -> Entity | None:
        role = section.get("role")
        if role not in ("covered_entity", "business_associate"):
            self.faults.append("entity.role must be covered_entity or business_associate")
        try:
            ZoneInfo(str(section.get("zone")))
        except (ZoneInfoNotFoundError, ValueError):
            self.faults.append("entity.zone must be an IANA zone, such as America/New_York")
        if not section.get("name"):
            self.faults.append("entity.name is missing")
        return Entity(name=str(section.get("name")), zone=str(section.get("zone")), role=str(role))

    def mode(self, item: Mapping[str, Any]) -> ModeRule:
        return ModeRule(
            incident_class=str(item["class"]), scope=str(item.get("scope") or ""), mode=Mode(str(item["mode"]))
        )

    def exemption(self, item: Mapping[str, Any]) -> Exemption:
        words = {name: str(item[name]) for name in ("resource", "approver", "reason", "ticket")}
        ResourceId.parse(words["resource"])
        return Exemption(**words, incident_class=str(item["class"]), expires=instant(item["expires"]))

    def reminders(self, section: Mapping[str, Any]) -> Reminding:
        try:
            return Reminding.of(section)
        except (TypeError, ValueError) as fault:
            self.faults.append(f"reminders: {fault}")
            return Reminding()

    def first_quarter(self, section: Mapping[str, Any]) -> Quarter | None:
        self.faults.extend(
            f"unknown key 'tabletop.{name}'" for name in sorted(set(section) - {"first_quarter"}, key=str)
        )
        if not section:
            return None
        try:
            return Quarter.parse(str(section.get("first_quarter")))
        except ValueError as fault:
            self.faults.append(f"tabletop.first_quarter: {fault}")
            return None

    def paging(self, section: Mapping[str, Any]) -> Paging | None:
        if not section:
            return None
        try:
            return Paging(route=str(section["route"]), acknowledged_at=instant(section["acknowledged_at"]))
        except (KeyError, ValueError) as fault:
            self.faults.append(f"paging: {type(fault).__name__} {fault}")
            return None
