"""Whom the responder tells of deadlines, and for which covered entities it answers: sections of the policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from incident.resource import ResourceId

ESCALATION = ("owner", "lead", "privacy_officer", "ciso", "counsel")
"""Who is woken after whom, when nobody answers."""

WAYS = ("teams", "mail", "phone", "text", "webhook")


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to reach somebody; `outside`: it does not depend on the tenant, which may be compromised."""

    kind: str
    address: str
    outside: bool = False


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A role and the ways to reach whoever has it, the first tried first."""

    role: str
    ways: tuple[Way, ...]

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The contact in the policy's list. KeyError or ValueError when it is none."""
        role = str(item["role"])
        if role not in ESCALATION:
            raise ValueError(f"role is none of {', '.join(ESCALATION)}")
        ways = tuple(_way(way) for way in item["ways"])
        if not any(way.outside for way in ways):
            raise ValueError(f"{role} needs a way that is `outside` the tenant")
        return cls(role=role, ways=ways)


def _way(item: Mapping[str, Any]) -> Way:
    kind = str(item["kind"])
    if kind not in WAYS:
        raise ValueError(f"kind is none of {', '.join(WAYS)}")
    return Way(kind=kind, address=str(item["address"]), outside=item.get("outside") is True)


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """One step of an escalation: whom, and how."""

    role: str
    way: Way


def escalation(contacts: tuple[Contact, ...], level: int) -> Escalation | None:
    """Who is paged at a level, counted from 0: role after role, each round by the next way; None without contacts."""
    order = sorted(contacts, key=lambda contact: ESCALATION.index(contact.role))
    if not order:
        return None
    turn, place = divmod(level, len(order))
    ways = order[place].ways
    return Escalation(role=order[place].role, way=ways[(turn + place) % len(ways)])


@dataclass(frozen=True, kw_only=True)
class CoveredEntity:
    """An entity for whose PHI we answer: what its clocks, letters and filings need to know of it.

    `holds`: the accounts or containers that hold its objects, where they hold no other entity's.
    """

    id: str
    name: str
    zone: str
    kind: str = "provider"  # provider, plan or clearinghouse
    flags: tuple[str, ...] = ()
    holds: tuple[ResourceId, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)  # its own address, contact, phone, mail, site

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The entity in the policy's list. KeyError or ValueError when it is none."""
        try:
            ZoneInfo(str(item["zone"]))
        except ZoneInfoNotFoundError as unknown:
            raise ValueError("zone must be an IANA zone, such as America/New_York") from unknown
        known = ("id", "name", "zone", "kind", "flags", "holds")
        return cls(
            id=str(item["id"]),
            name=str(item["name"]),
            zone=str(item["zone"]),
            kind=str(item.get("kind") or "provider"),
            flags=tuple(map(str, item.get("flags") or ())),
            holds=tuple(ResourceId.parse(str(held)) for held in item.get("holds") or ()),
            details={str(name): str(value) for name, value in item.items() if name not in known},
        )


@dataclass(frozen=True, kw_only=True)
class Reminding:
    """When the digest goes out, how long silence lasts before the next is woken, and the internal target.

    `target_days` counts from the discovery; None: half of the time that the law leaves.
    """

    digest_hour: int = 7
    silence: timedelta = timedelta(minutes=30)
    later: timedelta = timedelta(hours=4)  # after the first round
    target_days: int | None = None

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Self:
        """The section `reminders` of the policy. KeyError or ValueError when it is none."""
        hour = int(section.get("digest_hour", 7))
        if not 0 <= hour <= 23:
            raise ValueError("digest_hour must lie in 0 to 23")
        days = section.get("target_days")
        silence = int(section.get("silence_minutes", 30))
        if silence < 5 or (days is not None and int(days) < 1):
            raise ValueError("silence_minutes must be 5 or more, target_days 1 or more")
        return cls(
            digest_hour=hour,
            silence=timedelta(minutes=silence),
            target_days=None if days is None else int(days),
        )
