"""The campaign: every scenario undisturbed, then once more for each point of it, with the host killed there."""

import asyncio
import math
import random
import shutil
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import batched
from typing import Any, Self

from drills.chaos.kept import Kept, Struck
from drills.chaos.points import Point
from drills.chaos.record import Left, left
from drills.chaos.trial import Ground, StuckError, Trial
from drills.host import HostFailedError
from drills.scenario import Scenario
from drills.stage import ROOT
from incident.errors import LedgerUnavailable

LOGS = ROOT / "build" / "chaos"
AT_ONCE = 3
"""Trials side by side: they wait more than they work."""
ROOM = 400
"""Trials on one Azurite."""
TRIES = 3
"""Of a point that a run does not come to: requests side by side are not in the same order each time."""


ADDED = ("struck", "killed", "resumed", "passed_by", "repeated", "lost", "said_again", "strays")


@dataclass(kw_only=True)
class Count:
    """What one scenario came to. `apart` are those of its points that differ (`Passage`), `struck` those tried so far.

    `said_again` are writes sent twice that set the same state twice.
    """

    name: str
    points: int = 0
    apart: int = 0
    struck: int = 0
    killed: int = 0
    resumed: int = 0
    passed_by: int = 0
    repeated: int = 0
    lost: int = 0
    said_again: int = 0
    strays: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every point was survived."""
        return not self.faults and self.killed == self.resumed

    def add(self, added: Struck) -> None:
        """What a point has come to."""
        for name, value in added.items():
            setattr(self, name, getattr(self, name) + value)

    def since(self, before: Self) -> dict[str, Any]:
        """What has been added since it stood so."""
        added = {name: getattr(self, name) - getattr(before, name) for name in ADDED}
        return added | {"faults": self.faults[len(before.faults) :]}

    def as_json(self) -> dict[str, Any]:
        """The form that machines read."""
        return vars(self) | {"ok": self.ok}


@dataclass(frozen=True)
class Blow:
    """One trial with a fault: what it left, whether it was killed, what passed no door."""

    killed: bool
    left: Left | None
    strays: Sequence[str]
    why: str = ""


@dataclass
class Campaign:
    """One scenario's. `tell` is told of every trial that fell short."""

    scenario: Scenario
    ground: Ground
    count: Count
    tell: Callable[[str], None]
    kept: Kept | None = None
    undisturbed: Left = field(init=False)
    points: list[Point] = field(default_factory=list)

    async def prepare(self) -> None:
        """Where it comes to when nobody disturbs it."""
        why = ""
        for _ in range(TRIES):
            try:
                await self._undisturbed()
            except (StuckError, HostFailedError, LedgerUnavailable) as stuck:
                why = str(stuck)
            else:
                return
        self._fault(f"undisturbed: {why}")

    async def _undisturbed(self) -> None:
        async with Trial.on(self.ground, self.scenario) as trial:
            await trial.run()
            self.undisturbed, passage = await self._left(trial), trial.passage
            self._note_strays(trial.strays)
        self.points = [*passage.apart]
        self.count.points, self.count.apart = len(passage.points), len(passage.apart)

    async def strike(self, point: Point) -> None:
        """One point: killed there, started again, held to what it would have been."""
        for _ in range(TRIES):
            struck = await self._struck(point)
            if struck.killed:
                break
        before = replace(self.count, faults=[*self.count.faults])
        self._counted(point, struck)
        if self.kept:
            self.kept.add(self.scenario.name, str(point), self.count.since(before))

    def left_of(self, known: Mapping[tuple[str, str], Struck]) -> list[Point]:
        """The points that are still to be struck; what is known of the others counts."""
        name = self.scenario.name
        for point in self.points:
            self.count.add(known.get((name, str(point)), {}))
        return [point for point in self.points if (name, str(point)) not in known]

    async def _struck(self, point: Point) -> Blow:
        patient = bool(zlib.crc32(str(point).encode()) & 1)
        try:
            async with Trial.on(self.ground, self.scenario, patient=patient) as trial:
                return await self._run(trial, point)
        except LedgerUnavailable as fault:  # the machine is too busy to lay the ground, or to show what was left
            return Blow(killed=False, left=None, strays=(), why=str(fault))

    async def _run(self, trial: Trial, point: Point) -> Blow:
        try:
            await trial.run(point)
            found = await self._left(trial)
            if self.undisturbed.lost(found) or self.undisturbed.repeated(found):
                self._keep(trial, point)
            return Blow(trial.was_killed, found, trial.strays)
        except (StuckError, HostFailedError) as stuck:
            self._keep(trial, point)
            return Blow(trial.was_killed, None, trial.strays, str(stuck))

    async def _left(self, trial: Trial) -> Left:
        return await left(trial, self.ground.trust)

    def _counted(self, point: Point, struck: Blow) -> None:
        count = self.count
        count.struck += 1
        self._note_strays(struck.strays)
        if not struck.killed and not struck.why:
            count.passed_by += 1
        count.killed += struck.killed
        lost = self.undisturbed.lost(struck.left) if struck.left else [struck.why]
        repeated = self.undisturbed.repeated(struck.left) if struck.left else []
        count.lost += len(lost)
        count.repeated += len(repeated)
        count.said_again += self.undisturbed.said_again(struck.left) if struck.left else 0
        count.resumed += struck.killed and not (lost or repeated)
        for what in (*(f"lost: {one}" for one in lost), *repeated):
            self._fault(f"{point}: {what}")

    def _note_strays(self, strays: Sequence[str]) -> None:
        self.count.strays += len(strays)
        for stray in strays:
            self._fault(f"passed no door: {stray}")

    def _fault(self, what: str) -> None:
        self.count.faults.append(what)
        self.tell(f"{self.scenario.name}: {what}")

    def _keep(self, trial: Trial, point: Point) -> None:
        folder = LOGS / self.scenario.name / "".join(each if each.isalnum() else "_" for each in str(point))
        shutil.copytree(trial.folder, folder, dirs_exist_ok=True)


async def campaign(  # noqa: PLR0913 - each has its default
    scenarios: Sequence[Scenario],
    *,
    sample: int | None,
    seed: int,
    tell: Callable[[str], None],
    kept: Kept | None = None,
    until: float = math.inf,
) -> list[Count]:
    """Every point of every scenario that differs from the others, in an order drawn by the seed; less what is kept.

    So many of all of them where a `sample` is wanted; none is begun after `until` on the monotonic clock.
    """
    shutil.rmtree(LOGS, ignore_errors=True)
    known = kept.known() if kept else {}
    async with Ground.of(len(scenarios) * TRIES) as ground:
        staged = [Campaign(scenario, ground, Count(name=scenario.name), tell, kept) for scenario in scenarios]
        await _side_by_side([one.prepare for one in staged])
    every = [(one, point) for one in staged for point in one.left_of(known)]
    drawn = random.Random(seed).sample(every, min(sample or len(every), len(every)))
    for part in batched(drawn, ROOM, strict=False):
        if time.monotonic() < until:
            await _struck_all(part, until)
    return [one.count for one in staged]


async def _struck_all(part: Sequence[tuple[Campaign, Point]], until: float) -> None:
    async def strike(staged: Campaign, point: Point) -> None:
        if time.monotonic() < until:
            await staged.strike(point)

    async with Ground.of(len(part) * TRIES) as ground:
        for staged, _ in part:
            staged.ground = ground
        await _side_by_side([partial(strike, *each) for each in part])


async def _side_by_side(trials: Iterable[Callable[[], Awaitable[None]]]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(trial: Callable[[], Awaitable[None]]) -> None:
        async with turns:
            await trial()

    async with asyncio.TaskGroup() as group:
        for trial in trials:
            group.create_task(one(trial))
