"""The campaign: every scenario undisturbed, then once more for each point of it, with the host killed there."""

import asyncio
import random
import shutil
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import Any, Self

from drills.chaos.kept import Kept, Struck
from drills.chaos.points import Point
from drills.chaos.record import Left, left
from drills.chaos.trial import Ground, StuckError, Trial
from drills.host import HostFailedError
from drills.scenario import Scenario
from drills.stage import ROOT

LOGS = ROOT / "build" / "chaos"
AT_ONCE = 3
"""Trials side by side: they wait more than they work."""
ROOM = 400
"""Trials on one Azurite."""
TRIES = 3
"""Of a point that a run does not come to: requests side by side are not in the same order each time."""


ADDED = ("killed", "resumed", "passed_by", "repeated", "lost", "said_again", "strays")


@dataclass(kw_only=True)
class Count:
    """What one scenario came to. `said_again` are writes sent twice that set the same state twice."""

    name: str
    points: int = 0
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
        async with Trial.on(self.ground, self.scenario) as trial:
            await trial.run()
            self.undisturbed, self.points = await self._left(trial), trial.points
            self._note_strays(trial.strays)
        self.count.points = len(self.points)

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
        async with Trial.on(self.ground, self.scenario, patient=patient) as trial:
            try:
                await trial.run(point)
                return Blow(trial.was_killed, await self._left(trial), trial.strays)
            except (StuckError, HostFailedError) as stuck:
                self._keep(trial, point)
                return Blow(trial.was_killed, None, trial.strays, str(stuck))

    async def _left(self, trial: Trial) -> Left:
        return await left(trial, self.ground.trust)

    def _counted(self, point: Point, struck: Blow) -> None:
        count = self.count
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


async def campaign(
    scenarios: Sequence[Scenario],
    *,
    sample: int | None,
    seed: int,
    tell: Callable[[str], None],
    kept: Kept | None = None,
) -> list[Count]:
    """Every point of every scenario, or so many of all of them, drawn by the seed; less what is kept."""
    shutil.rmtree(LOGS, ignore_errors=True)
    known = kept.known() if kept else {}
    async with Ground.of(len(scenarios) * 2) as ground:
        staged = [Campaign(scenario, ground, Count(name=scenario.name), tell, kept) for scenario in scenarios]
        for one in staged:
            await one.prepare()
    every = [(one, point) for one in staged for point in one.left_of(known)]
    drawn = random.Random(seed).sample(every, min(sample, len(every))) if sample else every
    for part in batched(drawn, ROOM, strict=False):
        await _struck_all(part)
    return [one.count for one in staged]


async def _struck_all(part: Sequence[tuple[Campaign, Point]]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(staged: Campaign, point: Point) -> None:
        async with turns:
            await staged.strike(point)

    async with Ground.of(len(part) * TRIES) as ground, asyncio.TaskGroup() as group:
        for staged, point in part:
            staged.ground = ground
            group.create_task(one(staged, point))
