"""Facts read from JSON, in the form that `python -m compliance clocks` takes.

A field whose name is not known is not an error: the clocks are answered without it, and `Facts.unread` names it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from compliance.discovery import KNOWLEDGE, NOT_KNOWLEDGE, Knowledge
from compliance.facts import Contract, Document, Facts, Posture, Role, Statement
from compliance.fields import FactsInvalid, Reader, day, instant, text, truth, whole, word, zone
from compliance.holds import Hold
from compliance.rows import STATES, Unit

LONGEST_WINDOW = 3660
"""The most days or hours that a contract's window can have."""


def _knowledge(discovery: Reader) -> Iterator[Knowledge]:
    for key, at in discovery.table(instant, suffix=("_at", "_time")).items():
        if key not in NOT_KNOWLEDGE:
            yield Knowledge(how=KNOWLEDGE.get(key, key), at=at, said=discovery.must(key, text))


def _told(associate: Reader) -> Iterator[Knowledge]:
    """What a business associate's knowledge and notice mean for the entity it serves."""
    agent = associate.one("agent", truth, default=False)
    instants = {key: associate.one(key, instant, None) for key in _FROM_ASSOCIATE}
    for key, at in instants.items():
        if at and (agent or key == "notice_received_at"):
            yield Knowledge(how=_FROM_ASSOCIATE[key], at=at, said=associate.must(key, text))


_FROM_ASSOCIATE = {
    "discovered_at": "discovered by a business associate that is an agent",
    "should_have_known_at": "would have been known to a business associate that is an agent",
    "notice_received_at": "notice of a business associate received",
}


def _counts(affected: Reader) -> dict[str, int]:
    """Counts by State. A key that is no State's code ("unknown") counts for the total; a wrong code is refused."""
    counts = affected.table(whole)
    for key in counts:
        if re.fullmatch("[A-Za-z]{2}", key) and key not in STATES:
            raise FactsInvalid(affected.name(key), "is not a State or territory; use its postal code, or 'unknown'")
    return counts


def _hold(statement: Reader) -> Hold:
    hold = Hold(
        written=statement.must("type", word(Statement)) is Statement.WRITTEN,
        stated=statement.must("statement_date", day),
        asked=statement.one("release_date", day, None),
        scope=frozenset(statement.many("scope", text)) or frozenset({"US"}),
    )
    _check_release(hold, statement.name("release_date"))
    return hold


def _check_release(hold: Hold, name: str) -> None:
    if hold.written and hold.asked is None:
        raise FactsInvalid(name, "a written statement delays only for the time it specifies (45 CFR 164.412(a))")
    if hold.asked and hold.asked < hold.stated:
        raise FactsInvalid(name, "lies before the statement")


def _unit(value: object, name: str) -> Unit:
    unit = word(Unit)(value, name)
    if unit not in {Unit.HOUR, Unit.CALENDAR, Unit.BUSINESS}:
        raise FactsInvalid(name, "is none of hour, calendar, business")
    return unit


def _contract(window: Reader) -> Contract:
    return Contract(
        id=window.must("id", text),
        n=window.must("n", _window),
        unit=window.must("unit", _unit),
        trigger=window.one("trigger", text, "discovery"),
        breach_only=window.one("breach_only", truth, default=True),
        permits_delay=window.one("permits_le_delay", truth, default=False),
        zone=window.one("zone", zone, None),
        holidays=frozenset(window.many("holidays", day)) if "holidays" in window else None,
    )


def _documents(papers: Reader) -> Iterator[Document]:
    for name, paper in papers.table(papers.enter).items():
        created = paper.must("created", day)
        yield Document(name=name, created=created, last_effective=paper.one("last_effective", day, None))


def _unreadable(encryption: Reader) -> bool:
    sound = encryption.one("meets_guidance", truth, default=False)
    taken = encryption.one("key_compromised", truth, default=True)
    return sound and not taken


def _postures(value: object, name: str) -> Mapping[str, Posture]:
    if isinstance(value, dict):
        return Reader(value, name).table(word(Posture))
    return {"US": word(Posture)(value, name)}


def read_facts(raw: object) -> Facts:
    """The facts of one input object. Raises `FactsInvalid`, which names the field."""
    top = Reader(raw)
    role = top.must("role", word(Role))
    counts = _counts(top.inner("affected"))
    total = max(top.one("total", whole, 0), sum(counts.values()))
    substitute = top.inner("substitute")
    facts = Facts(
        zone=top.must("entity_zone", zone),
        role=role,
        knowledge=(*_knowledge(top.inner("discovery")), *_told(top.inner("ba"))),
        affected={state: n for state, n in counts.items() if state in STATES},
        total=total,
        part2=top.inner("part2").one("total", whole, total if role is Role.PART2_PROGRAM else 0),
        bad_contacts=substitute.one("bad_contacts", whole, 0),
        events=_events(top.inner("events"), substitute),
        holidays=frozenset(top.many("holidays", day)),
        holds=tuple(_hold(statement) for statement in _objects(top, "holds")),
        contracts=tuple(_contract(window) for window in _objects(top, "contracts")),
        documents=tuple(_documents(top.inner("documents"))),
        flags=frozenset(top.many("flags", text)),
        data=frozenset(top.many("data", text)) or Facts.data,
        unreadable=_unreadable(top.inner("encryption")),
        assessed_out=_assessed_out(top),
        postures=top.one("posture", _postures, {}),
        unread=top.unread(),
    )
    return _sound(facts)


def _objects(top: Reader, key: str) -> tuple[Reader, ...]:
    return top.many(key, top.enter)


def _events(events: Reader, substitute: Reader) -> dict[str, datetime]:
    posted = substitute.one("posted_at", instant, None)
    return events.table(instant) | ({"posted": posted} if posted else {})


def _assessed_out(top: Reader) -> bool:
    improbable = top.one("low_probability_documented", truth, default=False)
    excluded = [top.one(key, lambda value, _: bool(value), default=False) for key in _EXCLUSIONS]
    return improbable or any(excluded)


_EXCLUSIONS = ("exclusion", "exclusions", "exclusion_documented")
"""Where an exclusion of 164.402(1) may be stated: as true, by its name, or as a list of names."""


def _sound(facts: Facts) -> Facts:
    if not facts.knowledge:
        raise FactsInvalid("discovery", "no instant at which anyone who counts knew")
    if len({contract.id for contract in facts.contracts}) < len(facts.contracts):
        raise FactsInvalid("contracts", "two have the same id")
    return facts


def _window(value: object, name: str) -> int:
    n = whole(value, name)
    if n > LONGEST_WINDOW:
        raise FactsInvalid(name, f"is longer than {LONGEST_WINDOW}")
    return n
