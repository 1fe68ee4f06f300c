"""Steps carried out as production does: planned in a chain, run under a lease, told from the chain alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from cloud import Cloud
from drills.estate import Estate
from incident.entry import Draft, Entry
from incident.plan import Outcome, Plan, Step
from incident.resource import ResourceId
from incident.target import Before, Target
from ledger import Ledger
from responders import measures
from responders.approval import level
from responders.measure import Measure, Tier
from responders.progress import Progress, StepState
from responders.runner import Act, Pace, Runner, prior_draft
from tests.conftest import Ticking

QUICK = Pace(look=timedelta(milliseconds=1), looks=25)
READ, CONTAIN, DIRECTORY = Tier.READ.value, Tier.CONTAIN.value, Tier.DIRECTORY.value


class Crash(BaseException):
    """The process is gone: nobody catches this."""


@dataclass(frozen=True)
class Wish:
    """A measure on a resource (`{incident}` stands for the incident's id), and where in the plan."""

    measure: Measure
    resource: str
    wave: int = 1
    barrier: bool = False
    hold: str = ""
    round: int = 1
    parameters: Mapping[str, str] = field(default_factory=dict)

    def target(self, incident: str) -> Target:
        resource = ResourceId(self.resource.replace("{incident}", incident))
        return Target(resource=resource, incident=incident, parameters=self.parameters)

    def step(self, incident: str, before: Before) -> Step:
        measure = self.measure
        return Step(
            measure=measure.id,
            code=measure.code,
            title=measure.title,
            target=self.target(incident),
            wave=self.wave,
            approval=level(measure),
            recovery=measure.recovery,
            before=before.digest,
            barrier=self.barrier,
            round=self.round,
        )


@dataclass
class Line:
    """The doors, a clock, and the measures made for a test."""

    cloud: Cloud
    ledger: Ledger
    estate: Estate
    clock: Ticking
    pace: Pace = QUICK
    made: dict[str, Measure] = field(default_factory=dict)

    def by_id(self, name: str) -> Measure:
        return self.made.get(name) or measures.by_id(name)

    def make(self, measure: Measure, **changes: Any) -> Measure:
        """A measure made for the test; `changes` replace slots of the given one."""
        made = replace(measure, **changes)
        self.made[made.id] = made
        return made

    @property
    def runner(self) -> Runner:
        return Runner(self.cloud, self.ledger, now=self.clock, pace=self.pace, by_id=self.by_id)

    def grant(self, *wanted: Measure) -> None:
        """The identities may do what the cards declare and nothing else."""
        for measure in wanted:
            for permission in measure.permissions:
                self.estate.grant(permission.tier.value, permission.action)

    async def plan(self, *wishes: Wish) -> str:
        """A new incident whose chain holds the plan and the prior states; its id."""
        incident = f"t-{uuid4().hex[:10]}"
        await self.ledger.begin(incident, await self._drafts(incident, wishes), state={})
        return incident

    async def add(self, incident: str, *wishes: Wish) -> None:
        """A revision of the plan."""
        await self.ledger.append(incident, await self._drafts(incident, wishes))

    async def _drafts(self, incident: str, wishes: Sequence[Wish]) -> list[Draft]:
        self.grant(*(wish.measure for wish in wishes))
        priors = [await wish.measure.read(self.cloud, wish.target(incident)) for wish in wishes]
        steps = [wish.step(incident, before) for wish, before in zip(wishes, priors, strict=True)]
        rows = [
            {**step.as_row(), "class": "test", "hold": wish.hold, "why": wish.hold}
            for step, wish in zip(steps, wishes, strict=True)
        ]
        plan = Plan(revision=1, steps=tuple(steps))
        body = {"revision": 1, "hash": plan.hash, "policy": "p", "steps": rows}
        kept = (prior_draft(before, [step.key], self.clock()) for step, before in zip(steps, priors, strict=True))
        return [Draft(kind="plan", at=self.clock(), body=body), *kept]

    async def taken(self, incident: str) -> Act:
        """The incident in this process's hands, as its chain tells of it."""
        lease = await self.ledger.take(incident, "tests")
        return Act(progress=await self.told(incident), lease=lease)

    async def go(self, incident: str) -> Progress:
        """Run what may run; the progress as the chain tells it afterwards."""
        await self.runner.run(await self.taken(incident))
        return await self.told(incident)

    async def undo(self, incident: str, *keys: str) -> Progress:
        """A person asks for the undo of these steps, or of all; the progress afterwards."""
        wanted = list(keys) or list((await self.told(incident)).steps)
        await self.ledger.append(incident, [Draft(kind="undo", at=self.clock(), by="a person", body={"steps": wanted})])
        await self.runner.undo(await self.taken(incident))
        return await self.told(incident)

    async def told(self, incident: str) -> Progress:
        return Progress.of(incident, await self.entries(incident))

    async def entries(self, incident: str, *kinds: str) -> list[Entry]:
        chain = await self.ledger.chain(incident)
        whole = [replace(entry, body=await self.ledger.body(entry)) for entry in chain.entries]
        return [entry for entry in whole if not kinds or entry.kind in kinds]


@dataclass(frozen=True)
class Ended:
    """How one measure on one target ended."""

    line: Line
    incident: str
    state: StepState

    @property
    def contained(self) -> bool:
        return self.state.outcome is Outcome.CONTAINED

    @property
    def noop(self) -> bool:
        return self.state.outcome is Outcome.NOOP

    @property
    def unproved(self) -> bool:
        return self.state.outcome is Outcome.UNPROVED

    @property
    def refused(self) -> bool:
        return self.state.outcome is Outcome.REFUSED

    @property
    def why(self) -> str:
        return self.state.why

    async def entries(self, *kinds: str) -> list[Entry]:
        return await self.line.entries(self.incident, *kinds)


def only(states: Iterable[StepState]) -> StepState:
    [state] = states
    return state
