"""Log Analytics, asked by Microsoft's own client: the very KQL, over what the drill's traffic wrote."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity.aio import ManagedIdentityCredential
from azure.monitor.query.aio import LogsQueryClient

from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic

DISCLOSED = """
StorageBlobLogs
| where OperationName == "GetBlob" and StatusText == "Success"
| extend Caller = tostring(split(CallerIpAddress, ":")[0])
| summarize Objects = dcount(ObjectKey), Bytes = sum(ResponseBodySize), First = min(TimeGenerated) by Caller
| order by Bytes desc
"""
NOTHING = timedelta(0)


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    with Estate.in_thread(delays=Delays(blobs=NOTHING, rules=NOTHING, poll=NOTHING)) as running:
        running.grant("read", "Microsoft.OperationalInsights/workspaces/query/read")
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
async def logs(estate: Estate) -> AsyncIterator[LogsQueryClient]:
    client_id = estate.environment()["TOURNIQUET_IDENTITY_READ"]
    async with (
        ManagedIdentityCredential(client_id=client_id) as credential,
        LogsQueryClient(
            credential,
            endpoint=estate.logs_url,
            audience="https://api.loganalytics.io",
            connection_verify=estate.ca_file,
        ) as client,
    ):
        yield client


async def asked(logs: LogsQueryClient, estate: Estate, query: str, hours: int = 1) -> list[Any]:
    result: Any = await logs.query_workspace(estate.workspace_id, query, timespan=timedelta(hours=hours))
    (table,) = result.tables
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


async def test_who_read_what_is_told_by_the_drills_own_traffic(
    estate: Estate, clinic: Clinic, logs: LogsQueryClient
) -> None:
    clinic.account("phistore").opens_to_anyone()
    thief = clinic.thief.with_account_sas("phistore").through(caller="198.51.100.7")
    for name in ("0001.dcm", "0001.dcm", "0002.dcm"):
        clinic.stranger.reads(f"phistore/scans/{name}")
    thief.reads("phistore/scans/0003.dcm")

    rows = await asked(logs, estate, DISCLOSED)

    assert [(row["Caller"], row["Objects"], row["Bytes"]) for row in rows] == [
        ("203.0.113.66", 2, 3 * 2048),
        ("198.51.100.7", 1, 2048),
    ]
    assert rows[0]["First"].tzinfo is not None


async def test_flows_and_writes_are_rows_too(estate: Estate, clinic: Clinic, logs: LogsQueryClient) -> None:
    clinic.flow_logged()
    clinic.subnet("phi").opens_egress()
    clinic.vm("phi-vm").connects("203.0.113.9:443").sends(size=4000)

    flows = await asked(logs, estate, "NTANetAnalytics | summarize Bytes = sum(BytesSrcToDest) by DestIp, SrcVm")
    writes = await asked(
        logs, estate, "AzureActivity | where OperationNameValue has 'SECURITYRULES/WRITE' | project Caller"
    )

    assert flows == [{"DestIp": "203.0.113.9", "SrcVm": "clinic/phi-vm", "Bytes": 4000}]
    assert writes == [{"Caller": "attacker@clinic.example"}]


async def test_empty_tables_have_their_columns(estate: Estate, logs: LogsQueryClient) -> None:
    assert await asked(logs, estate, "StorageBlobLogs | where AuthenticationType == 'SAS' | count") == [{"Count": 0}]


async def test_rows_outside_of_the_timespan_are_left_out(estate: Estate, clinic: Clinic, logs: LogsQueryClient) -> None:
    clinic.account("phistore").opens_to_anyone()
    clinic.stranger.reads("phistore/scans/0001.dcm")
    estate.storage_log[0]["TimeGenerated"] = "2020-01-01T00:00:00.0000000Z"

    assert await asked(logs, estate, "StorageBlobLogs | count") == [{"Count": 0}]
    assert await asked(logs, estate, "StorageBlobLogs | count", hours=24 * 365 * 20) == [{"Count": 1}]


@pytest.mark.parametrize(
    "query", ["StorageBlobLogs | wherex true", "StorageBlobLogs | project Nothing", "Nowhere | count"]
)
async def test_a_faulty_query_is_refused_as_log_analytics_refuses_it(
    estate: Estate, logs: LogsQueryClient, query: str
) -> None:
    with pytest.raises(HttpResponseError) as refusal:
        await asked(logs, estate, query)

    assert refusal.value.status_code == 400
    assert refusal.value.error is not None
    assert refusal.value.error.code == "BadArgumentError"


async def test_a_table_that_nothing_was_sent_to_is_not_there(estate: Estate, logs: LogsQueryClient) -> None:
    estate.logs.missing.add("StorageBlobLogs")

    with pytest.raises(HttpResponseError, match="StorageBlobLogs"):
        await asked(logs, estate, "StorageBlobLogs | count")


async def test_whoever_may_not_query_does_not(estate: Estate, logs: LogsQueryClient) -> None:
    estate.world.directory["read"].grants.clear()

    with pytest.raises(HttpResponseError, match="insufficient access"):
        await asked(logs, estate, "StorageBlobLogs | count")


async def test_a_token_for_something_else_is_refused(estate: Estate, clinic: Clinic) -> None:
    async with (
        ManagedIdentityCredential(client_id=estate.environment()["TOURNIQUET_IDENTITY_READ"]) as credential,
        LogsQueryClient(
            credential, endpoint=estate.logs_url, audience="https://vault.azure.net", connection_verify=estate.ca_file
        ) as client,
    ):
        with pytest.raises(HttpResponseError, match="InvalidTokenError"):
            await asked(client, estate, f"StorageBlobLogs | where AccountName == '{clinic.account('phistore').name}'")
