"""Log Analytics over the wire: production's door against the estate's workspace, over what was really done there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloud import Cloud
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.errors import Postponed, Refused
from incident.settings import Settings

NOTHING = timedelta(0)
COUNT = "StorageBlobLogs | summarize Rows = count(), Last = max(TimeGenerated)"


@pytest.fixture
async def estate(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Estate]:
    async with Estate.serve(delays=Delays(blobs=NOTHING, rules=NOTHING, poll=NOTHING)) as running:
        running.grant("read", "Microsoft.OperationalInsights/workspaces/query/read")
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def settings(estate: Estate) -> Settings:
    stores = {f"TOURNIQUET_{name}": "x" for name in ("TABLES", "EVIDENCE", "POLICY")}
    return Settings.read({**estate.environment(), **stores})


@pytest.fixture
async def cloud(settings: Settings) -> AsyncIterator[Cloud]:
    cloud = Cloud(settings)
    yield cloud
    await cloud.close()


async def ask(cloud: Cloud, query: str = COUNT, **length: float) -> list[dict[str, object]]:
    now = datetime.now(UTC) + timedelta(minutes=1)
    return [
        dict(row) for row in await cloud.logs.ask(query, since=now - timedelta(**(length or {"days": 1})), until=now)
    ]


async def test_rows_come_by_column_with_aware_times(estate: Estate, cloud: Cloud) -> None:
    Clinic(estate).account("phistore").opens_to_anyone()
    Clinic(estate).stranger.reads("phistore/scans/0001.dcm")

    (row,) = await ask(cloud)

    assert row["Rows"] == 1
    assert isinstance(row["Last"], datetime)
    assert row["Last"].tzinfo is UTC


async def test_what_lies_outside_of_the_time_is_not_told(estate: Estate, cloud: Cloud) -> None:
    Clinic(estate).account("phistore").opens_to_anyone()
    Clinic(estate).stranger.reads("phistore/scans/0001.dcm")
    long_ago = datetime.now(UTC) - timedelta(days=2)

    (row,) = await cloud.logs.ask(COUNT, since=long_ago, until=long_ago + timedelta(days=1))

    assert row["Rows"] == 0


@pytest.mark.usefixtures("estate")
async def test_a_faulty_query_is_refused(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="BadArgumentError"):
        await ask(cloud, "StorageBlobLogs | where Nobody == 1")


async def test_a_table_that_is_not_there_is_refused(estate: Estate, cloud: Cloud) -> None:
    estate.logs.missing.add("StorageBlobLogs")

    with pytest.raises(Refused):
        await ask(cloud)


async def test_whoever_may_not_query_is_refused(estate: Estate, cloud: Cloud) -> None:
    estate.world.directory["read"].grants.clear()

    with pytest.raises(Refused, match="InsufficientAccess"):
        await ask(cloud)


async def test_without_a_workspace_nothing_is_sent(estate: Estate, settings: Settings) -> None:
    cloud = Cloud(replace(settings, workspace=""))

    with pytest.raises(Refused, match="TOURNIQUET_WORKSPACE"):
        await ask(cloud)
    assert estate.logs.asked == []
    await cloud.close()


@pytest.mark.usefixtures("estate")
async def test_an_answer_that_takes_too_long_is_not_waited_for(cloud: Cloud) -> None:
    now = datetime.now(UTC)

    with pytest.raises(Postponed):
        await cloud.logs.ask(COUNT, since=now - timedelta(days=1), until=now, within=timedelta(microseconds=1))
