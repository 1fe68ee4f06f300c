"""The door against the simulated estate: the whole line of two measures, over the wire, with rights and propagation."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud import Cloud, Reply, State
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.errors import Refused
from incident.resource import ResourceId
from incident.settings import Settings

NOTHING = timedelta(0)
MINUTE = timedelta(minutes=1)
ID = "0d2c5f0e-6a52-5f0c-9d8b-1f2e3d4c5b6a"
READS = ("Microsoft.Storage/*/read", "Microsoft.Network/*/read", "Microsoft.Insights/eventtypes/values/Read")


@pytest.fixture
async def estate() -> AsyncIterator[Estate]:
    async with Estate.serve(delays=Delays(poll=NOTHING, operation=NOTHING)) as running:
        running.grant("read", *READS)
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


async def settled(cloud: Cloud, reply: Reply) -> Reply:
    for _ in range(50):
        if reply.state is not State.RUNNING or reply.poll_url is None:
            break
        reply = await cloud.poll(reply.poll_url)
    return reply


async def test_an_open_account_is_closed_and_a_stranger_sees_it(estate: Estate, clinic: Clinic, cloud: Cloud) -> None:
    estate.grant("contain", "Microsoft.Storage/storageAccounts/write")
    account = ResourceId(clinic.account("phistore").opens_to_anyone().id)
    before = await cloud.arm.read(account)
    assert (await cloud.probe.anonymous_list(before, "scans")).refused is False

    async def send(cloud: Cloud) -> object:
        patch: Any = {"properties": {"allowBlobPublicAccess": False}}
        return await cloud.storage(account.subscription).storage_accounts.update(account.group, account.name, patch)

    with estate.world.at_once():
        reply = await cloud.perform(send, request_id=ID, timeout=MINUTE)

    assert (reply.status, reply.state) == (200, State.SUCCEEDED)
    assert (await cloud.arm.read(account)).properties["allowBlobPublicAccess"] is False
    assert (await cloud.probe.anonymous_list(before, "scans")).code == "PublicAccessNotPermitted"
    [container] = await cloud.arm.children(account, "blobServices/default/containers")
    assert container.body["name"] == "scans"
    assert estate.used("contain") == {"Microsoft.Storage/storageAccounts/write"}


async def test_a_group_is_put_back_under_its_etag_and_polled(estate: Estate, clinic: Clinic, cloud: Cloud) -> None:
    from azure.mgmt.network.models import NetworkSecurityGroup

    estate.grant("contain", "Microsoft.Network/networkSecurityGroups/*")
    group = ResourceId(clinic.subnet("phi").opens_egress().nsg)
    before = await cloud.arm.read(group)
    wanted = NetworkSecurityGroup(before.body)
    assert wanted.properties is not None
    wanted.properties.flush_connection = True

    async def send(cloud: Cloud) -> object:
        groups = cloud.network(group.subscription).network_security_groups
        match = {"If-Match": before.etag}
        return await groups.begin_create_or_update(group.group, group.name, wanted, polling=False, headers=match)

    assert (await settled(cloud, await cloud.perform(send, request_id=ID, timeout=MINUTE))).state is State.SUCCEEDED
    after = await cloud.arm.read(group)
    assert after.properties["flushConnection"] is True
    assert [rule["name"] for rule in after.properties["securityRules"]] == ["allow-all-out"]
    with pytest.raises(Refused) as stale:
        await cloud.perform(send, request_id=ID, timeout=MINUTE)
    assert stale.value.code == "PreconditionFailed"


async def test_a_right_that_is_not_held_is_told_by_name(clinic: Clinic, cloud: Cloud) -> None:
    account = ResourceId(clinic.account("phistore").id)

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PATCH", account, {"properties": {"allowBlobPublicAccess": False}})

    with pytest.raises(Refused, match=r"lacks Microsoft.Storage/storageAccounts/write on /subscriptions/") as refused:
        await cloud.perform(send, request_id=ID, timeout=MINUTE)
    assert refused.value.code == "AuthorizationFailed"


async def test_our_id_comes_back_in_the_activity_log(estate: Estate, clinic: Clinic, cloud: Cloud) -> None:
    estate.grant("contain", "Microsoft.Storage/storageAccounts/write")
    account = ResourceId(clinic.account("phistore").id)

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PATCH", account, {"properties": {"allowBlobPublicAccess": False}})

    await cloud.perform(send, request_id=ID, timeout=MINUTE)
    now = datetime.now(UTC)
    events = await cloud.arm.activity(account, now - timedelta(hours=1), now + timedelta(hours=1))

    assert any(ID in str(event) for event in events)


async def test_notices_reach_the_topic(estate: Estate, cloud: Cloud) -> None:
    estate.grant("evidence", "Microsoft.EventGrid/events/send/action", "Microsoft.EventGrid/topics/send/action")

    await cloud.publish([{"specversion": "1.0", "id": "1", "source": "/t", "type": "t.reminder", "data": {"a": 1}}])

    assert [event["id"] for event in estate.topic_events] == ["1"]
