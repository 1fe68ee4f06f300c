"""One drill: a scenario played against the responder's own host, measured, and held to what must be so at its end."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from drills import commands, figures, prepared, rights_used, turns
from drills.attacker import Attacker
from drills.callers import APPROVERS, Answer
from drills.clinic_policy import ZONE
from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.wire import Json
from drills.flood import Flood
from drills.result import FellShortError, Result, Step
from drills.scenario import EventGrid, Scenario, Webhook, Word
from drills.stage import LATENCY, ROOT, Stage, standing
from drills.witness import Intent, Witness

type Tell = Callable[[Step], None]
type Trouble = Callable[[Estate], None]
type Told = tuple[str, datetime | None]

PATIENCE = timedelta(seconds=30)
LOOK = 0.02
LOOT = 5
"""How many objects are gone before anybody raises an alert."""
CAPTURES = ROOT / "build" / "drill"
FLOODED = timedelta(minutes=3)
"""How long all alerts around the one that matters may take."""
ANCHORED_LATER = "not anchored"
"""What `verify` says of entries whose anchor is still on its way: it is written beside what follows."""
UNSWEPT = {"AzureWebJobs.sweep.Disabled": "true"}
"""A drill tells of one matter: at a quarter of an hour the sweep would find what else is wrong in the clinic."""
TWO = "two approvers"
REMINDER = "Tourniquet.Deadline.Reminder"
LADDER = ("half", "14d", "7d", "72h", "24h", "4h", "overdue-1", "overdue-2")
"""The reminders of a duty of sixty days, up to one day after it was due."""


async def play(  # noqa: PLR0913 - each has its default
    scenario: Scenario,
    tell: Tell,
    *,
    patience: timedelta = PATIENCE,
    trouble: Trouble | None = None,
    captures: Path = CAPTURES,
    latency: timedelta = LATENCY,
) -> Result:
    """The scenario from the attack to the undo. `trouble` makes the estate ill before the signal comes.

    A longer `latency` tells reads side by side from reads one after another on a busy machine too.
    Left in `captures`: what went over the wire to Resource Manager, a pair to a line, and the host's log.
    """

    def settings(clinic: Clinic) -> Mapping[str, str]:
        return {**UNSWEPT, **scenario.settings(clinic)}

    setting = standing(latency=latency, settings_of=settings, policy_of=scenario.policy)
    async with setting as stage, Witness.of(stage.settings) as witness:
        drill = Drill(scenario, stage, witness, patience)
        try:
            await drill.run(tell, trouble)
        finally:
            _keep(stage, captures, scenario.name)
        if not drill.result.ok:
            stage.host.kill()
        return drill.result


@dataclass
class Drill:
    """The play of one scenario. Each step says what it found and when, or why it fell short."""

    scenario: Scenario
    stage: Stage
    witness: Witness
    patience: timedelta
    result: Result = field(init=False)
    attackers: list[Attacker] = field(default_factory=list)
    sent_at: datetime = field(init=False)
    said_at: datetime = field(init=False)
    intent: Intent | None = None
    incident: str = ""
    shown: Json = field(default_factory=dict)
    tasks: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    flood: Flood | None = None

    def __post_init__(self) -> None:
        """Nothing has been shown yet."""
        self.result = Result(name=self.scenario.name, incident_class=self.scenario.incident_class)

    async def run(self, tell: Tell, trouble: Trouble | None) -> None:
        """Every step in turn; the first that falls short ends the drill."""
        await self._prepared(trouble)
        opening: dict[str, Callable[[], Awaitable[Told]]] = {
            "intent": self.intended,
            "write acknowledged": self.acknowledged,
        }
        people: dict[str, Callable[[], Awaitable[Told]]] = {"approvals": self.decided}
        steps: dict[str, Callable[[], Awaitable[Told]]] = {
            "signal": self.signal,
            **(people | opening if self.scenario.held else opening | people),
            "first refusal": self.refused,
            "objects lost": self.lost,
            "verification": self.verified,
            **({"noise": self.noised} if self.scenario.noise else {}),
            **({"hunt": self.hunted} if self.scenario.hunted else {}),
            "entries and chain": self.chained,
            "clocks": self.clocked,
            "reminders": self.reminded,
            "undo": self.undone,
        }
        try:
            for name, act in steps.items():
                step = await self._step(name, act)
                self.result.steps.append(step)
                tell(step)
                if not step.ok:
                    await self._aftermath()
                    return
        finally:
            await self._over()

    async def _prepared(self, trouble: Trouble | None) -> None:
        self.scenario.before(self.stage.clinic)
        health = await self.stage.callers.health()
        if health.status != 200:
            raise RuntimeError(f"the responder is not fit to act: {health.body}")
        if trouble:
            trouble(self.stage.estate)

    async def _step(self, name: str, act: Callable[[], Awaitable[Told]]) -> Step:
        try:
            told, at = await act()
        except FellShortError as fault:
            return Step(name=name, ok=False, told=str(fault))
        return Step(name=name, ok=True, told=told, ms=self._since(at) if at else None)

    async def _aftermath(self) -> None:
        if self.incident:
            with suppress(FellShortError):
                await self._show()
                await self._rest(lambda _ends: True, "the incident goes on")

    async def _over(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    def _since(self, moment: datetime) -> float:
        return figures.milliseconds(moment - self.sent_at)

    # What happens

    async def signal(self) -> Told:
        """The attack, the attacker at work, and the signal on its way."""
        match self.scenario.signal:
            case Webhook(source=source, body=body):
                self._attack()
                await self._until(lambda: self._all_took(LOOT), "the attacker could take nothing")
                await self._flooded()
                posted, self.sent_at = body(self.stage.clinic), datetime.now(UTC)
                self.tasks["signal"] = asyncio.create_task(self.stage.callers.post_signal(source, posted))
                return f"{source.capitalize()} posts an incident while the attacker is at work", self.sent_at
            case EventGrid():
                self.stage.estate.subscribe_events(self.stage.host.url + self.stage.callers.event_grid)
                self.sent_at = datetime.now(UTC)
                self._attack()
                return "Event Grid tells of the attacker's write", self.sent_at

    def _attack(self) -> None:
        goes_on = self.scenario.attack(self.stage.clinic)
        ways = goes_on if isinstance(goes_on, Mapping) else {"": goes_on}
        self.attackers = [Attacker(take, way) for way, take in ways.items()]
        for attacker in self.attackers:
            self.tasks[f"attacker {attacker.way}"] = asyncio.create_task(attacker.until_refused())

    def _all_took(self, least: int) -> bool:
        return all(attacker.taken >= least for attacker in self.attackers)

    async def intended(self) -> Told:
        """An intent stands in the ledger."""
        if self.flood:
            await self._until(self.tasks["signal"].done, f"the webhook was not answered in {self._seconds}")
            answer = self.tasks["signal"].result()
            if not answer.body["incidents"]:
                raise FellShortError(f"no incident came of it: {answer.body}")
            self.incident = answer.body["incidents"][0]
        intents = await self._awaited(self._intents, "no intent was written")
        self.intent, self.incident = intents[0], intents[0].incident
        return f"«{self.intent.call}» stands in the ledger", self.intent.written

    async def acknowledged(self) -> Told:
        """Resource Manager has acknowledged the first write, which left after its intent was written."""
        write = await self._awaited(self._first_write, "Azure acknowledged no write")
        at, request = figures.ended(write), write["liveRequest"]
        if not self.intent or self.intent.written > figures.began(write):
            raise FellShortError("the write left before its intent was written")
        self.result.write_ack_ms = self._since(at)
        asked = self.said_at if self.scenario.held else self.sent_at
        meant = figures.concerning(self._exchanges, write) if self.flood else self._exchanges
        self.result.round_trips = figures.round_trips(meant, asked, write)
        told = f"{request['method']} {_name(write)}, {self.result.round_trips} round trips one after another"
        if self.result.round_trips > self.scenario.round_trips:
            raise FellShortError(f"{told}; at most {self.scenario.round_trips} are expected")
        return told, at

    async def _intents(self) -> list[Intent]:
        """Those of the incident, once it is known."""
        return [each for each in await self.witness.intents() if self.incident in ("", each.incident)]

    async def _first_write(self) -> figures.Exchange | None:
        ids = {intent.request_id for intent in await self._intents()}
        return figures.first_write(one for one in self._exchanges if figures.request_id(one) in ids)

    async def _flooded(self) -> None:
        """Half of the alerts around the one that matters are there, and the others come."""
        if not self.scenario.noise:
            return
        self.flood = Flood(self.stage.callers, self.scenario.noise.alerts(self.stage.clinic))
        self.tasks["flood"] = asyncio.create_task(self.flood.send())
        async with asyncio.timeout(FLOODED.total_seconds()):
            await self.flood.half.wait()

    async def decided(self) -> Told:
        """What waits for people waits; they say their words, and each closes those ways in that it should, no other."""
        self.incident = self.incident or (await self._awaited(self.witness.planned, "nothing was planned"))[0]
        try:
            await self._awaited(self._all_wait, "what waits for people is not what should")
        except FellShortError as fault:
            raise FellShortError(f"{fault}: {self._told}{self._why}") from fault
        later = {way for word in self.scenario.words for way in word.closes}
        if later:
            await self._closed({attacker.way for attacker in self.attackers} - later)
        self.said_at = datetime.now(UTC)
        for word in self.scenario.words:
            await (self._by_hand(word) if word.by_hand else self._say(word))
            later -= set(word.closes)
            await self._closed(set(word.closes), still_open=later)
        said = [f"{_verb(word)} {word.code}" for word in self.scenario.words]
        return "; ".join((f"{self._waited or 'nothing'} waits", *said)), datetime.now(UTC) if said else None

    @property
    def _waited(self) -> str:
        return ", ".join(f"{code} for {whom}" for code, whom in self.scenario.waits.items())

    async def _all_wait(self) -> bool:
        await self._show()
        return {action["code"]: action["approval"] for action in self._offered} == dict(self.scenario.waits)

    @property
    def _offered(self) -> list[Json]:
        return [action for action in self.shown["actions"] if action["held"] == "approval" and action["expires"]]

    async def _say(self, word: Word) -> None:
        await self._show()
        meant = [action for action in self._offered if action["code"] == word.code]
        two = word.approve and any(action["approval"] == TWO for action in meant)
        roles = APPROVERS if two else (next(iter(APPROVERS)),)  # one word is enough to reject
        for role in roles:
            hashes = [action["hash"] for action in meant]
            answer = await self.stage.callers.decide(self.incident, role, *hashes, approve=word.approve)
            if answer.status != 200:
                raise FellShortError(f"the word on {word.code} was answered with {answer.status}: {answer.body}")

    async def _by_hand(self, word: Word) -> None:
        """A person runs what was prepared; what it changes is theirs, and no undo brings it back."""
        answer = await self.stage.callers.preview(self.incident)
        meant = [action for action in answer.body["actions"] if action["code"] == word.code]
        commands = [command for action in meant for command in action["commands"]]
        if not commands:
            raise FellShortError(f"no command is prepared for {word.code}")
        estate, before = self.stage.estate, self.stage.estate.snapshot()
        for command in commands:
            prepared.carry_out(estate, command)
        changed = {name: state for name, state in estate.snapshot().items() if before.get(name) != state}
        self.stage.clinic.before |= changed

    async def _closed(self, ways: set[str], *, still_open: AbstractSet[str] = frozenset()) -> None:
        """The attacker is refused by these ways, and goes on by the others."""
        for way in sorted(ways):
            await self._until(self.tasks[f"attacker {way}"].done, f"the attacker was never refused by {way or 'it'}")
        early = [one.way for one in self.attackers if one.way in still_open and not one.take()]
        if early:
            raise FellShortError(f"closed before anything that should close it: {', '.join(early)}")

    async def refused(self) -> Told:
        """The attacker has been refused for the first time, by each of his ways."""
        for attacker in self.attackers:
            work = self.tasks[f"attacker {attacker.way}"]
            await self._until(work.done, f"the attacker was never refused{attacker.way and ' by ' + attacker.way}")
            work.result()
        told = "; ".join(map(self._turned_away, self.attackers))
        at = max(attacker.refused_at for attacker in self.attackers if attacker.refused_at)
        self.result.refused_ms = self._since(at)
        return told, at

    def _turned_away(self, attacker: Attacker) -> str:
        moments = (attacker.served_at, attacker.refused_at)
        served, refused = (f"{self._since(at):,.0f}" if at else "-" for at in moments)
        return f"{attacker.way or 'the attacker'}: served last at {served} ms, turned away at {refused} ms"

    async def lost(self) -> Told:
        """What the attacker got until then."""
        self.result.objects_lost = sum(attacker.taken for attacker in self.attackers)
        if not self._all_took(1):
            raise FellShortError("the attacker got nothing at all: there was no leak to stop")
        return f"{self.result.objects_lost} before the refusal", None

    # What must hold

    async def verified(self) -> Told:
        """Every step has ended as the scenario says, and the attacker still gets nothing."""
        if posted := self.tasks.get("signal"):
            await self._until(posted.done, f"the webhook was not answered in {self._seconds}")
            self._check_answer(posted.result())
        await self._rest(lambda ends: None not in ends, f"the incident did not come to rest in {self._seconds}")
        with suppress(FellShortError):  # where it stands is written when all has ended
            await self._rest(lambda _ends: self.shown["status"] == self.scenario.status, "it stands otherwise")
        told = self._told
        self.result.ended, self.result.waited = self.shown["status"], self._waited
        if self.shown["status"] != self.scenario.status or self._ends != self.scenario.ends:
            raise FellShortError(f"the incident is {self.shown['status']}: {told}{self._why}")
        if any(attacker.take() for attacker in self.attackers):
            raise FellShortError("the attacker is served again")
        return f"{told}; the attacker still gets nothing", _last(self.shown, "step")

    def _check_answer(self, answer: Answer) -> None:
        if answer.status != 202 or answer.body["incidents"] != [self.incident]:
            raise FellShortError(f"the webhook was answered with {answer.status}: {answer.body}")

    async def noised(self) -> Told:
        """Everything around it was taken in, few incidents came of it, and their steps have ended as they should."""
        noise, flood = self.scenario.noise, self.flood
        if not noise or not flood:
            return "none", None
        async with asyncio.timeout(FLOODED.total_seconds()):
            await self.tasks["flood"]
        if set(flood.answered) != {202}:
            raise FellShortError(f"alerts were answered with {dict(flood.answered)}")
        others = await self._awaited(self._others, "the incidents of the noise did not come to rest")
        ends = {(action["code"], action["outcome"] or action["held"]) for each in others for action in each["actions"]}
        told = ", ".join(f"{code} {end}" for code, end in sorted(ends))
        if len(others) > noise.incidents or ends != set(noise.steps.items()):
            raise FellShortError(f"{len(others)} incidents came of the noise: {told}")
        classes = sorted({each for other in others for each in other["classes"]})
        return f"{flood.answered.total():,} alerts became {len(others)} incidents ({', '.join(classes)}): {told}", None

    async def hunted(self) -> Told:
        """The time in which nobody was told has been hunted through, and what was found is an incident of its own."""
        hunt = await self._fired("hunt", self._hunt, "no hunt was made")
        told = f"{hunt.get('found', 'no')} finding(s) with the rule {hunt['rule']}"
        if hunt.get("found") != self.scenario.hunted:
            raise FellShortError(f"{told}, not {self.scenario.hunted}")
        others = await self._fired("signal", self._others, "what was found became no incident")
        if len(others) > 1:
            raise FellShortError(f"{told} became {len(others)} incidents")
        return f"{told}: {', '.join(others[0]['classes'])}, {others[0]['status']}", None

    async def _fired[T](self, kind: str, look: Callable[[], Awaitable[T | None]], otherwise: str) -> T:
        """The first thing seen, once work of the kind is due and the timer that takes it up has fired."""

        async def due() -> bool:
            return bool(await look()) or await self.witness.owed(kind)

        await self._awaited(due, otherwise)
        await self.stage.callers.fire("resume")
        return await self._awaited(look, otherwise)

    async def _hunt(self) -> Json | None:
        await self._show()
        return next((entry["body"] for entry in self.shown["entries"] if entry["kind"] == "hunt"), None)

    async def _others(self) -> list[Json] | None:
        """All incidents but the one that matters; None while one of them is in progress."""
        listed = (await self.stage.callers.incidents()).body["incidents"]
        found = [await self.stage.callers.incident(each["id"]) for each in listed if each["id"] != self.incident]
        shown = [each.body for each in found]
        return None if any(each["status"] == "in progress" for each in shown) else shown

    async def chained(self) -> Told:
        """Every write to Azure carries the id of an intent, and the chain holds against its anchors."""
        await self._heard()
        self._check_spared()
        kept = await self._verify(every=self.flood is not None)
        return "; ".join(("every write had its intent", *self._in_turn(), kept)), None

    def _check_spared(self) -> None:
        """No write names those whom nobody may touch."""
        written = [one["liveRequest"] for one in figures.writes(self._exchanges)]
        for word in self.scenario.spared:
            if any(word in str(request) for request in written):
                raise FellShortError(f"a write names {word}, which nobody may touch")

    def _in_turn(self) -> tuple[str, ...]:
        """What came one after another where the order counts, as the estate has kept it."""
        if fault := turns.fault(self.scenario.turns, self.stage.estate.exchanges):
            raise FellShortError(f"out of turn: {fault}")
        return (", then ".join(turn.name for turn in self.scenario.turns),) if self.scenario.turns else ()

    async def _heard(self) -> None:
        """Event Grid has told of every write, the responder's own among them."""
        await self._until(lambda: self.stage.estate.events.is_idle, "Event Grid could not deliver")

    async def _verify(self, *, every: bool = False) -> str:
        """What `verify` says of the incident's chain, or of every chain."""
        known = {intent.request_id for intent in await self.witness.intents()}
        unknown = [one for one in figures.writes(self._exchanges) if figures.request_id(one) not in known]
        if unknown:
            raise FellShortError(f"a write without an intent: {_name(unknown[0])}")
        which = () if every else ("--incident", self.incident)
        words = ("ledger", "verify", *which, "--trust", str(self.stage.trust))

        async def anchored() -> tuple[int, str] | None:
            status, said = await commands.run(self.stage.settings, *words)
            return None if ANCHORED_LATER in said else (status, said)

        status, said = await self._awaited(anchored, f"the chain's tail was not anchored in {self._seconds}")
        if status:
            raise FellShortError(said)
        return said

    async def clocked(self) -> Told:
        """The clocks that the scenario names run, from today, and the incident says whose data were read."""
        read = await self._exposed()
        due = {clock["clock"]: date.fromisoformat(clock["due"]) for clock in self.shown["clocks"]}
        today = self.sent_at.astimezone(ZoneInfo(ZONE)).date()
        told = ", ".join(f"{clock} {day}" for clock, day in sorted(due.items()))
        wrong = [
            clock
            for clock, days in self.scenario.clocks.items()
            if clock not in due or (days is not None and due[clock] != today + timedelta(days=days))
        ]
        if wrong or set(due) != set(self.scenario.clocks):
            raise FellShortError(f"the clocks are not those of the scenario: {told or 'none'}")
        return "; ".join((told, *read)), _last(self.shown, "clock")

    async def _exposed(self) -> list[str]:
        """How many objects of which covered entity were read, as the incident tells it once the logs have been."""

        async def told() -> bool:
            await self._show()
            return set(self.shown["exposed"]) == set(self.scenario.exposed)

        await self._awaited(told, "the incident does not name those whose data were read")
        return [f"{each['objects']} objects of {entity} were read" for entity, each in self.shown["exposed"].items()]

    async def reminded(self) -> Told:
        """Under a fast clock every reminder of the dated duties reached topic and chain, none skipped, none twice."""
        dated = {clock for clock, days in self.scenario.clocks.items() if days is not None}
        last = max(datetime.fromisoformat(c["due_at"]) for c in self.shown["clocks"] if c["clock"] in dated)
        until = (last + timedelta(days=1, minutes=1)).isoformat()
        status, said = await commands.run(self.stage.settings, "drills.fast_clock", "--until", until)
        if status:
            raise FellShortError(f"the fast clock broke: {said[-500:]}")
        await self._show()
        expected = Counter(f"{clock}/{rung}" for clock in dated for rung in LADDER)
        for where, found in (("topic", self._published()), ("chain", self._entered())):
            _compare(where, expected, found)
        return f"{expected.total()} by a fast clock, each once, through a downtime; at the topic and in the chain", None

    def _published(self) -> Counter[str]:
        told = (event for event in self.stage.estate.topic_events if event["type"] == REMINDER)
        return Counter(_rung(event) for event in told if event["data"]["incident"] == self.incident)

    def _entered(self) -> Counter[str]:
        notices = [entry["body"] for entry in self.shown["entries"] if entry["kind"] == "notice"]
        return Counter(_rung(body) for body in notices if body["type"] == REMINDER and body["published"])

    async def undone(self) -> Told:
        """A person undoes everything: the effective configuration is exactly what it was, and stays so."""
        answer = await self.stage.callers.undo(self.incident)
        agreed = {word.code for word in self.scenario.words if word.approve}
        if any(whom == TWO for code, whom in self.scenario.waits.items() if code in agreed):
            answer = await self.stage.callers.agree_to_undo(self.incident)
        if answer.status != 200:
            raise FellShortError(f"the undo was answered with {answer.status}: {answer.body}")
        await self._await_undone(f"not everything was undone in {self._seconds}")
        await self._heard()
        await self._await_undone("something was done again")
        before, after = self.stage.clinic.before, self.stage.estate.snapshot()
        kept = self._irreversible | await self._written_elsewhere({*before, *after})
        changed = sorted(each for each in {*before, *after} - kept if before.get(each) != after.get(each))
        if changed:
            raise FellShortError(f"not as it was: {', '.join(changed)}")
        self._check_rights()
        self.result.undo, self.result.stays = "restored exactly", self.scenario.stays
        stays = f"; {', '.join(self.scenario.stays)} cannot be taken back" if self.scenario.stays else ""
        return f"restored exactly, by a person{stays}; {await self._verify()}", _last(self.shown, "step")

    def _check_rights(self) -> None:
        """The identities that write used nothing that the measures which ran do not declare."""
        ran = {action["code"] for action in self.shown["actions"] if action["outcome"] not in (None, "noop")}
        rights = rights_used.compared(self.stage.estate, ran)
        self.result.permissions = str(rights)
        if rights.beyond:
            raise FellShortError(f"permissions: {rights}")

    @property
    def _irreversible(self) -> set[str]:
        """What was changed by steps that no undo takes back."""
        return {action["resource"].lower() for action in self.shown["actions"] if action["code"] in self.scenario.stays}

    async def _written_elsewhere(self, resources: AbstractSet[str]) -> set[str]:
        """What other incidents have written: it is theirs to undo."""
        ours = {intent.request_id for intent in await self._intents()}
        others = [one for one in figures.writes(self._exchanges) if figures.request_id(one) not in ours]
        urls = [str(one["liveRequest"]["url"]).lower() for one in others]
        return {each for each in resources if any(each in url for url in urls)} if self.flood else set()

    async def _await_undone(self, otherwise: str) -> None:
        """Every step that can be taken back is; those that cannot are the ones that the scenario names."""

        async def undone() -> bool:
            await self._show()
            ended = [action for action in self.shown["actions"] if action["outcome"] not in (None, "noop")]
            stays = {action["code"] for action in ended if action["outcome"] != "undone"}
            resting = self.shown["status"] != "in progress" and any(action["outcome"] == "undone" for action in ended)
            return resting and stays == set(self.scenario.stays)

        try:
            await self._awaited(undone, otherwise)
        except FellShortError as fault:
            raise FellShortError(f"{fault}: {self._told}{self._why}") from fault

    # How it is watched

    @property
    def _exchanges(self) -> tuple[figures.Exchange, ...]:
        """All that the responder has said to Resource Manager and to Graph."""
        return (*self.stage.estate.exchanges, *self.stage.estate.told_to_graph)

    @property
    def _seconds(self) -> str:
        return f"{self.patience.total_seconds():.0f} s"

    async def _show(self) -> None:
        answer = await self.stage.callers.incident(self.incident)
        if answer.status != 200:
            raise FellShortError(f"the incident was answered with {answer.status}: {answer.body}")
        self.shown, self.result.status = answer.body, answer.body["status"]

    @property
    def _told(self) -> str:
        return ", ".join(f"{code} {end}" for code, end in sorted(self._ends, key=str)) or "nothing is planned"

    @property
    def _why(self) -> str:
        reasons = "; ".join(action["why"] for action in self.shown.get("actions", []) if action["why"])
        return f" ({reasons})" if reasons else ""

    @property
    def _ends(self) -> set[tuple[str, str | None]]:
        """Each step by its code, with its outcome or else what holds it back; None while it goes on."""
        actions = self.shown.get("actions", [])
        return {(action["code"], action["outcome"] or action["held"] or None) for action in actions}

    async def _rest(self, ends: Callable[[set[str | None]], bool], otherwise: str) -> None:
        """The incident, shown once its steps have ended so."""

        async def rested() -> bool:
            await self._show()
            return self.shown["status"] != "in progress" and ends({end for _, end in self._ends})

        await self._awaited(rested, otherwise)

    async def _until(self, so: Callable[[], bool], otherwise: str) -> None:
        async def looked() -> bool:
            return so()

        await self._awaited(looked, otherwise)

    async def _awaited[T](self, look: Callable[[], Awaitable[T | None]], otherwise: str) -> T:
        """The first thing seen that is not empty. Falls short when patience ends."""
        try:
            async with asyncio.timeout(self.patience.total_seconds()):
                while not (seen := await look()):  # noqa: ASYNC110 - what is looked at is another process's
                    await asyncio.sleep(LOOK)
        except TimeoutError as fault:
            raise FellShortError(otherwise) from fault
        return seen


def _verb(word: Word) -> str:
    if word.by_hand:
        return "carried out"
    return "approved" if word.approve else "rejected"


def _keep(stage: Stage, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stage.estate.write_pairs(folder / f"{name}.jsonl")
    (folder / f"{name}.log").write_text(stage.host.output)


def _rung(event: Json) -> str:
    return f"{event['data']['clock']}/{event['data']['rung']}"


def _compare(where: str, expected: Counter[str], found: Counter[str]) -> None:
    if missing := sorted(expected - found):
        raise FellShortError(f"never reached the {where}: {', '.join(missing)}")
    if more := sorted(found - expected):
        raise FellShortError(f"reached the {where} too often: {', '.join(more)}")


def _name(exchange: figures.Exchange) -> str:
    return str(exchange["liveRequest"]["url"]).partition("?")[0].rpartition("/")[2]


def _last(shown: Json, kind: str) -> datetime:
    return max(datetime.fromisoformat(entry["at"]) for entry in shown["entries"] if entry["kind"] == kind)
