"""Genuine recordings, run again by production's own door to Azure."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from cloud import Cloud
from incident.errors import Refused
from incident.resource import ResourceId
from tests.cloud.wire import Quick
from tests.conformance.arm import material
from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.recordings import Recording, recordings
from tests.conformance.arm.replay import Replay, Tape
from tests.conformance.arm.rerun import Rerun, Write
from tests.conformance.runs import JUDGED, RECORDED

pytestmark = [pytest.mark.conformance, pytest.mark.usefixtures("shared")]

ACCOUNT = "storage-account-update", "test_storage_account_with_shared_key_access.json"
BUDGET = timedelta(seconds=20)
PROTECTOR = "sql-protector", "test_sql_tdebyok.2021.json"
MEASURED = {
    "backup-item": {"stop_backup"},
    "dataprotection-vault": {"make_instance_vault_immutable", "refuse_foreign_instance_restores"},
    "diag": {"restore_diagnostics"},
    "graph-app": {"disable_service_principal", "remove_app_credential"},
    "keyvault": {"deny_vault_network", "protect_vault_from_purge", "remove_vault_principal"},
    "law-table": {"keep_logs"},
    "lock": {"lock_against_deletion"},
    "nic": {"isolate_network_card"},
    "nsg": {"deny_internet_egress"},
    "nsg-rule": {"turn_rule_to_deny"},
    "policy-assignment": {"assign_policy", "enforce_policy"},
    "role-assignment": {"remove_role_assignment"},
    "sentinel": {"disable_closing_rule", "restore_analytics_rule"},
    "sql-firewall": {"delete_firewall_rule"},
    "sql-key": {"add_tde_key", "forget_tde_key"},
    "sql-protector": {"set_tde_protector", "use_service_key"},
    "sql-server": {"close_sql_server"},
    "storage-account-create": {"disable_public_network"},
    "storage-account-update": {
        "deny_public_network",
        "disable_shared_keys",
        "limit_sas_lifetime",
        "require_tls",
        "stop_cross_tenant_copy",
    },
    "storage-blobservice": {"keep_deleted_blobs"},
    "storage-container": {"close_container"},
    "storage-immutability": {"lock_immutability", "make_evidence_immutable"},
    "storage-legalhold": {"hold_container"},
    "storage-pec": {"reject_private_endpoint"},
    "storage-regenerate-key": {"rotate_account_keys"},
    "vault": {"make_vault_immutable", "refuse_foreign_restores"},
    "vnet-peering": {"close_peering", "delete_peering"},
    "web-config": {"close_function_network"},
    "web-site": {"give_identity", "stop_function"},
    "web-stop": {"stop_function"},
}
"""By group, the measures that are tried by its runs and states (runs.py); all of it is run again by our own cloud."""
UNMEASURED = {
    "backup-config": "read where a vault that no longer keeps what is deleted is judged; never written",
    "backup-policy": "no measure writes the policies of a vault: shorter retention would lose recovery points",
    "bastion": "no measure makes or removes a bastion host",
    "budget": "no measure writes budgets",
    "dataprotection-guard": "no measure makes resource guards: their owner is to be somebody else than the responder",
    "errors": "refusals of every dialect; what becomes of them is held to containment.md §9",
    "keyvault-deleted": "no measure purges a vault",
    "keyvault-pec": "only private endpoints of storage accounts are rejected",
    "law": "no measure makes or changes workspaces",
    "private-endpoint": "no measure makes or deletes private endpoints",
    "resource-graph": "a question, asked by Arm.graph",
    "sql-audit": "no measure writes auditing settings",
    "sql-pec": "only private endpoints of storage accounts are rejected",
    "sql-tde": "read by the proof of a protector, of which the api-version of 2014 tells otherwise; never written",
    "storage-list-keys": "no measure lists keys: Tourniquet's roles do not hold the right",
    "subnet": "no measure changes subnets: their security groups are changed",
}
"""Why no measure asks for what a group holds; all of it is run again by our own cloud."""


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


def _ended_early(one: Exchange) -> Exchange:
    """An operation that is told to have ended before it had."""
    return replace(one, reply={**one.reply, "status": "Succeeded"}) if _is_under_way(one) else one


def _told_nowhere(one: Exchange) -> Exchange:
    """An acceptance that says nowhere how the operation goes."""
    return replace(one, reply_headers={}) if one.status == 202 else one


def _of_another_key(one: Exchange) -> Exchange:
    """A protector that is another than the one recorded."""
    return replace(one, reply={**one.reply, "kind": "other"}) if one.is_of_resource and one.method == "GET" else one


def _refused(one: Exchange) -> Exchange:
    """A write that is refused where it was accepted."""
    return replace(one, status=409, reply={"error": {"code": "Conflict"}}) if one.method == "PUT" else one


def _is_under_way(one: Exchange) -> bool:
    return one.is_poll and one.reply["status"] == "InProgress"


SPOILT = (_ended_early, _told_nowhere, _of_another_key, _refused)


def test_the_table_names_every_group_of_the_manifest() -> None:
    manifest = json.loads((material.recorded() / "MANIFEST.json").read_text())

    assert {*MEASURED, *UNMEASURED} == {one["group"] for one in manifest}
    assert MEASURED.keys() & UNMEASURED.keys() == set()


def test_the_table_says_which_measures_are_tried() -> None:
    tried: dict[str, set[str]] = {}
    for case in (*RECORDED, *JUDGED):
        tried.setdefault(case.group, set()).add(case.measure)

    assert tried == MEASURED


@pytest.mark.parametrize("group", sorted({*MEASURED, *UNMEASURED}))
async def test_every_recorded_run_is_run_again_by_our_own_cloud(group: str) -> None:
    runs = [one for one in recordings(material.recorded(), group) if one.group == group]
    async with Replay.of(group, runs[0].file) as replay:
        cloud = replay.cloud(clock=Quick())
        for recording in runs:
            replay.insert(recording, recording.exchanges)
            rerun = Rerun(replay, cloud, TYPED)
            await rerun.whole()

            answers = [sent.recorded.id for sent in replay.sent if sent.recorded]
            assert replay.unrecorded == []
            assert answers == [one.id for one in recording.exchanges if one not in rerun.unsent]


def test_every_typed_write_was_recorded(recorded: Mapping[str, Recording]) -> None:
    kinds = {(one.method, one.type) for recording in recorded.values() for one in recording.exchanges}

    assert TYPED.keys() <= kinds


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__.strip("_"))
async def test_a_run_that_goes_otherwise_is_seen(spoil: Callable[[Exchange], Exchange]) -> None:
    async with Replay.of(*PROTECTOR) as replay:
        replay.insert(replay.recording, [spoil(one) for one in replay.recording.exchanges])

        with pytest.raises((AssertionError, Refused)):
            await Rerun(replay, replay.cloud(clock=Quick()), TYPED).whole()


async def test_a_write_that_says_something_else_is_seen() -> None:
    def managed(cloud: Cloud, resource: ResourceId, _body: Json) -> Awaitable[object]:
        return cloud.arm.write("PUT", resource, {"properties": {"serverKeyType": "ServiceManaged"}})

    async with Replay.of(*PROTECTOR) as replay:
        rerun = Rerun(
            replay, replay.cloud(clock=Quick()), {("PUT", "microsoft.sql/servers/encryptionprotector"): managed}
        )

        with pytest.raises(AssertionError):
            await rerun.whole()


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
