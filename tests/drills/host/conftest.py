import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from drills.azurite import Azurite
from drills.host import HostProcess
from drills.host.queues import Queue
from drills.host.storage import Storage

HOST = {
    "version": "2.0",
    "extensions": {
        "http": {"routePrefix": ""},
        "queues": {"maxDequeueCount": 2, "visibilityTimeout": "00:00:00", "maxPollingInterval": "00:00:00.2"},
    },
}

OPENING = """
import asyncio, json, logging, os, pathlib, sys
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

def note(kind, **facts):
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps({"kind": kind, **facts}) + "\\n")

def told(**facts):
    return func.HttpResponse(json.dumps(facts), mimetype="application/json")
"""

SAMPLE = """
@app.route("api/echo/{name}", methods=["GET", "POST"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    return told(method=req.method, url=req.url, headers=dict(req.headers), query=dict(req.params),
                route=dict(req.route_params), body=req.get_body().decode())

@app.route("api/echo/literal", methods=["GET"])
async def literal(req: func.HttpRequest) -> func.HttpResponse:
    return told(function="literal")

@app.route("api/items", methods=["GET"])
async def list_items(req: func.HttpRequest) -> func.HttpResponse:
    return told(function="list_items")

@app.route("api/items", methods=["POST"])
async def add_item(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=202, headers={"X-Item": "1"})

@app.route("api/items/{number:int}", methods=["GET"])
async def show_item(req: func.HttpRequest) -> func.HttpResponse:
    return told(number=req.route_params["number"])

@app.route("api/keyed", auth_level=func.AuthLevel.FUNCTION)
async def keyed(req: func.HttpRequest) -> func.HttpResponse:
    return told(function="keyed")

@app.route("api/mastered", auth_level=func.AuthLevel.ADMIN)
async def mastered(req: func.HttpRequest) -> func.HttpResponse:
    return told(function="mastered")

@app.route("api/broken")
async def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("out of order")

@app.route("api/nothing")
async def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None

@app.route("api/cookie")
async def cookie(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(headers={"Set-Cookie": "flavour=oat; Path=/; HttpOnly; SameSite=Strict"})

@app.route("api/sync")
def sync(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return told(function=context.function_name, trace=context.trace_context.trace_parent)

meeting = asyncio.Barrier(2)

@app.route("api/meet")
async def meet(req: func.HttpRequest) -> func.HttpResponse:
    await meeting.wait()
    return told(met=True)

@app.route("api/crash")
async def crash(req: func.HttpRequest) -> func.HttpResponse:
    os._exit(3)

@app.route("api/setting/{name}")
async def setting(req: func.HttpRequest) -> func.HttpResponse:
    return told(value=os.environ.get(req.route_params["name"]))

@app.route("{*page}", methods=["GET"])
async def pages(req: func.HttpRequest) -> func.HttpResponse:
    return told(page=req.route_params.get("page"))

@app.event_grid_trigger(arg_name="event")
async def on_event(event: func.EventGridEvent):
    note("event", id=event.id, type=event.event_type, subject=event.subject, data=event.get_json())
    if event.get_json().get("fails"):
        raise RuntimeError("event refused")

@app.event_grid_trigger(arg_name="event")
async def on_cloud_event(event: func.CloudEvent):
    note("cloud event", id=event.id, type=event.type, source=event.source, data=event.get_json())

@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="Signals")
async def on_message(message: func.QueueMessage):
    note("message", id=message.id, body=message.get_body().decode(), count=message.dequeue_count,
         aware=message.insertion_time.tzinfo is not None)
    if message.get_body() == b"fails":
        raise RuntimeError("message refused")

@app.timer_trigger(arg_name="timer", schedule="%OFTEN%")
async def often(timer: func.TimerRequest):
    note("often", past_due=timer.past_due)

@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")
async def nightly(timer: func.TimerRequest):
    note("nightly", past_due=timer.past_due)

@app.timer_trigger(arg_name="timer", schedule="0 0 4 * * *", run_on_startup=True)
async def at_start(timer: func.TimerRequest):
    note("at start", past_due=timer.past_due)

@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
async def switched_off(timer: func.TimerRequest):
    note("switched off")
"""

type WriteApp = Callable[..., Path]


def written(folder: Path, functions: str, host: dict[str, Any] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "host.json").write_text(json.dumps(HOST if host is None else host))
    (folder / "function_app.py").write_text(OPENING + functions)
    return folder


@pytest.fixture
def write_app(tmp_path: Path) -> WriteApp:
    """Writes an app of some functions and returns its folder."""

    def write(functions: str, host: dict[str, Any] | None = None) -> Path:
        return written(tmp_path / "app", functions, host)

    return write


class Notes:
    """What the functions of an app wrote down of their calls."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, kind: str, **facts: Any) -> list[dict[str, Any]]:
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        kept = [json.loads(line) for line in lines]
        return [each for each in kept if each["kind"] == kind and facts.items() <= each.items()]

    async def until(self, kind: str, times: int = 1, **facts: Any) -> list[dict[str, Any]]:
        for _ in range(1500):
            if len(found := self(kind, **facts)) >= times:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"{kind} {facts} was not noted {times} times")


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite.run() as running:
        yield running


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Notes:
    """The sample app's."""
    return Notes(tmp_path_factory.mktemp("notes") / "notes")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def host(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite, notes: Notes) -> AsyncIterator[HostProcess]:
    """The sample app, served."""
    folder = tmp_path_factory.mktemp("sample")
    settings = {
        "NOTES": str(notes.file),
        "AzureWebJobsStorage": azurite.connection_string,
        "Signals": azurite.connection_string,
        "QUEUE": "signals",
        "OFTEN": "*/1 * * * * *",
        "AzureWebJobs.switched_off.Disabled": "true",
        "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "20000",
    }
    async with HostProcess(written(folder / "app", SAMPLE), settings, log=folder / "log") as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def storage(azurite: Azurite, session: aiohttp.ClientSession) -> Storage:
    return Storage(azurite.connection_string, session)


@pytest.fixture
async def signals(storage: Storage) -> Queue:
    """The queue that the sample app listens to."""
    queue = Queue(storage, "signals")
    await queue.create()
    return queue
