"""One trial: a scenario from the attack to the undo, with a host that may be killed at one point of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from signal import SIGKILL, Signals
from tempfile import TemporaryDirectory
from typing import Self

import aiohttp

from drills import clinic_policy, prepared, rights
from drills.azurite import Azurite
from drills.callers import APPROVERS, Answer, Callers
from drills.chaos.hosts import Forked
from drills.chaos.points import STRAYS, Passage, Point
from drills.estate import Estate
from drills.estate.activity import event_of
from drills.estate.clinic import Clinic
from drills.estate.wire import Json
from drills.estate.world import NOTHING, Delays
from drills.host import Keys
from drills.scenario import EventGrid, Scenario, Webhook, Word
from incident.settings import Settings
from ledger import Ledger, Work
from ledger.rows import HEAD, LEASE, Lease
from ledger.tables import Row

type Ask = Callable[[], Awaitable[Answer | None]]

SLOW = ("latency", "blobs", "rules", "delegations", "roles", "operation", "poll")
AT_ONCE = Delays(**dict.fromkeys(SLOW, NOTHING))
DRIVEN = ("signal", "incident", "hunt")
"""Open work that nobody need be waited for."""
LOOK, LOOKS = 0.02, 500
TURNS, TURN = 60, 0.2
STILL = 2
"""Turns of the timer in which nothing moves: what is left then waits for people."""
RESUMED = "Executed 'Functions.resume'"


class StuckError(RuntimeError):
    """It did not come to rest."""


@dataclass
class Ground:
    """What all trials share: Azurite, an account of it for each, and the policy that the clinic has signed."""

    azurite: Azurite
    folder: Path
    signed: Mapping[str, str]

    @classmethod
    @asynccontextmanager
    async def of(cls, trials: int) -> AsyncIterator[Self]:
        """Ground for so many trials."""
        with TemporaryDirectory(prefix="chaos-") as name:
            folder = Path(name)
            async with Azurite.run(spare=trials) as azurite:
                yield cls(azurite, folder, await clinic_policy.signed_in(folder))

    @property
    def trust(self) -> Path:
        """The public key that anchors are signed with."""
        return self.folder / "anchors.pub"

    def storage(self) -> dict[str, str]:
        """The settings of storage that nobody has used."""
        names = ("AzureWebJobsStorage", "TOURNIQUET_TABLES", "TOURNIQUET_EVIDENCE")
        return dict.fromkeys(names, self.azurite.fresh().connection_string)


@dataclass
class Trial:
    """A stage of its own, and the hosts on it: the first may have a fault, those after it have none."""

    scenario: Scenario
    folder: Path
    estate: Estate
    clinic: Clinic
    settings: dict[str, str]
    session: aiohttp.ClientSession
    ledger: Ledger
    hosts: AsyncExitStack
    keys: Keys = field(default_factory=Keys)
    started: list[Forked] = field(default_factory=list)
    told: dict[str, Json] = field(default_factory=dict)
    patient: bool = False
    by_hand: set[str] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def on(cls, ground: Ground, scenario: Scenario, *, patient: bool = False) -> AsyncIterator[Self]:
        """A trial on the ground. `patient`: after a crash the timer comes before those who ask again."""
        async with Estate.serve(delays=AT_ONCE) as estate, AsyncExitStack() as hosts:
            folder = Path(hosts.enter_context(TemporaryDirectory(dir=ground.folder)))
            rights.grant(estate)
            clinic = Clinic(estate)
            settings = estate.environment() | dict(ground.signed) | ground.storage() | dict(scenario.settings(clinic))
            session = await hosts.enter_async_context(aiohttp.ClientSession())
            ledger = await Ledger.open(Settings.read(settings))
            hosts.push_async_callback(ledger.close)
            yield cls(scenario, folder, estate, clinic, settings, session, ledger, hosts, patient=patient)

    # Its hosts

    async def start(
        self, fault: Point | None = None, *, strike: Signals = SIGKILL, skew: timedelta = NOTHING
    ) -> Forked:
        """One more host, to which everybody turns from now on."""
        name = f"host{len(self.started)}"
        host = Forked(self.settings, self.folder, keys=self.keys, name=name, fault=fault, strike=strike, skew=skew)
        self.started.append(await self.hosts.enter_async_context(host))
        return host

    @property
    def host(self) -> Forked:
        """The host of now."""
        return self.started[-1]

    @property
    def callers(self) -> Callers:
        """Everybody who calls it."""
        return Callers(self.host, self.estate, self.session)

    @property
    def passage(self) -> Passage:
        """Where the first host came to, by the doors."""
        return Passage.of(self.started[0].points)

    @property
    def was_killed(self) -> bool:
        """Whether the first host came to its fault."""
        return self.started[0].is_dead

    @property
    def strays(self) -> list[str]:
        """What passed no door."""
        return [point.name for host in self.started for point in host.points if point.side == STRAYS]

    # What happens

    async def run(self, fault: Point | None = None) -> None:
        """Everything that is asked of the responder, each until it is answered; between them it comes to rest."""
        self.scenario.before(self.clinic)
        await self.start(fault)
        self.scenario.attack(self.clinic)
        signal = self.scenario.signal
        await self.insist(self._posted(signal) if isinstance(signal, Webhook) else self._tell)
        for word in self.scenario.words:
            for ask in self._spoken(word):
                await self.insist(ask)
        if isinstance(signal, EventGrid):
            await self.insist(self._tell)
        for ask in (self.undo, self._agree_to_undo):
            await self.insist(ask)

    def _spoken(self, word: Word) -> list[Ask]:
        if word.by_hand:
            return [partial(self._by_hand, word)]
        return [partial(self._say, word, role) for role in APPROVERS]

    def _posted(self, signal: Webhook) -> Ask:
        body = signal.body(self.clinic)

        async def post() -> Answer:
            return await self.callers.post_signal(signal.source, body)

        return post

    async def _tell(self) -> Answer | None:
        """Event Grid delivers what it has not, the responder's own writes among it."""
        records = [record for record in self.estate.log.records if record["eventDataId"] not in self.told]
        for record in records:
            event = event_of(record) | {"id": record["eventDataId"]}
            answer = await self.callers.deliver_events(event)
            if answer.status >= 300:
                return answer
            self.told[record["eventDataId"]] = event
        return None

    async def _say(self, word: Word, role: str) -> Answer:
        """An approver's word on what waits for it; where it has been said already, nothing waits."""
        incident = await self.incident()
        shown = await self.callers.incident(incident)
        actions = shown.body["actions"] if shown.status == 200 else []
        waits = [one["hash"] for one in actions if one["code"] == word.code and one["held"] == "approval"]
        return await self.callers.decide(incident, role, *waits, approve=word.approve) if waits else shown

    async def _by_hand(self, word: Word) -> Answer:
        """A person runs what was prepared, each command once."""
        answer = await self.callers.preview(await self.incident())
        actions = answer.body["actions"] if answer.status == 200 else []
        commands = {command for one in actions if one["code"] == word.code for command in one["commands"]}
        for command in sorted(commands - self.by_hand):
            prepared.carry_out(self.estate, command)
        self.by_hand |= commands
        return answer

    async def undo(self) -> Answer:
        """A person takes everything back."""
        return await self.callers.undo(await self.incident())

    async def _agree_to_undo(self) -> Answer:
        """The owner takes back what two have approved; where one was enough, nothing is left to take back."""
        return await self.callers.agree_to_undo(await self.incident())

    async def incident(self) -> str:
        """The first incident. StuckError when there is none, or one besides that no hunt was to open."""
        found = await self.ledger.newest()
        if not 1 <= len(found) <= 1 + bool(self.scenario.hunted):
            raise StuckError(f"{len(found)} incidents")
        return found[-1].incident

    async def insist(self, ask: Ask) -> None:
        """Ask until it is answered, of a new host where the old one has died; then let it come to rest."""
        self.host.mark()
        while not await self._answered(ask):
            await self._revived()
            if self.patient:
                await self.rest()
        self.host.mark()
        await self.rest()

    async def _answered(self, ask: Ask) -> bool:
        try:
            answer = await ask()
        except (aiohttp.ClientError, TimeoutError):
            await self.host.ended()
            return False
        return answer is None or answer.status < 500

    async def _revived(self) -> None:
        if self.host.is_dead:
            await self.start()

    async def rest(self) -> None:
        """Nothing is left that could go on by itself, or all of it waits for people. Time passes for what waits."""
        still = 0
        for _ in range(TURNS):
            left = await self.owed()
            if not left or still == STILL:
                return
            await self._revived()
            await self._hours_pass(left)
            before = await self._heads()
            await self._resumed()
            moves = (
                await self._in_hand() or await self._heads() != before or any(work.kind == "signal" for work in left)
            )
            still = 0 if moves else still + 1
            await asyncio.sleep(TURN if moves else 0)
        raise StuckError(f"left undone: {', '.join(f'{work.kind} {work.incident}' for work in left)}")

    async def owed(self) -> list[Work]:
        """The open work that goes on by itself."""
        rows = [Work.of(row) async for row in self.ledger.tables.query("work", "")]
        return [work for work in rows if work.kind in DRIVEN]

    async def _heads(self) -> list[int]:
        """How long each chain is."""
        return [row["sequence"] async for row in self.ledger.tables.query("entries", f"RowKey eq '{HEAD}'")]

    async def _in_hand(self) -> bool:
        """Whether a host is at work on an incident."""
        return any([row["owner"] async for row in self.ledger.tables.query("entries", f"RowKey eq '{LEASE}'")])

    async def _resumed(self) -> None:
        """The timer has fired and run, or the host has died of it."""
        ran = self.host.told(RESUMED)
        with suppress(aiohttp.ClientError):
            await self.callers.fire("resume")
        for _ in range(LOOKS):
            if self.host.is_dead or self.host.told(RESUMED) > ran:
                return
            await asyncio.sleep(LOOK)

    async def _hours_pass(self, left: list[Work]) -> None:
        """All that is left is due, and the leases of those who died have run out."""
        for work in left:
            due = min(work.due, datetime.now(UTC) - timedelta(minutes=1))
            past = Work(incident=work.incident, kind=work.kind, due=due, body=work.body)
            await self.ledger.settle(work.id, then=past)
        await self.leases_lapse(self.started)

    async def leases_lapse(self, hosts: Iterable[Forked]) -> None:
        """A minute and a half has passed, for the leases of all but those of the hosts that live."""
        living = {str(host.pid) for host in hosts if not host.is_dead}
        async for row in self.ledger.tables.query("entries", f"RowKey eq '{LEASE}'"):
            if row["owner"] and row["owner"].split(":")[1] not in living:
                await self.ledger.release(_lease(row))


def _lease(row: Row) -> Lease:
    return Lease(incident=row["PartitionKey"], owner=row["owner"], term=row["term"], etag=row.etag, until=0)
