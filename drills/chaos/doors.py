"""What stands at the doors of a responder that is to be killed: it tells of every request, and strikes at one.

It lives in the host process that drills start, and is put in with the parameters that production has for its doors:
no word of it is in production code. What the process opens or writes beside the doors is told as well, and fails the
campaign; three reads that can change nothing are let through: tokens, Entra's public keys, and the stranger's look.
"""

import os
import signal
import sys
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

from desk.parts import Parts
from desk.wiring import Doors
from drills.chaos.points import LEAVES, RETURNS, STRAYS, Point, named, origin

SENT = "crossing"
ELSEWHERE = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "ftplib.connect"})
HARMLESS = "a read that changes nothing"
inside: ContextVar[str] = ContextVar("inside", default="")
"""The name of the request that is on its way in this task; empty outside of every door."""


@dataclass
class Crossings:
    """The points of one process. `trace` is a file descriptor: each point is written before anything else happens.

    At its `fault` the process is killed, or stopped where `strike` says so.
    """

    trace: int
    fault: Point | None = None
    strike: signal.Signals = signal.SIGKILL
    seen: Counter[str] = field(default_factory=Counter)
    strays: set[str] = field(default_factory=set)

    def doors(self) -> Doors:
        """A policy for each door."""
        arm, tables, blobs = (Told(self, door) for door in ("arm", "tables", "blobs"))
        return Doors(arm=(arm,), tables=(tables,), blobs=(blobs,))

    def leave(self, name: str) -> int:
        """A request is about to leave; which of its name it is."""
        self.seen[name] += 1
        self._at(Point(name, self.seen[name], LEAVES))
        return self.seen[name]

    def come_back(self, name: str, nth: int) -> None:
        """Its answer has come, and nobody has read it."""
        self._at(Point(name, nth, RETURNS))

    def stray(self, what: str) -> None:
        """Something passed no door."""
        if what not in self.strays:
            self.strays.add(what)
            os.write(self.trace, Point(what, 1, STRAYS).line().encode())

    def _at(self, point: Point) -> None:
        os.write(self.trace, point.line().encode())
        if point == self.fault:
            os.kill(os.getpid(), self.strike)

    def guard(self, parts: Parts) -> None:
        """From now on the parts' own pools tell of requests that no door knows."""
        login, identity = parts.settings.login_url.rstrip("/"), os.environ["IDENTITY_ENDPOINT"]
        for pool in (parts.cloud.clients.pool, parts.ledger.wire.session):
            pool.trace_configs.append(_frozen(Guard(self, (login, identity))))
        parts.cloud.probe.pool.trace_configs.append(_frozen(Guard(self, (origin(parts.settings.arm_url),))))

    def watch(self) -> None:
        """From now on the process tells of connections, files and programs that no door knows. It cannot be ended."""
        sys.addaudithook(self.audited)

    def audited(self, event: str, given: tuple[Any, ...]) -> None:
        """An event of the interpreter's (`sys.addaudithook`): what passes no door is told."""
        if event == "socket.connect" and not inside.get():
            self.stray(f"a connection to {given[1]}")
        elif event == "open" and _writes(given[1], given[2]):
            self.stray(f"a file written: {given[0]}")
        elif event in ELSEWHERE:
            self.stray(event)


class Told(SansIOHTTPPolicy[Any, Any]):
    """At one door, last before the wire."""

    def __init__(self, crossings: Crossings, door: str) -> None:
        self.crossings = crossings
        self.door = door

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """It leaves."""
        http = request.http_request
        name = named(self.door, http.method, http.url)
        request.context[SENT] = (name, self.crossings.leave(name))
        inside.set(name)

    def on_response(self, request: PipelineRequest[Any], _response: PipelineResponse[Any, Any]) -> None:
        """It has come back."""
        inside.set("")
        self.crossings.come_back(*request.context[SENT])

    def on_exception(self, _request: PipelineRequest[Any]) -> None:
        """It has not."""
        inside.set("")


class Guard:
    """At one pool: requests outside of every door are let through to `open_to` alone, and only to read."""

    def __init__(self, crossings: Crossings, open_to: tuple[str, ...]) -> None:
        self.crossings = crossings
        self.open_to = open_to

    async def begin(self, _session: Any, _context: Any, request: aiohttp.TraceRequestStartParams) -> None:
        """It is on its way."""
        if inside.get():
            return
        url = str(request.url)
        if request.method != "GET" or not url.startswith(self.open_to):
            self.crossings.stray(f"{request.method} {origin(url)}{request.url.path}")
        inside.set(HARMLESS)

    async def end(self, _session: Any, _context: Any, _answer: Any) -> None:
        """It is over."""
        if inside.get() == HARMLESS:
            inside.set("")


def _frozen(guard: Guard) -> aiohttp.TraceConfig:
    config = aiohttp.TraceConfig()
    config.on_request_start.append(guard.begin)
    config.on_request_end.append(guard.end)
    config.on_request_exception.append(guard.end)
    config.freeze()
    return config


def _writes(mode: str | None, flags: int) -> bool:
    """Whether a file is opened to be written, as `open` or as `os.open` tells of it."""
    return any(letter in mode for letter in "wax+") if mode else bool(flags & (os.O_WRONLY | os.O_RDWR))
