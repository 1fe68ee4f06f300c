"""Genuine recordings, run again by production's own door to Azure."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from cloud import Cloud
from cloud.exchange import State
from cloud.versions import version_for
from incident.errors import Refused
from incident.resource import ResourceId
from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.recordings import Recording
from tests.conformance.arm.replay import Replay, Tape

pytestmark = [pytest.mark.conformance, pytest.mark.usefixtures("shared")]

type Write = Callable[[Cloud, ResourceId, Json], Awaitable[object]]

ACCOUNT = "storage-account-update", "test_storage_account_with_shared_key_access.json"
BUDGET = timedelta(seconds=20)
RUNNING = {"azure-asyncoperation", "location"}
READ_ONLY = {"etag", "id", "provisioningState"}


def _patch_account(cloud: Cloud, account: ResourceId, body: Json) -> Awaitable[object]:
    from azure.mgmt.storage.models import StorageAccountUpdateParameters

    typed = StorageAccountUpdateParameters(body)
    return cloud.storage(account.subscription).storage_accounts.update(account.group, account.name, typed)


def _put_account(cloud: Cloud, account: ResourceId, body: Json) -> Awaitable[object]:
    from azure.mgmt.storage.models import StorageAccountCreateParameters

    accounts, typed = cloud.storage(account.subscription).storage_accounts, StorageAccountCreateParameters(body)
    return accounts.begin_create(account.group, account.name, typed, polling=False)


def _put_container(cloud: Cloud, container: ResourceId, body: Json) -> Awaitable[object]:
    return cloud.storage(container.subscription).blob_containers.create(*_container(container, body))


def _patch_container(cloud: Cloud, container: ResourceId, body: Json) -> Awaitable[object]:
    return cloud.storage(container.subscription).blob_containers.update(*_container(container, body))


def _container(container: ResourceId, body: Json) -> tuple[str, str, str, Any]:
    from azure.mgmt.storage.models import BlobContainer

    return container.group, container.after("storageAccounts") or "", container.name, BlobContainer(body)


def _put_group(cloud: Cloud, group: ResourceId, body: Json) -> Awaitable[object]:
    from azure.mgmt.network.models import NetworkSecurityGroup

    groups, typed = cloud.network(group.subscription).network_security_groups, NetworkSecurityGroup(body)
    return groups.begin_create_or_update(group.group, group.name, typed, polling=False)


def _put_rule(cloud: Cloud, rule: ResourceId, body: Json) -> Awaitable[object]:
    from azure.mgmt.network.models import SecurityRule

    group, typed = rule.after("networkSecurityGroups") or "", SecurityRule(body)
    rules = cloud.network(rule.subscription).security_rules
    return rules.begin_create_or_update(rule.group, group, rule.name, typed, polling=False)


TYPED: dict[tuple[str, str], Write] = {
    ("PATCH", "microsoft.storage/storageaccounts"): _patch_account,
    ("PUT", "microsoft.storage/storageaccounts"): _put_account,
    ("PUT", "microsoft.storage/storageaccounts/blobservices/containers"): _put_container,
    ("PATCH", "microsoft.storage/storageaccounts/blobservices/containers"): _patch_container,
    ("PUT", "microsoft.network/networksecuritygroups"): _put_group,
    ("PUT", "microsoft.network/networksecuritygroups/securityrules"): _put_rule,
}


async def test_every_recorded_run_is_run_again_by_our_own_cloud(recorded: Mapping[str, Recording]) -> None:
    typed, exchanges = set(), 0
    for recording in recorded.values():
        async with Replay.of(recording.group, recording.file) as replay:
            cloud = replay.cloud()
            for one in replay.recording.exchanges:
                await _run_again(cloud, replay, one)
            assert replay.unrecorded == []
            assert [sent.recorded for sent in replay.sent] == list(replay.recording.exchanges)
            typed |= {(sent.method, sent.recorded.type) for sent in replay.writes if sent.recorded} & TYPED.keys()
            exchanges += len(replay.sent)

    assert typed == TYPED.keys()
    assert exchanges == sum(len(recording.exchanges) for recording in recorded.values())


async def _run_again(cloud: Cloud, replay: Replay, one: Exchange) -> None:
    if one.is_poll:
        state = State.RUNNING if one.status == 202 else State.SUCCEEDED
        assert (await cloud.poll(replay.here(one.url))).state == state, one.id
    elif one.method == "GET":
        assert (await cloud.arm.read(_resource(one))).body == replay.here(one.reply), one.id
    elif one.succeeded:
        await _write_again(cloud, replay, one)
    else:
        with pytest.raises(Refused) as refused:
            await _write_again(cloud, replay, one)
        assert refused.value.code == one.reply["error"]["code"], one.id


async def _write_again(cloud: Cloud, replay: Replay, one: Exchange) -> None:
    resource, request_id = _resource(one), str(uuid4())
    write = TYPED.get((one.method, one.type))

    async def send(here: Cloud) -> None:
        if write:
            await write(here, resource, one.body)
        else:
            await here.arm.write(one.method, resource, one.body)

    reply = await cloud.perform(send, request_id=request_id, timeout=BUDGET)

    sent = replay.sent[-1]
    assert _written(sent.body) == _written(one.body), one.id
    assert sent.version == version_for(resource)
    assert sent.headers["x-ms-client-request-id"] == request_id
    assert sent.headers["authorization"] == "Bearer replayed"
    assert reply.status == one.status
    assert (reply.poll_url is not None) == bool(RUNNING & one.reply_headers.keys()), one.id


def _resource(one: Exchange) -> ResourceId:
    return ResourceId.parse(one.url.partition("?")[0].removeprefix("https://management.azure.com"))


def _written(body: Any) -> Any:
    """A body without what its service sets; the typed clients leave that out, the recorded one sent it."""
    if not isinstance(body, dict):
        return body
    return {name: _written(value) for name, value in body.items() if name not in READ_ONLY}


async def test_a_read_does_not_see_a_write_that_was_not_made() -> None:
    async with Replay.of(*ACCOUNT) as replay:
        cloud = replay.cloud()

        first = await cloud.arm.read(replay.resource)
        again = await cloud.arm.read(replay.resource)

    assert first.properties["allowSharedKeyAccess"] is True
    assert again == first


async def test_a_write_is_read_back() -> None:
    async with Replay.of(*ACCOUNT) as replay:
        cloud = replay.cloud()
        before = await cloud.arm.read(replay.resource)
        await cloud.perform(_shared_keys(before.body["id"], allowed=False), request_id=str(uuid4()), timeout=BUDGET)

        after = await cloud.arm.read(replay.resource)

    assert after.properties["allowSharedKeyAccess"] is False
    assert replay.writes[0].body == {"properties": {"allowSharedKeyAccess": False}}


async def test_what_the_recording_does_not_hold_is_refused_and_kept() -> None:
    async with Replay.of(*ACCOUNT) as replay:
        with pytest.raises(Refused, match="does not hold GET"):
            await replay.cloud().arm.read(ResourceId.parse("/subscriptions/1/resourceGroups/elsewhere"))

    assert [sent.path for sent in replay.unrecorded] == ["/subscriptions/1/resourcegroups/elsewhere"]


async def test_a_recording_can_begin_later() -> None:
    async with Replay.of(*ACCOUNT, first=15) as replay:
        assert (await replay.cloud().arm.read(replay.resource)).properties["allowSharedKeyAccess"] is False


async def test_a_stranger_is_refused_by_the_flag_of_the_recorded_account() -> None:
    async with Replay.of(
        "storage-account-update", "test_storage_account_with_files_adds_sam_account_name.json"
    ) as replay:
        cloud = replay.cloud()
        account = await cloud.arm.read(replay.resource)

        sight = await cloud.probe.anonymous_list(account, "scans")

    assert account.properties["allowBlobPublicAccess"] is False
    assert (sight.refused, sight.code) == (True, "PublicAccessNotPermitted")


def test_a_tape_plays_writes_in_their_order_alone(recorded: Mapping[str, Recording]) -> None:
    first, patch, second, other = recorded["/".join(ACCOUNT)].exchanges
    tape = Tape((first, patch, replace(second, method="DELETE"), other))

    assert tape.play("DELETE", second.path) is None
    assert tape.play("PATCH", patch.path) is patch
    assert tape.play("PATCH", other.path) is None


def _shared_keys(account: str, *, allowed: bool) -> Callable[[Cloud], Awaitable[None]]:
    body = {"properties": {"allowSharedKeyAccess": allowed}}
    return lambda cloud: cloud.arm.write("PATCH", ResourceId.parse(account), body)
