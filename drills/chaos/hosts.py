"""Hosts forked from a warm process, to be killed by the dozen."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from drills.chaos.child import Orders, main
from drills.chaos.points import MARK, Point, traced
from drills.host import HostFailedError, Keys
from drills.host.process import READY

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["drills.chaos.child", "drills.chaos.__main__"])  # each child imports its starter's main
START_WITHIN = 30.0


class Forked:
    """`async with Forked(settings, folder, ...) as host:` gives a host that is ready. Leaving kills it."""

    def __init__(  # noqa: PLR0913 - each has its default
        self,
        settings: Mapping[str, str],
        folder: Path,
        *,
        keys: Keys,
        name: str = "host",
        fault: Point | None = None,
        strike: signal.Signals = signal.SIGKILL,
        skew: timedelta = timedelta(),
    ) -> None:
        self.keys = keys
        self.url = ""
        self.log, self.trace = folder / f"{name}.log", folder / f"{name}.trace"
        environment = {**settings, **keys.environment()}
        orders = Orders(environment=environment, log=self.log, trace=self.trace, fault=fault, strike=strike, skew=skew)
        self._process: ForkServerProcess = FORKS.Process(target=main, args=(orders,), daemon=True)

    @property
    def pid(self) -> int:
        """Of the host."""
        return self._process.pid or 0

    @property
    def is_dead(self) -> bool:
        """Whether it has ended, however."""
        return self._process.exitcode is not None

    @property
    def points(self) -> list[Point]:
        """What it has come to so far."""
        return traced(self.trace)

    def mark(self) -> None:
        """Somebody asks it something, or has its answer: that stands between the points of its trace."""
        with self.trace.open("a") as trace:
            trace.write(MARK.line())

    def told(self, words: str) -> int:
        """How often it has written these words into its log."""
        return self.log.read_text(errors="replace").count(words)

    async def __aenter__(self) -> Self:
        self._process.start()
        try:
            self.url = await self._ready()
        except BaseException:
            self.kill()
            raise
        return self

    async def _ready(self) -> str:
        async with asyncio.timeout(START_WITHIN):
            while not (found := READY.search(self.log.read_text() if self.log.exists() else "")):
                if self.is_dead:
                    raise HostFailedError(f"the host ended at start:\n{self.log.read_text()}")
                await asyncio.sleep(0.005)
        return found[1]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.kill()
        await self.ended()

    def kill(self) -> None:
        """SIGKILL: it is gone between two instructions."""
        self._process.kill()

    def wake(self) -> None:
        """SIGCONT: it goes on."""
        os.kill(self.pid, signal.SIGCONT)

    async def ended(self) -> None:
        """It has ended."""
        await asyncio.to_thread(self._process.join, START_WITHIN)
