"""A host in a process of its own, for drills and tests: started, asked, stopped or killed."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from drills.host.keys import Keys

ROOT = Path(__file__).parents[2]
START_WITHIN = 30.0
STOP_WITHIN = 40.0
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")
"""All that a host inherits: settings of the developer's own shell could lead a drill to a real subscription."""

READY = re.compile(r"^ready (http://\S+)$", re.MULTILINE)


class HostFailedError(RuntimeError):
    """The host ended or stayed silent at start; the message ends with its log."""


class HostProcess:
    """`async with HostProcess(app, settings, log=file) as host:` gives a host that is ready.

    `log` gets all that the host and the app write. Leaving terminates it, unless it ended by itself or was killed.
    """

    def __init__(
        self, app: Path, settings: Mapping[str, str], *, log: Path, port: int = 0, keys: Keys | None = None
    ) -> None:
        self.app = app
        self.settings = settings
        self.log = log
        self.port = port
        self.keys = keys or Keys()
        self.url = ""

    @property
    def pid(self) -> int:
        """Of the host."""
        return self._process.pid

    @property
    def output(self) -> str:
        """All that was written since the log began, also by hosts before that shared it."""
        return self.log.read_text(errors="replace")

    async def __aenter__(self) -> Self:
        with self.log.open("ab") as log:
            began = log.tell()
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603  # a fork, every word ours; its end is awaited in a thread
                [sys.executable, "-m", "drills.host", "--app", str(self.app), "--port", str(self.port)],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self.url = await self._ready(began)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.terminate()
        try:
            await self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            await self.wait()

    def terminate(self) -> None:
        """SIGTERM: the host lets running invocations end."""
        self._process.terminate()

    def kill(self) -> None:
        """SIGKILL: the host is gone between two instructions."""
        self._process.kill()

    async def wait(self) -> int:
        """The exit status, once there is one; negative = the signal's number."""
        return await asyncio.to_thread(self._process.wait, STOP_WITHIN)

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return inherited | {"PYTHONUNBUFFERED": "1"} | dict(self.settings) | self.keys.environment()

    async def _ready(self, began: int) -> str:
        try:
            async with asyncio.timeout(START_WITHIN):
                while not (found := READY.search(self._written_since(began))):
                    if self._process.poll() is not None:
                        raise HostFailedError(f"the host ended with {self._process.returncode}:\n{self.output}")
                    await asyncio.sleep(0.01)
        except TimeoutError as error:
            raise HostFailedError(f"the host is not ready after {START_WITHIN:.0f} s:\n{self.output}") from error
        return found[1]

    def _written_since(self, began: int) -> str:
        with self.log.open("rb") as log:
            log.seek(began)
            return log.read().decode(errors="replace")
