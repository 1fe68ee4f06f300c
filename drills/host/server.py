"""The parts of a host, put together around one app and one port."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from drills.host import admin, eventgrid, http, queues, timers
from drills.host.admin import Admin
from drills.host.eventgrid import EventGridWebhook
from drills.host.http import HttpTriggers
from drills.host.keys import Keys
from drills.host.ncrontab import Schedule
from drills.host.queues import Outlets, Queue, QueueListener
from drills.host.settings import HostFile, SettingError, disabled, resolved
from drills.host.storage import Storage
from drills.host.timers import Memory, TimerListener
from drills.host.worker import AppFailedError, Function, finish, load

BODY_LIMIT = "104857600"
"""Bytes; the real host's, which the same setting, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT, changes."""
STOP_WITHIN = 30.0
SERVED = frozenset({http.TRIGGER, eventgrid.TRIGGER, queues.TRIGGER, timers.TRIGGER})

logger = logging.getLogger("host")


@dataclass(frozen=True)
class Running:
    """A host that answers: its URL and the app's functions."""

    url: str
    functions: tuple[Function, ...]
    prefix: str


class Dispatcher:
    """One entrance for every request."""

    def __init__(self, triggers: HttpTriggers, webhook: EventGridWebhook, hands: Admin, *, homepage: bool) -> None:
        self.triggers = triggers
        self.webhook = webhook
        self.hands = hands
        self.homepage = homepage

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """The response of whichever part the path belongs to; the app's routes cannot shadow the host's."""
        path = request.path.lower()
        if path.rstrip("/") == eventgrid.PATH:
            return await self.webhook.answer(request)
        if path.startswith(admin.PATH):
            return await self.hands.answer(request)
        if path.startswith(("/runtime/", "/admin/")):
            return web.Response(status=404)
        return await self.triggers.answer(request) or self._unrouted(path)

    def _unrouted(self, path: str) -> web.Response:
        if path != "/":
            return web.Response(status=404)
        return web.Response(text="The function host is running.") if self.homepage else web.Response(status=204)


@contextlib.asynccontextmanager
async def running(app: Path, *, port: int, keys: Keys, environment: Mapping[str, str]) -> AsyncIterator[Running]:
    """A host on loopback while it is entered; leaving it lets running invocations end."""
    file = HostFile.read(app)
    functions = await load(app)
    _refuse_unserved(functions)
    on = [function for function in functions if not disabled(function.name, environment)]
    limit = int(environment.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", BODY_LIMIT))
    async with aiohttp.ClientSession() as session:
        outlets = Outlets(partial(_queue, environment=environment, session=session), encoded=file.queues.base64)
        hands = Admin(functions, keys=keys, environment=environment, outlets=outlets)
        dispatcher = Dispatcher(
            HttpTriggers(_of(http.TRIGGER, on), prefix=file.route_prefix, keys=keys),
            EventGridWebhook(_of(eventgrid.TRIGGER, on), keys=keys),
            hands,
            homepage=environment.get("AzureWebJobsDisableHomepage", "").lower() != "true",
        )
        async with (
            _serving(dispatcher, port, limit) as url,
            _listening(_listeners(on, file, environment, session, outlets)),
        ):
            yield Running(url, functions, file.route_prefix)
        await asyncio.gather(*hands.running)
    finish()


def _of(kind: str, functions: list[Function]) -> Iterator[Function]:
    return (function for function in functions if function.kind == kind)


def _refuse_unserved(functions: tuple[Function, ...]) -> None:
    for function in functions:
        if function.kind not in SERVED:
            raise AppFailedError(f"{function.name}: this host does not serve the trigger {function.kind}")


@contextlib.asynccontextmanager
async def _serving(dispatcher: Dispatcher, port: int, limit: int) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()

    def limited(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=limit)

    server = web.Server(dispatcher, request_factory=limited, access_log=None)  # its lines would hold keys
    runner = web.ServerRunner(server, shutdown_timeout=STOP_WITHIN)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _listening(listeners: Iterable[QueueListener | TimerListener]) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for listener in listeners:
            group.create_task(listener.listen(stopping))
        try:
            yield
        finally:
            stopping.set()


def _listeners(
    functions: list[Function],
    file: HostFile,
    environment: Mapping[str, str],
    session: aiohttp.ClientSession,
    outlets: Outlets,
) -> Iterator[QueueListener | TimerListener]:
    for function in _of(timers.TRIGGER, functions):
        yield _timer(function, environment, session, outlets)
    for function in _of(queues.TRIGGER, functions):
        try:
            yield QueueListener(function, _queue(function.trigger, environment, session), file.queues)
        except SettingError as error:
            logger.warning("the queue of %s is not listened to: %s", function.name, error)


def _timer(
    function: Function, environment: Mapping[str, str], session: aiohttp.ClientSession, outlets: Outlets
) -> TimerListener:
    schedule = Schedule.parse(resolved(str(function.trigger["schedule"]), environment))
    host_id = environment.get("AzureFunctionsWebHost__hostid", "local")
    try:
        memory = Memory(_storage("AzureWebJobsStorage", environment, session), function.name, host_id)
    except SettingError:
        return TimerListener(function, schedule, None, outlets)
    return TimerListener(function, schedule, memory, outlets)


def _queue(binding: Mapping[str, Any], environment: Mapping[str, str], session: aiohttp.ClientSession) -> Queue:
    connection = resolved(str(binding.get("connection") or "AzureWebJobsStorage"), environment)
    return Queue(_storage(connection, environment, session), resolved(str(binding["queueName"]), environment))


def _storage(connection: str, environment: Mapping[str, str], session: aiohttp.ClientSession) -> Storage:
    found = environment.get(connection) or environment.get(f"AzureWebJobs{connection}")
    if not found:
        raise SettingError(f"the connection {connection} is not set")
    return Storage(found, session)
