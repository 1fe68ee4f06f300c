"""For whom an incident starts clocks: ourselves, and each covered entity whose data we hold, each with its own facts.

A covered entity owes for itself. A business associate owes each of its customers a notice, and each customer owes its
patients: `we owe` and `they owe` are reckoned apart, for every customer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from compliance.contracts import Agreement, Kind, concerned
from compliance.discovery import NOT_KNOWLEDGE, effective
from compliance.facts import Facts, Role
from compliance.fields import FactsInvalid
from compliance.reading import read_facts
from compliance.record import Access, Ground, Status, folded, for_law
from desk.duties import OWN, Side
from detection.hunts.exposed import holding
from incident.contacts import CoveredEntity
from incident.entry import Entry
from incident.policy import Policy
from incident.resource import ResourceId

CONTAINER = "microsoft.storage/storageaccounts/blobservices/containers"
UNKNOWN = 500
"""How many persons are taken to be affected until somebody knows: the reading with the earlier dates (164.408(b))."""
UNCOUNTED = f"the number of persons is not known yet; reckoned as {UNKNOWN} or more"
SHARED = ("data", "encryption", "exclusion", "access", "breach", "part2")
"""Facts of the incident that hold for a customer until its own are recorded."""
NOT_SHARED = ("discovery", "ba", "who", "status", "determination")
"""Facts of a customer that say nothing of our own duty to it."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """One reckoning: at which entity, whose duty, from which facts. `law` is false where contracts alone count."""

    entity: str
    side: Side
    role: Role
    zone: str
    facts: Mapping[str, Any]
    contracts: tuple[Agreement, ...] = ()
    flags: tuple[str, ...] = ()
    law: bool = True
    documents: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counted(self) -> bool:
        """Whether anybody has said how many persons there are."""
        return "total" in self.facts or "affected" in self.facts

    @property
    def concerned(self) -> bool:
        """Whether it may be affected."""
        return self.facts.get("status") != Status.NOT_AFFECTED

    def read(self) -> Facts:
        """The facts as the law reads them. FactsInvalid names the field."""
        law = for_law(self.facts)
        found = {
            **law,
            "entity_zone": self.zone,
            "role": self.role.value,
            "contracts": [agreement.window for agreement in self.contracts],
            "flags": sorted({*self.flags, *law.get("flags", ())}),
            "documents": {**self.documents, **law.get("documents", {})},
        }
        facts = read_facts(found if self.counted else {**found, "total": UNKNOWN})
        for name in facts.unread:
            raise FactsInvalid(name, "is not a fact that is read here")
        return facts


def recorded(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """The facts by entity, as people have recorded them, later ones on top.

    A closing because nobody has had access stands until the logs, read again, show that somebody had.
    """
    found: dict[str, dict[str, Any]] = {OWN: {}}
    for entry in entries:
        if entry.kind == "facts":
            entity = entry.body["entity"]
            found[entity] = folded(found.get(entity, {}), entry.body["facts"])
        elif entry.kind == "disclosure" and entry.body["access"] == Access.SEEN:
            found = {entity: _opened(facts) for entity, facts in found.items()}
    return found


def _opened(facts: dict[str, Any]) -> dict[str, Any]:
    rested = (facts.get("closing") or {}).get("ground") == Ground.NO_ACCESS
    return {name: value for name, value in facts.items() if not (rested and name == "closing")}


def discovery(entries: Sequence[Entry]) -> dict[str, str]:
    """What the signals say of when it was known, the ways of knowing kept apart.

    `first_signal_time`: when the first one reached us. `should_have_known_at`: since when, by its own account, it had
    been going on, or since when strangers have read by the logs, which is taken as what diligence would have shown
    until a person records otherwise. `known_at`: when one of the workforce knew, by a person's report.
    """
    signals = [entry.body for entry in entries if entry.kind == "signal"]
    people = [_known_since(signal) for signal in signals if signal["source"] == "person"]
    read = [entry.body["first"] for entry in entries if entry.kind == "disclosure" and "first" in entry.body]
    found = {
        "first_signal_time": min((signal["received_at"] for signal in signals), key=datetime.fromisoformat),
        "should_have_known_at": min([*(each["earliest"] for each in signals), *read], key=datetime.fromisoformat),
    }
    return found | ({"known_at": min(people, key=datetime.fromisoformat)} if people else {})


def _known_since(signal: Mapping[str, Any]) -> str:
    return str((signal.get("hints") or {}).get("known_since") or signal["received_at"])


def who_knew(entries: Sequence[Entry]) -> list[dict[str, str]]:
    """To whom it was known first: a person by object id, or the monitoring that we run."""
    signals = [entry.body for entry in entries if entry.kind == "signal"]
    return [
        {"how": "known_at", "capacity": "workforce", "by": str(signal.get("actor") or "")}
        if signal["source"] == "person"
        else {"how": "first_signal_time", "capacity": "monitoring", "by": signal["source"]}
        for signal in signals[:5]
    ]


def parties(policy: Policy, entries: Sequence[Entry], register: Sequence[Agreement]) -> list[Party]:
    """Every reckoning that the incident needs, our own first."""
    facts = recorded(entries)
    own = {**facts[OWN], "discovery": discovery(entries) | (facts[OWN].get("discovery") or {})}
    since = effective(_plain(policy, own).read().knowledge).at
    bound = concerned(register, _targets(entries), since.date())
    named = [*_entities(bound, facts), *exposed(policy, entries)]
    others = [entity for entity in dict.fromkeys(named) if entity != OWN]
    associate = policy.entity.role == Role.BUSINESS_ASSOCIATE
    first = Party(
        entity=OWN,
        side=Side.WE,
        role=Role(policy.entity.role),
        zone=policy.entity.zone,
        facts=own,
        contracts=tuple(agreement for agreement in bound if not agreement.entity or not associate),
        law=not (associate and others),
        documents={"incident record": {"created": since.date().isoformat()}},
    )
    more = [party for entity in others for party in _apart(policy, entity, own, facts.get(entity, {}), bound)]
    return [first, *more]


def _plain(policy: Policy, facts: Mapping[str, Any]) -> Party:
    role = Role(policy.entity.role)
    return Party(entity=OWN, side=Side.WE, role=role, zone=policy.entity.zone, facts=facts)


def _entities(bound: Iterable[Agreement], facts: Mapping[str, Any]) -> list[str]:
    held = [agreement.entity for agreement in bound if agreement.kind is Kind.CUSTOMER]
    return list(dict.fromkeys([*held, *facts]))


def exposed(policy: Policy, entries: Iterable[Entry]) -> list[str]:
    """The covered entities that a finding names, whose objects were read, or of whom logs exclude nothing."""
    found: dict[str, None] = {}
    for entry in entries:
        if entry.kind == "finding" and entry.body["disposition"] == "contain":
            within = (ResourceId(target).climb(CONTAINER) for target in entry.body["targets"])
            found |= dict.fromkeys(name for each in within if each for name in holding(each, policy.covered_entities))
        elif entry.kind == "disclosure" and entry.body["access"] == Access.NOT_EXCLUDED:
            found |= dict.fromkeys(holding(ResourceId(entry.body["resource"]), policy.covered_entities))
        elif entry.kind == "disclosure":
            found |= dict.fromkeys(entry.body.get("entities") or ())
    return list(found)


def _apart(
    policy: Policy, entity: str, own: Mapping[str, Any], theirs: Mapping[str, Any], bound: Sequence[Agreement]
) -> list[Party]:
    """The reckonings at one covered entity: its own duty, and ours to it where we are its associate."""
    known = known_entity(policy, entity)
    zone = known.zone if known else policy.entity.zone
    flags = known.flags if known else ()
    shared = {name: own[name] for name in SHARED if name in own}
    if policy.entity.role != Role.BUSINESS_ASSOCIATE:
        apart = folded({**shared, "discovery": own["discovery"]}, theirs)
        return [Party(entity=entity, side=Side.WE, role=Role.COVERED_ENTITY, zone=zone, facts=apart, flags=flags)]
    contracts = tuple(agreement for agreement in bound if agreement.entity == entity)
    ours = folded(own, {name: value for name, value in theirs.items() if name not in NOT_SHARED})
    ours |= {"status": theirs["status"]} if "status" in theirs else {}
    told = _told(own, ours, agent=any(agreement.agent for agreement in contracts))
    heard = folded({**shared, "ba": told}, theirs)
    owed = Party(
        entity=entity,
        side=Side.WE,
        role=Role.BUSINESS_ASSOCIATE,
        zone=policy.entity.zone,
        facts=ours,
        contracts=contracts,
    )
    if not _heard(heard):
        return [owed]
    them = Party(entity=entity, side=Side.THEY, role=Role.COVERED_ENTITY, zone=zone, facts=heard, flags=flags)
    return [owed, them]


def _told(own: Mapping[str, Any], ours: Mapping[str, Any], *, agent: bool) -> dict[str, Any]:
    """What our own knowledge is to the customer: its discovery, if we are its agent; else our notice is."""
    instants = [said for how, said in own["discovery"].items() if how not in NOT_KNOWLEDGE]
    known = min(instants, key=datetime.fromisoformat)
    sent = [notice["sent_at"] for notice in ours.get("notices", ()) if notice["clock"] == "US-HIPAA-BA-CE"]
    notice = {"notice_received_at": min(sent, key=datetime.fromisoformat)} if sent else {}
    return {"agent": agent, "discovered_at": known} | notice


def _heard(facts: Mapping[str, Any]) -> bool:
    """Whether the customer counts as knowing: the incident is not discovered there before (164.404(a)(2))."""
    ba = facts.get("ba") or {}
    return bool(facts.get("discovery")) or bool(ba.get("agent")) or "notice_received_at" in ba


def known_entity(policy: Policy, entity: str) -> CoveredEntity | None:
    """The covered entity of the policy with that id."""
    return next((known for known in policy.covered_entities if known.id == entity), None)


def _targets(entries: Iterable[Entry]) -> list[str]:
    """The resources that the incident is about."""
    found = [target for entry in entries if entry.kind == "finding" for target in entry.body["targets"]]
    found += [resource for entry in entries if entry.kind == "signal" for resource in entry.body["resources"]]
    return list(dict.fromkeys(found))


def held(entries: Iterable[Entry]) -> list[str]:
    """The resources with PHI that the incident has exposed, or that records show to be at stake."""
    found = (entry.body for entry in entries if entry.kind == "finding" and entry.body["disposition"] == "contain")
    return list(dict.fromkeys(target for finding in found for target in finding["targets"]))


def local_today(policy: Policy, now: datetime) -> date:
    """The day it is for the entity."""
    return now.astimezone(ZoneInfo(policy.entity.zone)).date()
