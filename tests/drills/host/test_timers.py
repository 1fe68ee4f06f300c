from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drills.azurite import Azurite
from drills.host import HostProcess
from drills.host.ncrontab import Schedule
from drills.host.storage import Storage
from drills.host.timers import Memory, Status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.drills.host.conftest import Notes, WriteApp

NIGHTLY = """
@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")
async def nightly(timer: func.TimerRequest):
    note("nightly", past_due=timer.past_due, last=timer.schedule_status["Last"])

@app.route("go")
async def go(req: func.HttpRequest) -> func.HttpResponse:
    return told()
"""


@pytest.mark.usefixtures("host")
async def test_a_timer_runs_again_and_again_on_the_schedule_of_its_setting(notes: "Notes") -> None:
    assert all(noted["past_due"] is False for noted in await notes.until("often", times=3))


@pytest.mark.usefixtures("host")
async def test_a_timer_runs_at_start_only_where_its_binding_says_so(notes: "Notes") -> None:
    assert await notes.until("at start", past_due=False)
    assert not notes("nightly", past_due=True)


@pytest.mark.usefixtures("host")
async def test_a_timer_that_is_switched_off_never_runs(notes: "Notes") -> None:
    by_hand = len(notes("switched off"))

    await notes.until("often", times=len(notes("often")) + 2)

    assert len(notes("switched off")) == by_hand


async def test_a_timer_missed_during_downtime_runs_once_at_start_as_past_due(
    write_app: "WriteApp", tmp_path: "Path", azurite: Azurite, storage: Storage, notes: "Notes"
) -> None:
    last = datetime.now(UTC) - timedelta(days=2)
    await Memory(storage, "nightly", "missed").keep(Status(last, last), Schedule.parse("0 0 3 * * *"))
    settings = {
        "NOTES": str(tmp_path / "notes"),
        "AzureWebJobsStorage": azurite.connection_string,
        "AzureFunctionsWebHost__hostid": "missed",
    }
    app = write_app(NIGHTLY)
    own = type(notes)(tmp_path / "notes")

    for _ in range(2):
        async with HostProcess(app, settings, log=tmp_path / "log"):
            noted = await own.until("nightly")

    assert [(each["past_due"], each["last"]) for each in noted] == [(True, last.isoformat())]
    recalled = await Memory(storage, "nightly", "missed").recall()
    assert recalled is not None
    assert recalled.updated > datetime.now(UTC) - timedelta(minutes=5)


async def test_without_storage_nothing_is_remembered_and_nothing_is_past_due(
    write_app: "WriteApp", tmp_path: "Path"
) -> None:
    async with HostProcess(write_app(NIGHTLY), {"NOTES": str(tmp_path / "notes")}, log=tmp_path / "log") as host:
        assert host.url

    assert not (tmp_path / "notes").exists()
