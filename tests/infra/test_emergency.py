"""Each emergency template against its measure, in one simulated estate: what is so afterwards is the same."""

import json
from collections.abc import AsyncIterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from cloud import Cloud
from drills.estate import Estate
from drills.estate.clinic import GROUP, Clinic
from drills.estate.settable import resource as settable
from incident.resource import ResourceId
from incident.settings import Settings
from incident.target import Target
from infra.check.body import READ_ONLY
from infra.check.published import at, types
from infra.check.template import Template
from infra.playbooks import GROUP as GROUP_KIND
from infra.playbooks import PLAYBOOKS, SERVER, TABLE, VAULT, Kind, Playbook
from responders import measures
from responders.measure import Measure
from tests.conformance.arm import material
from tests.infra.deployment import Deployment, Json
from tests.responders.measures.scenes import FORENSIC_ADDRESS, SCENES

INCIDENT = "hir20261120"
GIVEN: Mapping[str, Any] = {
    "incident": INCIDENT,
    "forensicAddresses": [FORENSIC_ADDRESS],
    "forensicPrefix": SCENES["quarantine_subnet"].parameters["forensic_prefix"],
}
FOLDER = Path(__file__).parents[2] / "infra" / "emergency"
EVERY = pytest.mark.parametrize("playbook", PLAYBOOKS, ids=[each.measure for each in PLAYBOOKS])
RULES = "securityRules"
TURNING = {"deny_internet_egress"}
"""Measures that also turn rules before theirs to Deny; a template puts its own first, and lets the others stand."""


REPLACED = [each for each in PLAYBOOKS if each.kind in (VAULT, SERVER, TABLE)]
"""What the estate, like Azure, replaces as a whole."""
SCENE_PATHS = {
    VAULT.type: "Microsoft.KeyVault/vaults/clinic-kv",
    SERVER.type: "Microsoft.Sql/servers/ehr",
    TABLE.type: "Microsoft.OperationalInsights/workspaces/soc-logs/tables/StorageBlobLogs",
}
LONG = {"totalRetentionInDays": 4383}
"""Longer than is asked for: it is never lowered."""


@dataclass(frozen=True)
class OnCall:
    """Who deploys templates by hand, and what the responder would have done."""

    estate: Estate
    cloud: Cloud
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: Json | None, version: str) -> Json:
        headers = {"Authorization": f"Bearer {self.estate.token('on-call')}"}
        url, query = f"{self.estate.url}{path}", {"api-version": version}
        async with self.session.request(method, url, json=body, params=query, headers=headers) as answer:
            said: Json = await answer.json()
            assert answer.ok, said
            return said

    async def deploys(self, playbook: Playbook, resource: ResourceId) -> Json:
        template = json.loads((FOLDER / f"{playbook.measure}.json").read_text())
        names = dict(zip(playbook.kind.named, resource.text.split("/")[8::2], strict=True))
        given = {name: value for name, value in {**GIVEN, **names}.items() if name in template["parameters"]}
        return await Deployment(ask=self.ask, group=GROUP).of(template, given)

    async def contains(self, measure: Measure, target: Target) -> int:
        made = measure.contain(target, await measure.read(self.cloud, target))
        for call in made:
            await self.cloud.perform(call.send, request_id=str(uuid4()), timeout=timedelta(seconds=30))
        return len(made)


@pytest.fixture
async def on_call(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OnCall]:
    environment = estate.environment()
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, environment[name])
    nowhere = dict.fromkeys(("TOURNIQUET_TABLES", "TOURNIQUET_EVIDENCE", "TOURNIQUET_POLICY"), "unused")
    cloud = Cloud(Settings.read({**environment, **nowhere}))
    for principal in ("read", "contain"):
        estate.grant(principal, "*")
    estate.person("on-call", "*")
    estate.world.delays.roles = timedelta(0)
    connector = aiohttp.TCPConnector(ssl=cloud.clients.trust)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield OnCall(estate, cloud, session)
    await cloud.close()


def judged(snapshot: Mapping[str, Json], *, by_rule: bool) -> dict[str, Json]:
    """Rules in the order in which they are judged, as their numbers mean nothing. None are shown without `by_rule`."""
    return {
        name: {**state, "properties": _ranked(state.get("properties", {}), by_rule)} for name, state in snapshot.items()
    }


def _ranked(properties: Json, by_rule: bool) -> Json:
    rules = sorted(properties.get(RULES, []), key=lambda rule: rule["properties"]["priority"])
    bare = [{**rule, "properties": {**rule["properties"], "priority": None}} for rule in rules if by_rule]
    return {**properties, RULES: bare} if RULES in properties else properties


@EVERY
async def test_it_does_what_its_measure_does_and_no_more(on_call: OnCall, clinic: Clinic, playbook: Playbook) -> None:
    measure, scene, store = measures.by_id(playbook.measure), SCENES[playbook.measure], clinic.estate.world.store
    target = Target(resource=ResourceId(scene.resource(clinic)), incident=INCIDENT, parameters=dict(scene.parameters))
    before, seeded = clinic.estate.snapshot(), deepcopy(store.read(target.resource.text))
    assert seeded is not None
    assert await on_call.contains(measure, target) == 1
    contained, proof = clinic.estate.snapshot(), await measure.verify(on_call.cloud, target)
    store.seed(seeded)
    assert clinic.estate.snapshot() == before
    standing = await on_call.ask("GET", target.resource.text, None, playbook.kind.version)

    outputs = await on_call.deploys(playbook, target.resource)

    by_rule = playbook.measure not in TURNING
    assert judged(clinic.estate.snapshot(), by_rule=by_rule) == judged(contained, by_rule=by_rule)
    assert (await measure.verify(on_call.cloud, target)).checks == proof.checks
    assert proof.settled
    assert outputs["before"] == standing["properties"]
    assert await on_call.contains(measure, target) == 0


@pytest.mark.parametrize(
    "playbook", [each for each in PLAYBOOKS if each.kind is GROUP_KIND], ids=lambda each: each.measure
)
async def test_deployed_twice_it_stands_once(on_call: OnCall, clinic: Clinic, playbook: Playbook) -> None:
    resource = ResourceId(SCENES[playbook.measure].resource(clinic))
    await on_call.deploys(playbook, resource)
    once = clinic.estate.snapshot()

    await on_call.deploys(playbook, resource)

    assert clinic.estate.snapshot() == once


@pytest.mark.parametrize("playbook", REPLACED, ids=lambda each: each.measure)
async def test_a_put_replaces_and_whatever_else_stood_still_stands(on_call: OnCall, playbook: Playbook) -> None:
    template = json.loads((FOLDER / f"{playbook.measure}.json").read_text())
    (inner,) = Template(template).nested
    wanted = inner.variables["wanted"]
    others = {name: f"as {name} stood" for name in playbook.kind.kept if name not in wanted}
    path = f"{GROUP}/providers/{SCENE_PATHS[playbook.kind.type]}"
    on_call.estate.world.store.seed(settable(path, **others, **LONG))

    await on_call.deploys(playbook, ResourceId(path))

    after = on_call.estate.world.store.read(path)
    assert after is not None
    assert {name: after["properties"][name] for name in others} == others
    assert "totalRetentionInDays" not in wanted or after["properties"]["totalRetentionInDays"] == 4383


@pytest.mark.conformance
@pytest.mark.parametrize(
    "kind",
    {each.kind.type: each.kind for each in PLAYBOOKS if each.kind is not SERVER}.values(),
    ids=lambda kind: kind.type,
)
def test_whatever_may_be_written_is_sent_back(kind: Kind) -> None:
    folder = material.shared() / "infra" / "types"
    if not folder.is_dir():
        pytest.skip("Microsoft's published resource types are not here; SHARED names their folder.")
    known = types(folder).body(kind.type, kind.version)
    assert known is not None
    table, body = known
    properties = at(table, body["properties"]["properties"]["type"])["properties"]

    assert sorted([*kind.kept, *kind.left]) == sorted(
        name for name, said in properties.items() if not said["flags"] & READ_ONLY
    )
