"""Facts about one incident at one entity, read from JSON and checked field by field.

A field whose name is not known is not an error: the clocks are answered without it, and `Facts.unread` names it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from compliance.discovery import KNOWLEDGE, NOT_KNOWLEDGE, Knowledge, effective
from compliance.holds import Hold
from compliance.rows import STATES, Unit

YEARS = range(1990, 2201)
"""Years in which an instant or a date can lie; anything else is a slip of the pen."""


LONGEST_WINDOW = 3660
"""The most days or hours that a contract's window can have."""


class FactsInvalid(ValueError):  # noqa: N818 - the errors of this tree are named for what happened
    """Facts that cannot be read; the message names the field and repeats no value."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.field = name


class Role(StrEnum):
    """What the entity is in this incident."""

    COVERED_ENTITY = "covered_entity"
    BUSINESS_ASSOCIATE = "business_associate"
    PART2_PROGRAM = "part2_program"
    PHR_VENDOR = "phr_vendor"
    PHR_SERVICE_PROVIDER = "phr_service_provider"


class Statement(StrEnum):
    """The form of a law-enforcement statement."""

    WRITTEN = "written"
    ORAL = "oral"


class Posture(StrEnum):
    """Whether State dates are shown although HIPAA may replace them, or counsel relies on the State's clause."""

    CONSERVATIVE = "conservative"
    DEEMED = "deemed"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """A window that a contract gives, with its own trigger, zone and holidays (None: those of the facts).

    `breach_only` contracts ask for breaches of unsecured PHI; others for every incident.
    """

    id: str
    n: int
    unit: Unit
    trigger: str = "discovery"
    breach_only: bool = True
    permits_delay: bool = False
    zone: ZoneInfo | None = None
    holidays: frozenset[date] | None = None


@dataclass(frozen=True, kw_only=True)
class Document:
    """Documentation that must be kept: when it was made, and when it last was in effect."""

    name: str
    created: date
    last_effective: date | None = None

    @property
    def since(self) -> date:
        """The later of the two (45 CFR 164.530(j)(2), 164.316(b)(2)(i))."""
        return max(self.created, self.last_effective or self.created)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known. Counts are of persons; `affected` is by State, `total` includes those of no known State.

    `unreadable`: encrypted as HHS guidance asks and the key known to be safe; an unknown key is no safe key.
    `assessed_out`: an exclusion of 164.402(1) or a documented low probability of compromise.
    `postures` is by State; "US" is the one for all others.
    """

    zone: ZoneInfo
    role: Role
    knowledge: tuple[Knowledge, ...]
    affected: Mapping[str, int]
    total: int
    part2: int = 0
    bad_contacts: int = 0
    events: Mapping[str, datetime] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    holds: tuple[Hold, ...] = ()
    contracts: tuple[Contract, ...] = ()
    documents: tuple[Document, ...] = ()
    flags: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset({"medical"})
    unreadable: bool = False
    assessed_out: bool = False
    postures: Mapping[str, Posture] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def discovery(self) -> Knowledge:
        """The effective discovery."""
        return effective(self.knowledge)

    def posture(self, state: str) -> Posture:
        """Counsel's choice for the State."""
        return self.postures.get(state, self.postures.get("US", Posture.CONSERVATIVE))


class Reader:
    """One JSON object, read field by field; it knows where it stands and which of its fields nobody asked for."""

    def __init__(self, raw: object, at: str = "") -> None:
        if not isinstance(raw, dict):
            raise FactsInvalid(at or "input", "an object is needed")
        self.at = at
        self._raw = {key: value for key, value in raw.items() if value is not None}
        self._asked: set[str] = set()
        self._inner: list[Reader] = []

    def name(self, key: str) -> str:
        """The field's name, from the top of the input."""
        return f"{self.at}.{key}" if self.at else key

    def must[T](self, key: str, read: Callable[[Any, str], T]) -> T:
        """A field that has to be there."""
        if key not in self._raw:
            raise FactsInvalid(self.name(key), "is missing")
        self._asked.add(key)
        return read(self._raw[key], self.name(key))

    def one[T](self, key: str, read: Callable[[Any, str], T], default: T) -> T:
        """A field, or the default where it is absent or null."""
        return self.must(key, read) if key in self._raw else default

    def table[T](self, read: Callable[[Any, str], T], suffix: str | tuple[str, ...] = "") -> dict[str, T]:
        """Every field, or every one whose name ends so."""
        return {key: self.must(key, read) for key in self._raw if key.endswith(suffix)}

    def many[T](self, key: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
        """The entries of a list; none where it is absent."""
        entries: list[Any] = self.one(key, _list, [])
        return tuple(read(entry, f"{self.name(key)}[{place}]") for place, entry in enumerate(entries))

    def inner(self, key: str) -> "Reader":
        """An object within; an empty one where it is absent."""
        self._asked.add(key)
        return self.enter(self._raw.get(key, {}), self.name(key))

    def enter(self, raw: object, at: str) -> "Reader":
        """An object within that stands at another place, such as the entry of a list."""
        self._inner.append(Reader(raw, at))
        return self._inner[-1]

    def unread(self) -> tuple[str, ...]:
        """The fields nobody asked for, at any depth."""
        own = (self.name(key) for key in self._raw if key not in self._asked)
        return (*own, *(name for reader in self._inner for name in reader.unread()))

    def __contains__(self, key: str) -> bool:
        return key in self._raw


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise FactsInvalid(name, "a text is needed")
    return value


def _count(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise FactsInvalid(name, "a whole number, zero or more, is needed")
    return value


def _window(value: object, name: str) -> int:
    n = _count(value, name)
    if n > LONGEST_WINDOW:
        raise FactsInvalid(name, f"is longer than {LONGEST_WINDOW}")
    return n


def _truth(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise FactsInvalid(name, "true or false is needed")
    return value


def _zone(value: object, name: str) -> ZoneInfo:
    key = _text(value, name)
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError) as unknown:
        raise FactsInvalid(name, "is not an IANA time zone such as America/New_York") from unknown


def _instant(value: object, name: str) -> datetime:
    text = _text(value, name)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise FactsInvalid(name, "an instant such as 2026-03-02T10:00:00-05:00 is needed") from wrong
    if instant.tzinfo is None:
        raise FactsInvalid(name, "an instant needs its offset from UTC, such as -05:00 or Z")
    _within(instant.year, name)
    return instant


def _day(value: object, name: str) -> date:
    text = _text(value, name)
    try:
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise FactsInvalid(name, "a date such as 2026-03-02 is needed") from wrong
    _within(day.year, name)
    return day


def _within(year: int, name: str) -> None:
    if year not in YEARS:
        raise FactsInvalid(name, f"the year must lie in {YEARS.start} to {YEARS.stop - 1}")


def _word[E: StrEnum](words: type[E]) -> Callable[[object, str], E]:
    def read(value: object, name: str) -> E:
        word = _text(value, name)
        try:
            return words(word)
        except ValueError as unknown:
            raise FactsInvalid(name, f"is none of {', '.join(words)}") from unknown

    return read


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise FactsInvalid(name, "a list is needed")
    return value


def _knowledge(discovery: Reader) -> Iterator[Knowledge]:
    for key, at in discovery.table(_instant, suffix=("_at", "_time")).items():
        if key not in NOT_KNOWLEDGE:
            yield Knowledge(how=KNOWLEDGE.get(key, key), at=at, said=discovery.must(key, _text))


def _told(associate: Reader) -> Iterator[Knowledge]:
    """What a business associate's knowledge and notice mean for the entity it serves."""
    agent = associate.one("agent", _truth, default=False)
    instants = {key: associate.one(key, _instant, None) for key in _FROM_ASSOCIATE}
    for key, at in instants.items():
        if at and (agent or key == "notice_received_at"):
            yield Knowledge(how=_FROM_ASSOCIATE[key], at=at, said=associate.must(key, _text))


_FROM_ASSOCIATE = {
    "discovered_at": "discovered by a business associate that is an agent",
    "should_have_known_at": "would have been known to a business associate that is an agent",
    "notice_received_at": "notice of a business associate received",
}


def _counts(affected: Reader) -> dict[str, int]:
    """Counts by State. A key that is no State's code ("unknown") counts for the total; a wrong code is refused."""
    counts = affected.table(_count)
    for key in counts:
        if re.fullmatch("[A-Za-z]{2}", key) and key not in STATES:
            raise FactsInvalid(affected.name(key), "is not a State or territory; use its postal code, or 'unknown'")
    return counts


def _hold(statement: Reader) -> Hold:
    hold = Hold(
        written=statement.must("type", _word(Statement)) is Statement.WRITTEN,
        stated=statement.must("statement_date", _day),
        asked=statement.one("release_date", _day, None),
        scope=frozenset(statement.many("scope", _text)) or frozenset({"US"}),
    )
    _check_release(hold, statement.name("release_date"))
    return hold


def _check_release(hold: Hold, name: str) -> None:
    if hold.written and hold.asked is None:
        raise FactsInvalid(name, "a written statement delays only for the time it specifies (45 CFR 164.412(a))")
    if hold.asked and hold.asked < hold.stated:
        raise FactsInvalid(name, "lies before the statement")


def _unit(value: object, name: str) -> Unit:
    unit = _word(Unit)(value, name)
    if unit not in {Unit.HOUR, Unit.CALENDAR, Unit.BUSINESS}:
        raise FactsInvalid(name, "is none of hour, calendar, business")
    return unit


def _contract(window: Reader) -> Contract:
    return Contract(
        id=window.must("id", _text),
        n=window.must("n", _window),
        unit=window.must("unit", _unit),
        trigger=window.one("trigger", _text, "discovery"),
        breach_only=window.one("breach_only", _truth, default=True),
        permits_delay=window.one("permits_le_delay", _truth, default=False),
        zone=window.one("zone", _zone, None),
        holidays=frozenset(window.many("holidays", _day)) if "holidays" in window else None,
    )


def _documents(papers: Reader) -> Iterator[Document]:
    for name, paper in papers.table(papers.enter).items():
        created = paper.must("created", _day)
        yield Document(name=name, created=created, last_effective=paper.one("last_effective", _day, None))


def _unreadable(encryption: Reader) -> bool:
    sound = encryption.one("meets_guidance", _truth, default=False)
    taken = encryption.one("key_compromised", _truth, default=True)
    return sound and not taken


def _postures(value: object, name: str) -> Mapping[str, Posture]:
    if isinstance(value, dict):
        return Reader(value, name).table(_word(Posture))
    return {"US": _word(Posture)(value, name)}


def read_facts(raw: object) -> Facts:
    """The facts of one input object. Raises `FactsInvalid`, which names the field."""
    top = Reader(raw)
    role = top.must("role", _word(Role))
    counts = _counts(top.inner("affected"))
    total = max(top.one("total", _count, 0), sum(counts.values()))
    substitute = top.inner("substitute")
    facts = Facts(
        zone=top.must("entity_zone", _zone),
        role=role,
        knowledge=(*_knowledge(top.inner("discovery")), *_told(top.inner("ba"))),
        affected={state: n for state, n in counts.items() if state in STATES},
        total=total,
        part2=top.inner("part2").one("total", _count, total if role is Role.PART2_PROGRAM else 0),
        bad_contacts=substitute.one("bad_contacts", _count, 0),
        events=_events(top.inner("events"), substitute),
        holidays=frozenset(top.many("holidays", _day)),
        holds=tuple(_hold(statement) for statement in _objects(top, "holds")),
        contracts=tuple(_contract(window) for window in _objects(top, "contracts")),
        documents=tuple(_documents(top.inner("documents"))),
        flags=frozenset(top.many("flags", _text)),
        data=frozenset(top.many("data", _text)) or Facts.data,
        unreadable=_unreadable(top.inner("encryption")),
        assessed_out=_assessed_out(top),
        postures=top.one("posture", _postures, {}),
        unread=top.unread(),
    )
    return _sound(facts)


def _objects(top: Reader, key: str) -> tuple[Reader, ...]:
    return top.many(key, top.enter)


def _events(events: Reader, substitute: Reader) -> dict[str, datetime]:
    posted = substitute.one("posted_at", _instant, None)
    return events.table(_instant) | ({"posted": posted} if posted else {})


def _assessed_out(top: Reader) -> bool:
    improbable = top.one("low_probability_documented", _truth, default=False)
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
