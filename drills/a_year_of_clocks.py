"""A year under a fast clock: 200 incidents in every jurisdiction, several entities, and a timer that fails.

Real Azurite, production's own ledger and desk. The timer is down for hours and days, and some of its ticks break in
the middle of a write. What must hold at the end is reckoned here from the law alone: every rung that a clock had while
it stood was told, under one id and no other, and no deadline passed without every rung of its ladder.
"""

import random
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from cloud import Cloud
from compliance.engine import reckon
from compliance.reading import read_facts
from compliance.reckoning import Clock
from compliance.rows import STATES, Kind
from compliance.rulebook import shipped
from desk import clocks
from desk.facts import record_facts
from desk.parts import Parts
from desk.remind import remind
from drills.azurite import Azurite
from drills.result import Result, Step
from incident.entry import Draft
from incident.errors import TourniquetError
from incident.person import Person, Role
from incident.policy import Policy
from incident.settings import Settings
from ledger import Envelope, Ledger, LocalWrapping
from ledger.tables import together
from responders.runner import Runner

NAME = "a_year_of_clocks"
INCIDENTS = 200
START = datetime(2027, 1, 4, tzinfo=UTC)
END = datetime(2028, 1, 4, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
TICK = timedelta(days=1)
SOON = timedelta(minutes=5)
OFFICER = Person(id="officer", name="officer", roles=frozenset({Role.COMPLIANCE.value}))
ENTITIES = {
    "": "America/New_York",
    "north": "America/Anchorage",
    "south": "America/Puerto_Rico",
    "west": "Pacific/Guam",
}
REMINDER = "Tourniquet.Deadline.Reminder"
BEFORE = {"14d": 336, "7d": 168, "72h": 72, "24h": 24, "4h": 4}
"""The ladder once more, in hours before the deadline, so that production's own is not asked about itself."""

CLOCK: ContextVar[datetime] = ContextVar("CLOCK")
"""The instant of the event that is being lived: each incident that lives between two ticks has its own."""

type Tell = Callable[[Step], None]
type Rung = tuple[str, str, str, str]
"""Incident, clock, due instant, name."""


@dataclass(frozen=True)
class Headline:
    """What the terminal shows of this drill."""

    name: str = NAME
    title: str = "A year of clocks: 200 incidents in every jurisdiction, and a reminder timer that fails"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happens in the year."""

    at: datetime
    kind: str  # open, facts, met, tick, broken
    case: str = ""
    entity: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Version:
    """A clock as it stood from `since` until `until`."""

    clock: Clock
    since: datetime
    until: datetime | None = None


class Breaking:
    """A pipeline policy under the tables: when `left` writes have gone out, no more do."""

    def __init__(self) -> None:
        self.next: Any = None
        self.left: int | None = None

    async def send(self, request: Any) -> Any:
        """Pass it on, or break."""
        if self.left is not None and request.http_request.method != "GET":
            if self.left <= 0:
                raise OSError("the wire broke")
            self.left -= 1
        return await self.next.send(request)


def year(seed: int) -> list[Event]:
    """Everything that happens, in order."""
    chance = random.Random(seed)
    places = sorted(STATES)
    events = [event for n in range(INCIDENTS) for event in _life(chance, n, places)]
    return sorted([*events, *_ticks(chance)], key=lambda event: event.at)


def _life(chance: random.Random, n: int, places: list[str]) -> Iterator[Event]:
    """One incident: opened, counted once or twice, and its notices sent, mostly in time."""
    case = f"case-{n:03d}"
    opened = START + timedelta(minutes=chance.randrange(300 * 24 * 60), seconds=17)
    entity = list(ENTITIES)[n % len(ENTITIES)]
    states = sorted({places[n % len(places)], chance.choice(places)})
    yield Event(at=opened, kind="open", case=case)
    for days in (2, chance.randrange(3, 10))[: 1 + (n % 3 == 0)]:
        affected = {state: chance.choice((3, 260, 499, 500, 501, 1200)) for state in states}
        at = opened + timedelta(days=days, minutes=chance.randrange(600))
        yield Event(at=at, kind="facts", case=case, entity=entity, facts={"access": "seen", "affected": affected})
    sent = opened + timedelta(days=chance.choice((11, 14, 20, 28, 44, 61)), minutes=chance.randrange(600))
    yield Event(at=sent, kind="met", case=case)


def _ticks(chance: random.Random) -> Iterator[Event]:
    """The timer, with outages of up to six days and ticks that break and are followed by another."""
    at, down = START, START
    while at < END:
        at += TICK
        if chance.random() < 0.02:
            down = at + timedelta(hours=chance.randrange(12, 144))
        if at >= down:
            broken = chance.random() < 0.05
            if broken:
                yield Event(at=at - SOON, kind="broken")
            yield Event(at=at, kind="tick")


@dataclass
class Year:
    """The run, and what the law alone expects of it."""

    parts: Parts
    wire: Breaking
    chance: random.Random
    facts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    opened: dict[str, datetime] = field(default_factory=dict)
    versions: dict[tuple[str, str], list[Version]] = field(default_factory=lambda: defaultdict(list))
    met: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ticks: list[datetime] = field(default_factory=list)
    broken: int = 0

    async def lives(self, events: Iterable[Event]) -> None:
        """Everything in order; what happens between two ticks to different incidents happens side by side."""
        for timer, group in groupby(events, key=lambda event: not event.case):
            cases: dict[str, list[Event]] = defaultdict(list)
            for event in group:
                cases[event.case].append(event)
            await together(self._in_turn(own) for own in ([cases[""]] if timer else cases.values()))

    async def _in_turn(self, events: Iterable[Event]) -> None:
        for event in events:
            CLOCK.set(event.at)
            await self._happens(event)

    async def _happens(self, event: Event) -> None:
        match event.kind:
            case "open":
                await self.open(event.case)
            case "facts":
                await self.record(event)
            case "met":
                await self.send(event.case)
            case "broken":
                await self.breaks()
            case "tick":
                await remind(self.parts)
                self.ticks.append(event.at)

    async def open(self, case: str) -> None:
        """An exposure is signalled."""
        said = CLOCK.get().isoformat()
        signal = {
            "source": "sentinel",
            "kind": "x",
            "received_at": said,
            "earliest": said,
            "resources": [],
            "title": "",
        }
        finding = {"incident_class": "x", "disposition": "review", "reason": "", "targets": [], "exposed": True}
        drafts = [
            Draft(kind="signal", at=CLOCK.get(), body=signal),
            Draft(kind="finding", at=CLOCK.get(), body=finding),
        ]
        await self.parts.ledger.begin(case, drafts, state={})
        self.opened[case], self.facts[case] = CLOCK.get(), {"": {}}
        await clocks.start(self.parts, case)
        self._expect(case)

    async def record(self, event: Event) -> None:
        """Counts, at one entity."""
        entity = {"entity": event.entity} if event.entity else {}
        await record_facts(self.parts, OFFICER, event.case, {**entity, **event.facts})
        self.facts[event.case].setdefault(event.entity, {}).update(event.facts)
        self._expect(event.case)

    async def send(self, case: str) -> None:
        """Every notice of the case goes out."""
        running = [key for (of, key), versions in self.versions.items() if of == case and versions[-1].until is None]
        for entity in self.facts[case]:
            mine = [key for key in running if key.partition(">")[2] == entity]
            sent = [{"clock": key, "sent_at": CLOCK.get().isoformat(), "proof": "receipt"} for key in mine]
            named = {"entity": entity} if entity else {}
            await record_facts(self.parts, OFFICER, case, {**named, "notices": sent})
        self.met[case].update(running)
        self._expect(case)

    async def breaks(self) -> None:
        """A tick that ends in the middle of a write."""
        self.wire.left = self.chance.randrange(6)
        try:
            await remind(self.parts)
        except TourniquetError:
            self.broken += 1
        finally:
            self.wire.left = None

    def _expect(self, case: str) -> None:
        """What the law says now, against what it said before."""
        found = dict(self._reckoned(case))
        keys = {key for of, key in self.versions if of == case} | set(found)
        for key in keys:
            versions = self.versions[case, key]
            clock = found.get(key) if key not in self.met[case] else None
            last = versions[-1] if versions and versions[-1].until is None else None
            if last and clock and last.clock.due_at == clock.due_at:
                continue
            if last:
                last.until = CLOCK.get()
            if clock:
                versions.append(Version(clock=clock, since=CLOCK.get()))

    def _reckoned(self, case: str) -> Iterator[tuple[str, Clock]]:
        shared = {name: self.facts[case][""][name] for name in ("access",) if name in self.facts[case][""]}
        for entity, own in self.facts[case].items():
            facts = {**shared, **own}
            asked = {
                "entity_zone": ENTITIES[entity],
                "role": "covered_entity",
                "discovery": {"first_signal_time": self.opened[case].isoformat()},
                "affected": facts.get("affected", {}),
                **({} if "affected" in facts else {"total": 500}),
            }
            for clock in reckon(read_facts(asked), shipped()).clocks:
                if clock.kind is Kind.DEADLINE:
                    yield (f"{clock.id}>{entity}" if entity else clock.id), clock

    def expected(self) -> Counter[Rung]:
        """Every rung that was due while its clock stood and that a tick could still tell."""
        found: Counter[Rung] = Counter()
        for (case, key), versions in self.versions.items():
            for version in versions:
                for name, at in _ladder(version):
                    if name == "overdue-new" or self._tick(at) < (version.until or NEVER):
                        found[case, key, version.clock.due_at.isoformat(), name] = 1
        return found

    def _tick(self, at: datetime) -> datetime:
        """The first tick from then on that was not broken."""
        nth = bisect_left(self.ticks, at)
        return self.ticks[nth] if nth < len(self.ticks) else NEVER

    async def told(self) -> tuple[Counter[Rung], int]:
        """What a consumer that honours ids has heard, and how often it was told something again."""
        heard: dict[str, Rung] = {}
        again = 0
        notices = await together(self.parts.ledger.entries(case, "notice") for case in self.opened)
        for case, entries in zip(self.opened, notices, strict=True):
            for entry in entries:
                if entry.body["type"] == REMINDER:
                    said = entry.body["data"]
                    again += entry.body["id"] in heard
                    heard[entry.body["id"]] = (case, said["clock"], said["due_at"], said["rung"])
        return Counter(heard.values()), again


def _ladder(version: Version) -> Iterator[tuple[str, datetime]]:
    """The rungs after the version began, to the end of the year."""
    clock, since = version.clock, version.since
    at = {clock.start + (clock.due_at - clock.start) / 2: "half"}
    at |= {clock.due_at - timedelta(hours=hours): name for name, hours in BEFORE.items()}
    yield from ((name, when) for when, name in at.items() if max(clock.start, since) < when < clock.due_at)
    if clock.due_at <= since:
        yield "overdue-new", since
    overdue, day = clock.due_at, 1
    while overdue < min(version.until or NEVER, END + timedelta(days=1)):
        if overdue > since:
            yield f"overdue-{day}", overdue
        overdue, day = overdue + timedelta(days=1), day + 1


def policy() -> Policy:
    """One clinic with three more covered entities."""
    entities = [{"id": name, "name": name, "zone": zone} for name, zone in ENTITIES.items() if name]
    entity = {"name": "Clinic", "zone": ENTITIES[""], "role": "covered_entity"}
    return Policy.of({"version": 1, "entity": entity, "covered_entities": entities}).signed(["privacy", "security"])


async def play(tell: Tell, *, seed: int = 2027) -> Result:
    """The year, and whether everything held."""
    result = Result(name=NAME, incident_class="law")
    async with Azurite.run() as azurite:
        place, wire = azurite.connection_string, Breaking()
        settings = Settings(tables=place, evidence=place, anchors=place, policy="policy.yaml")
        ledger = await Ledger.open(settings, envelope=Envelope(LocalWrapping(bytes(32))), policies=[wire])
        cloud = Cloud(settings)
        try:
            lived = Year(_parts(settings, ledger, cloud), wire, random.Random(seed))
            await lived.lives(year(seed))
            for step in await _judged(lived):
                result.steps.append(step)
                tell(step)
        finally:
            await ledger.close()
            await cloud.close()
    return result


def _parts(settings: Settings, ledger: Ledger, cloud: Cloud) -> Parts:
    return Parts(
        settings=settings,
        policy=policy(),
        cloud=cloud,
        ledger=ledger,
        runner=Runner(cloud, ledger, now=CLOCK.get),
        now=CLOCK.get,
        new_id=lambda: "new",
        owner=lambda: "drill",
    )


async def _judged(lived: Year) -> list[Step]:
    expected, (told, again) = lived.expected(), await lived.told()
    missed, extra = expected - told, told - expected
    jurisdictions = {
        state for case in lived.facts.values() for own in case.values() for state in own.get("affected", ())
    }
    passed = sum(1 for _, _, _, name in told if name == "overdue-1")
    return [
        _step(
            "the year",
            f"{len(lived.opened)} incidents, {len(lived.versions)} clocks, {len(jurisdictions)} "
            f"jurisdictions, {len(lived.ticks)} ticks, {lived.broken} broken in a write",
            ok=lived.broken > 0,
        ),
        _step("no rung missed", f"{expected.total()} due, {missed.total()} missed {_some(missed)}", ok=not missed),
        _step(
            "none repeated",
            f"{again} came again under their ids, {extra.total()} under others {_some(extra)}",
            ok=not extra and max(told.values(), default=0) == 1,
        ),
        _step(
            "no deadline in silence", f"{passed} deadlines passed, each after every rung", ok=passed > 0 and not missed
        ),
    ]


def _some(rungs: Counter[Rung]) -> str:
    return ", ".join("/".join(rung) for rung in list(rungs)[:3])


def _step(name: str, told: str, *, ok: bool) -> Step:
    return Step(name=name, ok=ok, told=told)
