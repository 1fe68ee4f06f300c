import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from cloud import Cloud
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.errors import Refused
from incident.resource import ResourceId
from incident.settings import Settings
from incident.target import Before

BUDGET = timedelta(seconds=10)
ACL = "Microsoft.Storage/storageAccounts/blobServices/containers/{}Acl/action"


@pytest.fixture
async def estate() -> AsyncIterator[Estate]:
    async with Estate.serve(delays=Delays(blobs=timedelta(0))) as running:
        yield running


@pytest.fixture
def clinic(estate: Estate) -> Clinic:
    return Clinic(estate)


@pytest.fixture
async def cloud(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    for name, value in estate.environment().items():
        monkeypatch.setenv(name, value)
    required = {f"TOURNIQUET_{name}": "x" for name in ("TABLES", "EVIDENCE", "POLICY")}
    cloud = Cloud(Settings.read({**os.environ, **required}))
    yield cloud
    await cloud.close()


@pytest.fixture
async def account(cloud: Cloud, clinic: Clinic, estate: Estate) -> Before:
    estate.grant("read", "Microsoft.Storage/storageAccounts/read", ACL.format("get"))
    estate.grant("contain", ACL.format("set"))
    return await cloud.arm.read(ResourceId(clinic.account("phistore").has_policy("scans", "partners & friends").id))


async def test_policies_are_read_and_written_whole(cloud: Cloud, account: Before) -> None:
    [policy] = await cloud.blobs.policies(account, "scans")
    start = account.properties["primaryEndpoints"]["blob"]

    reply = await cloud.perform(
        lambda here: here.blobs.write_policies(start, "scans", [policy, {"Id": "empty"}], "None"),
        request_id="11111111-1111-4111-8111-111111111111",
        timeout=BUDGET,
    )

    assert reply.status == 200
    assert policy["Id"] == "partners & friends"
    assert policy["Permission"] == "rl"
    assert {one["Id"] for one in await cloud.blobs.policies(account, "scans")} == {"partners & friends", "empty"}


async def test_a_rehearsal_shows_the_document_and_sends_nothing(cloud: Cloud, account: Before) -> None:
    start = account.properties["primaryEndpoints"]["blob"]

    request = await cloud.rehearse(lambda here: here.blobs.write_policies(start, "scans", [], "Blob"))

    assert (request.method, request.headers["x-ms-blob-public-access"]) == ("PUT", "blob")
    assert "SignedIdentifiers" in request.as_row()["body"]
    assert len(await cloud.blobs.policies(account, "scans")) == 1


async def test_nothing_is_written_to_an_address_that_is_no_blob_endpoint(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="no blob endpoint"):
        await cloud.rehearse(lambda here: here.blobs.write_policies("https://evil.example/", "scans", [], "None"))


async def test_who_may_not_read_the_policies_is_told_so(cloud: Cloud, clinic: Clinic, estate: Estate) -> None:
    estate.grant("read", "Microsoft.Storage/storageAccounts/read")
    account = await cloud.arm.read(ResourceId(clinic.account("phistore").id))

    with pytest.raises(Refused) as refused:
        await cloud.blobs.policies(account, "scans")

    assert refused.value.code == "AuthorizationPermissionMismatch"
