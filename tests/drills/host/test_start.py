import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from drills.azurite import Azurite
from drills.host import HostFailedError, HostProcess, Keys

if TYPE_CHECKING:
    from tests.drills.host.conftest import Notes, WriteApp

ROOT = Path(__file__).parents[3]

HELLO = """
@app.route("hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return told(storage=os.environ.get("AzureWebJobsStorage"), colour=os.environ.get("COLOUR"))

@app.route("keyed", auth_level=func.AuthLevel.FUNCTION)
async def keyed(req: func.HttpRequest) -> func.HttpResponse:
    return told()
"""


async def failure(app: Path, log: Path) -> str:
    with pytest.raises(HostFailedError) as failed:
        async with HostProcess(app, {}, log=log):
            raise AssertionError("the host started")
    return str(failed.value)


async def test_the_route_prefix_is_host_jsons_and_api_where_it_names_none(
    write_app: "WriteApp", tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    async with HostProcess(write_app(HELLO, host={"version": "2.0"}), {}, log=tmp_path / "log") as host:
        async with session.get(f"{host.url}/api/hello") as response:
            assert response.status == 200
        async with session.get(f"{host.url}/hello") as response:
            assert response.status == 404


@pytest.mark.parametrize(("setting", "status"), [({}, 200), ({"AzureWebJobsDisableHomepage": "true"}, 204)])
async def test_the_homepage_can_be_switched_off(
    write_app: "WriteApp", tmp_path: Path, session: aiohttp.ClientSession, setting: dict[str, str], status: int
) -> None:
    async with (
        HostProcess(write_app(HELLO), setting, log=tmp_path / "log") as host,
        session.get(f"{host.url}/") as response,
    ):
        assert response.status == status


async def test_one_function_that_cannot_be_indexed_fails_the_whole_app(write_app: "WriteApp", tmp_path: Path) -> None:
    said = await failure(write_app(HELLO + '\n@app.route("x")\ndef x(req, more): ...\n'), tmp_path / "log")

    assert "the host ended with 1" in said
    assert "cannot load the x function" in said


async def test_an_app_that_raises_while_imported_says_where(write_app: "WriteApp", tmp_path: Path) -> None:
    said = await failure(write_app("raise RuntimeError('no policy')"), tmp_path / "log")

    assert "RuntimeError: no policy" in said
    assert "function_app.py" in said


async def test_a_folder_without_an_app_or_without_host_json_is_refused(write_app: "WriteApp", tmp_path: Path) -> None:
    app = write_app(HELLO)
    (app / "function_app.py").unlink()
    assert "no functions in" in await failure(app, tmp_path / "log")

    (app / "host.json").unlink()
    assert "host.json" in await failure(app, tmp_path / "log")


@pytest.mark.parametrize(
    ("functions", "fault"),
    [
        ('@app.blob_trigger("b", "x/{n}", "C")\ndef x(b: func.InputStream): ...', "the trigger blobTrigger"),
        (
            '@app.timer_trigger("t", "0 0 * * * *")\n@app.blob_output("b", "x", "C")\ndef x(t, b: func.Out[str]): ...',
            "the binding blob",
        ),
        ('@app.timer_trigger("t", "hourly")\ndef x(t: func.TimerRequest): ...', "NCRONTAB has six"),
        ('@app.timer_trigger("t", "%WHEN%")\ndef x(t: func.TimerRequest): ...', "the app setting WHEN"),
        ('@app.route("x/{y:regex}")\ndef x(req: func.HttpRequest) -> str: ...', "route segment"),
    ],
)
async def test_what_this_host_cannot_serve_is_refused_at_start(
    write_app: "WriteApp", tmp_path: Path, functions: str, fault: str
) -> None:
    assert fault in await failure(write_app(functions), tmp_path / "log")


async def test_a_queue_without_its_connection_is_left_alone_with_a_warning(
    write_app: "WriteApp", tmp_path: Path
) -> None:
    waiting = '@app.queue_trigger("m", "signals", "Signals")\nasync def x(m: func.QueueMessage): ...'
    async with HostProcess(write_app(HELLO + waiting), {}, log=tmp_path / "log") as host:
        assert "the queue of x is not listened to: the connection Signals is not set" in host.output


async def test_sigterm_lets_a_running_invocation_end(
    write_app: "WriteApp", tmp_path: Path, session: aiohttp.ClientSession, notes: "Notes"
) -> None:
    app = write_app("""
@app.route("wait")
async def wait(req: func.HttpRequest) -> func.HttpResponse:
    note("entered")
    while not pathlib.Path(os.environ["GATE"]).exists():
        await asyncio.sleep(0.02)
    return told(ended=True)
""")
    own, gate = type(notes)(tmp_path / "notes"), tmp_path / "gate"
    settings = {"NOTES": str(own.file), "GATE": str(gate)}
    async with HostProcess(app, settings, log=tmp_path / "log") as host:
        asked = asyncio.create_task(session.get(f"{host.url}/wait"))
        await own.until("entered")

        host.terminate()
        gate.touch()

        async with await asked as response:
            assert (response.status, await response.json()) == (200, {"ended": True})
        assert await host.wait() == 0


async def test_a_crash_cuts_the_connection_and_is_seen(
    write_app: "WriteApp", tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    app = write_app('@app.route("x")\nasync def x(req: func.HttpRequest) -> func.HttpResponse:\n    os._exit(3)\n')
    async with HostProcess(app, {}, log=tmp_path / "log") as host:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"{host.url}/x")
        assert await host.wait() == 3


async def test_a_killed_host_starts_again_on_its_port_with_its_keys(
    write_app: "WriteApp", tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    app, keys = write_app(HELLO), Keys()
    async with HostProcess(app, {}, log=tmp_path / "log", keys=keys) as first:
        first.kill()
        assert await first.wait() == -9

    port = int(first.url.rpartition(":")[2])
    async with HostProcess(app, {}, log=tmp_path / "log", keys=keys, port=port) as second:
        assert (second.url, second.pid != first.pid) == (first.url, True)
        async with session.get(f"{second.url}/keyed", headers={"x-functions-key": keys.function}) as response:
            assert response.status == 200


async def test_a_port_that_is_taken_is_named(write_app: "WriteApp", tmp_path: Path, host: HostProcess) -> None:
    port = int(host.url.rpartition(":")[2])

    with pytest.raises(HostFailedError, match=f"the host cannot start: .*{port}"):
        await HostProcess(write_app(HELLO), {}, log=tmp_path / "log", port=port).__aenter__()


async def test_the_command_line_makes_keys_reads_settings_and_starts_azurite(
    write_app: "WriteApp", tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    settings = tmp_path / "settings.json"
    values = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "COLOUR": "of the file"}
    settings.write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    words = ["--app", str(write_app(HELLO)), "--port", "0", "--settings", str(settings), "--azurite"]
    with subprocess.Popen(  # noqa: ASYNC220, S603  # a fork, every word ours
        [sys.executable, "-m", "drills.host", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={"COLOUR": "of the environment", "PATH": "/usr/bin:/bin", "HOST_MASTER_KEY": "mine"},
    ) as process:
        try:
            said = await asyncio.to_thread(_until_ready, process)
            url = said[-1].removeprefix("ready ")
            async with session.get(f"{url}/hello") as response:
                told = await response.json()
            made = dict(line.split("=", 1) for line in said if line.startswith("HOST_"))
            async with session.get(f"{url}/keyed", params={"code": made["HOST_FUNCTION_KEY"]}) as response:
                keyed = response.status
        finally:
            process.terminate()

    assert made.keys() == {"HOST_FUNCTION_KEY", "HOST_EVENTGRID_KEY"}
    assert told["colour"] == "of the environment"
    assert re.search(r"TableEndpoint=http://127\.0\.0\.1:\d+/", told["storage"])
    assert "keyed: http  /keyed" in said
    assert (keyed, process.returncode) == (200, 0)


def _until_ready(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stdout
    said: list[str] = []
    for line in process.stdout:
        said.append(line.decode().strip())
        if said[-1].startswith("ready "):
            return said
    raise AssertionError(f"the host ended: {said}")


async def test_settings_of_the_developers_own_shell_never_reach_a_drill(
    write_app: "WriteApp",
    tmp_path: Path,
    session: aiohttp.ClientSession,
    azurite: Azurite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", azurite.connection_string)
    async with (
        HostProcess(write_app(HELLO), {}, log=tmp_path / "log") as host,
        session.get(f"{host.url}/hello") as response,
    ):
        assert await response.json() == {"storage": None, "colour": None}
