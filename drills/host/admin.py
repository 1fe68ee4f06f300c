"""`POST /admin/functions/NAME`: a function started by hand, as the real host's administrative interface does it."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from drills.host import eventgrid, queues, timers
from drills.host.keys import Keys
from drills.host.ncrontab import Schedule
from drills.host.queues import Outlets
from drills.host.settings import resolved
from drills.host.worker import Function, TypedData, invoke

PATH = "/admin/functions/"


class Admin:
    """Starts any function that HTTP does not, disabled ones too."""

    def __init__(
        self, functions: Iterable[Function], *, keys: Keys, environment: Mapping[str, str], outlets: Outlets
    ) -> None:
        self.outlets = outlets
        self.functions = {function.name.lower(): function for function in functions}
        self.keys = keys
        self.environment = environment
        self.running: set[asyncio.Task[Any]] = set()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """202 as soon as the function is started; how it ends stands in the log."""
        if not self.keys.admits("admin", request):
            return web.Response(status=401)
        function = self.functions.get(request.path[len(PATH) :].lower())
        if request.method != "POST" or function is None:
            return web.Response(status=404)
        text = _input(await request.read())
        if text is None:
            return web.Response(status=400, text='the body must be JSON like {"input": ""}')
        if function.kind == "httpTrigger":
            return web.Response(status=400, text="an HTTP function is called by its route")
        self._start(function, text)
        return web.Response(status=202)

    def _start(self, function: Function, text: str) -> None:
        value, metadata = self._value(function, text)
        task = asyncio.create_task(self._run(function, value, metadata))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _run(self, function: Function, value: TypedData, metadata: Mapping[str, TypedData] | None) -> None:
        await self.outlets.pour(function, await invoke(function, value, metadata))

    def _value(self, function: Function, text: str) -> tuple[TypedData, Mapping[str, TypedData] | None]:
        if function.kind == eventgrid.TRIGGER:
            return eventgrid.typed(text), None
        if function.kind == queues.TRIGGER:
            return TypedData(string=text), queues.by_hand(datetime.now(UTC))
        schedule = Schedule.parse(resolved(str(function.trigger["schedule"]), self.environment))
        return timers.request(None, schedule, past_due=False), None


def _input(body: bytes) -> str | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    given = content.get("input", "")
    return given if isinstance(given, str) else json.dumps(given)
