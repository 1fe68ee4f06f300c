"""The measures against genuine recordings, and all that they say to the estate judged as Microsoft's validator does."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cloud import Cloud, Reply, State
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.settings import Settings
from incident.target import Before, Target
from responders import measures
from responders.measure import Call, Irreversible, Measure
from responders.roles import roles
from tests.conformance.arm.exchange import Exchange
from tests.conformance.arm.gate import described, judge, validated, weighed
from tests.conformance.arm.replay import Replay, Sent
from tests.responders.measures.scenes import DIRECTORY_SCENES, SCENES, hatched

pytestmark = [pytest.mark.conformance, pytest.mark.usefixtures("shared")]

BUDGET = timedelta(seconds=20)
NOTHING = timedelta(0)
INCIDENT = "t-1"
UNLISTED = {
    "microsoft.appconfiguration/configurationstores/keyvalues/read",
    "microsoft.appconfiguration/configurationstores/keyvalues/write",
    "microsoft.operationalinsights/workspaces/query/storagebloblogs/read",
    "microsoft.securityinsights/incidents/alerts/action",
    "microsoft.securityinsights/incidents/entities/action",
}
"""Microsoft's lists at hand name other tables of the same pattern, and Sentinel's actions by wildcard alone.
App Configuration is in none of them."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A recording from the exchange `first` on, and the measure that is to follow it.

    `reads`: whether the recorded run reads first. `takes` shapes the state that was read, where the recorded run had
    another beginning than an attack has.
    """

    measure: str
    group: str
    file: str
    first: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    reads: bool = True
    takes: Callable[[Before], Before] = lambda before: before


def opened(**properties: Any) -> Callable[[Before], Before]:
    """The state with these properties."""
    return lambda before: Before({**before.body, "properties": {**before.properties, **properties}})


UPDATE, SERVICES = "storage-account-update", "storage-blobservice"
RECORDED = (
    Recorded(
        measure="disable_shared_keys",
        group=UPDATE,
        file="test_storage_account_with_shared_key_access.json",
        first=0,
    ),
    Recorded(
        measure="stop_cross_tenant_copy",
        group=UPDATE,
        file="test_storage_account_allow_cross_tenant_replication.json",
        first=5,
        takes=opened(allowCrossTenantReplication=True),
    ),
    Recorded(
        measure="deny_public_network",
        group=UPDATE,
        file="test_storage_account_resource_access_rules.json",
        first=3,
    ),
    Recorded(
        measure="require_tls",
        group=UPDATE,
        file="test_storage_account_with_key_and_sas_policy.json",
        first=11,
    ),
    Recorded(
        measure="limit_sas_lifetime",
        group=UPDATE,
        file="test_storage_account_with_key_and_sas_policy.json",
        first=11,
    ),
    Recorded(
        measure="rotate_account_keys",
        group="storage-regenerate-key",
        file="test_renew_account_key.json",
        first=1,
        parameters={"key": "key1"},
        reads=False,
    ),
    Recorded(
        measure="keep_deleted_blobs",
        group=SERVICES,
        file="test_storage_account_update_delete_retention_policy.json",
        first=0,
        reads=False,
    ),
    Recorded(measure="hold_container", group="storage-legalhold", file="test_legal_hold.json", first=4, reads=False),
    Recorded(
        measure="make_evidence_immutable",
        group="storage-immutability",
        file="test_immutability_policy.json",
        first=3,
        reads=False,
    ),
    Recorded(
        measure="reject_private_endpoint",
        group="storage-pec",
        file="test_private_endpoint_connection_storage_account.2021.json",
        first=14,
    ),
    Recorded(
        measure="turn_rule_to_deny",
        group="nsg-rule",
        file="test_network_nsg.json",
        first=13,
        takes=opened(access="Allow"),
    ),
    Recorded(measure="close_peering", group="vnet-peering", file="test_network_vnet_peering.json", first=46),
    Recorded(measure="delete_peering", group="vnet-peering", file="test_network_vnet_peering.json", first=46),
    Recorded(
        measure="lock_against_deletion", group="lock", file="test_lock_commands_with_ids.json", first=8, reads=False
    ),
    Recorded(
        measure="restore_diagnostics",
        group="diag",
        file="test_monitor_diagnostic_settings_scenario.json",
        first=0,
        parameters={"forensic_workspace": "/subscriptions/s/resourceGroups/g/providers/w/w/soc-logs"},
        reads=False,
    ),
    Recorded(
        measure="assign_policy",
        group="policy-assignment",
        file="test_resource_policy_non_compliance_messages.json",
        first=0,
        parameters={"policy": "404c3081-a854-4457-ae30-26a93ef643f9"},
        reads=False,
        takes=lambda before: Before({**before.body, "absent": True}),
    ),
    Recorded(
        measure="remove_role_assignment",
        group="role-assignment",
        file="test_role_assignment_create_update.json",
        first=4,
        reads=False,
    ),
)


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.measure)
async def test_a_recorded_run_is_what_the_measure_asks_for(case: Recorded, spec: Path) -> None:
    measure = measures.by_id(case.measure)
    async with Replay.of(case.group, case.file, first=case.first) as replay:
        cloud, target = (
            replay.cloud(),
            Target(resource=_resource(replay), incident=INCIDENT, parameters=case.parameters),
        )
        before = case.takes(await measure.read(cloud, target) if case.reads else Before({"id": target.resource.text}))
        calls = measure.contain(target, before)

        replies = [await _performed(cloud, call) for call in calls]

        assert calls
        assert all(reply.state is State.SUCCEEDED for reply in replies)
        assert replay.unrecorded == []
        assert len(replay.writes) == len(calls)
        assert _faults(replay.writes, spec) == []


def _resource(replay: Replay) -> ResourceId:
    """The resource that the first write of the recording is for, without the verb of a POST."""
    one = next(one for one in replay.tape.exchanges if one.is_write)
    resource = ResourceId.parse(one.url.partition("?")[0].partition("management.azure.com")[2])
    return ResourceId("/" + "/".join(resource.segments[:-1])) if one.method == "POST" else resource


def _faults(writes: Iterable[Sent], spec: Path) -> list[Any]:
    """What Microsoft's validator has against our requests."""
    pairs = [
        {
            "id": f"sent#{at}",
            "liveRequest": {
                "method": one.method,
                "url": f"https://management.azure.com{one.path}?api-version={one.version}",
                "headers": dict(one.headers),
                "body": one.body,
            },
            "liveResponse": {"statusCode": "200", "headers": {}, "body": {}},
        }
        for at, one in enumerate(writes)
    ]
    capture = [Exchange.of(pair) for pair in pairs]
    return [fault for fault in weighed(capture, validated(capture, spec)).faults if fault.side == "request"]


async def test_a_rotation_keeps_nothing_of_the_answer() -> None:
    rotation = measures.by_id("rotate_account_keys")
    async with Replay.of("storage-regenerate-key", "test_renew_account_key.json", first=1) as replay:
        cloud = replay.cloud()
        target = Target(resource=_resource(replay), incident=INCIDENT, parameters={"key": "key1"})
        [call] = rotation.contain(target, Before({}))

        reply = await _performed(cloud, call)

    assert "value" not in json.dumps(reply.as_row(), default=str)


def test_everything_that_the_measures_say_to_the_estate_is_without_fault(spec: Path) -> None:
    pairs: list[Any] = []
    spoken = sorted(set(SCENES) - set(DIRECTORY_SCENES))  # Graph is in no specification of Resource Manager
    for name in spoken:
        pairs += [{**pair, "id": f"{name}/{pair['id']}"} for pair in _played(name)]

    verdict = judge(described(pairs), spec)

    assert verdict.ok, str(verdict)
    assert len(pairs) > 5 * len(spoken)


def _played(name: str) -> Sequence[Any]:
    delays = Delays(poll=NOTHING, operation=NOTHING, blobs=NOTHING, rules=NOTHING, delegations=NOTHING, roles=NOTHING)
    with pytest.MonkeyPatch.context() as patch, Estate.in_thread(delays=delays) as estate:
        for key, value in estate.environment().items():
            patch.setenv(key, value)
        asyncio.run(_contained_and_undone(measures.by_id(name), name, estate))
        return estate.exchanges


async def _contained_and_undone(measure: Measure, name: str, estate: Estate) -> None:
    required = {f"TOURNIQUET_{word}": "unused" for word in ("TABLES", "EVIDENCE", "POLICY")}
    clinic, cloud = Clinic(estate), Cloud(Settings.read({**estate.environment(), **required}))
    for tier in ("read", "contain", "directory"):
        estate.grant(tier, "*")
    try:
        scene = SCENES[name]
        resource = ResourceId(scene.resource(clinic).replace("{incident}", INCIDENT))
        if scene.canaries:
            hatched(cloud, clinic)
        target = Target(resource=resource, incident=INCIDENT, parameters=scene.parameters)
        before = await measure.read(cloud, target)
        for call in measure.contain(target, before):
            await _performed(cloud, call)
        assert (await measure.verify(cloud, target)).holds
        undo = measure.undo(target, before.onto(await measure.read(cloud, target)))
        for call in () if isinstance(undo, Irreversible) else undo:
            await _performed(cloud, call)
    finally:
        await cloud.close()


async def _performed(cloud: Cloud, call: Call) -> Reply:
    reply = await cloud.perform(call.send, request_id=str(uuid4()), timeout=BUDGET)
    for _ in range(100):
        if reply.state is not State.RUNNING or reply.poll_url is None:
            break
        reply = await cloud.poll(reply.poll_url)
    return reply


def test_every_right_of_every_role_is_one_of_microsofts(shared: Path) -> None:
    listed = {
        name.removesuffix("#data").casefold() for name in json.loads((shared / "arm" / "operations.json").read_text())
    }
    named = {
        action.casefold()
        for role in roles(measures.every())["roles"]
        for action in (*role["actions"], *role["dataActions"])
    }

    assert named - listed == UNLISTED
