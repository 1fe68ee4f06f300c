"""The measures against genuine recordings, and all that they say to the estate judged as Microsoft's validator does."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cloud import State
from infra.check.body import faults as shape_faults
from infra.check.declared import table
from infra.check.published import at
from responders import measures
from responders.roles import roles
from tests.conformance.arm.exchange import Exchange
from tests.conformance.arm.gate import described, judge, validated, weighed
from tests.conformance.arm.replay import Sent
from tests.conformance.following import follow, judge_state
from tests.conformance.played import played
from tests.conformance.runs import JUDGED, RECORDED, Judged, Recorded
from tests.responders.measures.scenes import DIRECTORY_SCENES, SCENES

pytestmark = [pytest.mark.conformance, pytest.mark.usefixtures("shared")]

EXPORT = {"destination!": {"resourceId!": str}, "tableNames!": [str], "enable": bool}
FLAG = {"value": str, "contentType": str, "tags": {"*": str}}
OF_RESOURCE = {"id!": str, "name!": str, "type!": str}
DECLARED = {
    "export_logs": (
        {"properties!": EXPORT},
        {**OF_RESOURCE, "properties!": {**EXPORT, "dataExportId": str, "createdDate": str, "lastModifiedDate": str}},
    ),
    "turn_off_feature": (
        {"properties!": FLAG},
        {
            **OF_RESOURCE,
            "properties!": {**FLAG, "key": str, "label": str, "eTag": str, "lastModified": str, "locked": bool},
        },
    ),
}
"""What is sent and what is told of exports of a workspace (2020-08-01) and of key values of App Configuration
(2024-05-01), which are in no specification at hand: by hand from Microsoft's references (learn.microsoft.com), in the
notation of infra/check/declared.py."""
DIRECTORY = "graph-app"  # Graph is in no specification of Resource Manager
UNLISTED = {
    "microsoft.appconfiguration/configurationstores/keyvalues/read",
    "microsoft.appconfiguration/configurationstores/keyvalues/write",
    "microsoft.appconfiguration/configurationstores/read",
    "microsoft.operationalinsights/workspaces/query/storagebloblogs/read",
    "microsoft.securityinsights/incidents/alerts/action",
    "microsoft.securityinsights/incidents/entities/action",
}
"""Microsoft's lists at hand name other tables of the same pattern, and Sentinel's actions by wildcard alone.
App Configuration is in none of them."""


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.measure)
async def test_a_recorded_run_is_what_the_measure_asks_for(case: Recorded) -> None:
    followed = await follow(case)

    assert followed.calls
    assert len(followed.writes) == len(followed.calls)
    assert followed.ours == case.ours
    assert followed.theirs == case.theirs
    assert followed.proof == case.proof
    assert all(reply.state is State.SUCCEEDED for reply in followed.replies) == case.ends
    assert (followed.unrecorded == []) == case.ends


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: f"{case.measure}-{case.group}-{case.first}")
async def test_a_recorded_state_is_what_the_measure_judges(case: Judged) -> None:
    proof, calls = await judge_state(case)

    assert proof == case.proof
    assert bool(calls) == case.asks


async def test_what_the_measures_ask_of_the_recordings_is_without_fault(spec: Path) -> None:
    followed = [await follow(case) for case in RECORDED if case.group != DIRECTORY]

    assert _faults([one for each in followed for one in each.writes], spec) == []


async def test_a_rotation_keeps_nothing_of_the_answer() -> None:
    [rotation] = (case for case in RECORDED if case.measure == "rotate_account_keys")

    [reply] = (await follow(rotation)).replies

    assert "value" not in json.dumps(reply.as_row(), default=str)


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


def test_everything_that_the_measures_say_to_the_estate_is_without_fault(spec: Path) -> None:
    pairs: list[Any] = []
    spoken = sorted(set(SCENES) - set(DIRECTORY_SCENES))  # Graph is in no specification of Resource Manager
    for name in spoken:
        pairs += [{**pair, "id": f"{name}/{pair['id']}"} for pair in played(name).exchanges]

    verdict = judge(described(pairs), spec)

    assert verdict.ok, str(verdict)
    assert len(pairs) > 5 * len(spoken)


@pytest.mark.parametrize("name", DECLARED)
def test_what_no_specification_describes_has_its_declared_shape(name: str) -> None:
    sent, told = DECLARED[name]
    said = [Exchange.of(pair) for pair in played(name).exchanges if not described([pair])]
    faults = [*_misshapen(sent, [one.body for one in said])]
    faults += _misshapen(told, [one.reply for one in said if one.succeeded])

    assert {"PUT", "GET"} <= {one.method for one in said}
    assert faults == []


def _misshapen(shape: Any, bodies: Iterable[Any]) -> Iterable[str]:
    """What is wrong with the bodies; a property that is null is as good as absent."""
    known = table("declared", shape)
    for body in filter(None, bodies):
        said = {**body, "properties": {name: each for name, each in body["properties"].items() if each is not None}}
        yield from shape_faults(known, at(known, known[0]["body"]), said, "")


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
