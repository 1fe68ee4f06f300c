"""What is said to Graph: the permissions against Microsoft's own list, objects against those of the recordings."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from drills.estate.graph_rights import ENABLES, RIGHTS
from responders import measures
from responders.measure import Tier
from tests.conformance.arm import material
from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.recordings import recordings
from tests.conformance.played import played
from tests.responders.measures.scenes import DIRECTORY_SCENES

pytestmark = pytest.mark.conformance
# Missing in Microsoft's list; from the operations' own pages.
NOT_LISTED = {"POST /groups/{id}/members/$ref", "GET /subscribedSkus"}


@pytest.fixture(scope="module")
def listed(shared: Path) -> dict[str, list[str]]:
    found = json.loads((shared / "arm/graph-permissions.json").read_text())
    return {
        name.replace("{id}/$ref", "{below}/$ref"): each["application"]
        for name, each in found.items()
        if not name.startswith("_")
    }


@pytest.mark.parametrize("operation", sorted(RIGHTS))
def test_every_permission_accepted_is_one_that_microsoft_names(operation: str, listed: dict[str, list[str]]) -> None:
    known = {name.replace("{below}", "{id}"): names for name, names in listed.items()}
    names = known.get(operation.replace("{below}", "{id}"), [])
    if not names:
        assert operation in NOT_LISTED
        return
    assert set(RIGHTS[operation]) <= set(names)


def test_switching_an_account_off_has_a_permission_of_its_own(listed: dict[str, list[str]]) -> None:
    assert set(ENABLES) <= set(listed["PATCH /users/{id} accountEnabled"])


@pytest.fixture(scope="module")
def asked(shared: Path) -> Mapping[str, list[Exchange]]:  # noqa: ARG001 - it skips where there is nothing to hold it to
    """All that each measure of the directory says to Graph, from the read to the undo."""
    return {name: [Exchange.of(pair) for pair in played(name).told_to_graph] for name in DIRECTORY_SCENES}


@pytest.mark.parametrize("name", DIRECTORY_SCENES)
def test_a_measure_declares_a_permission_for_each_of_its_requests(
    name: str, asked: Mapping[str, list[Exchange]], listed: dict[str, list[str]]
) -> None:
    held = {tier: {one.action for one in measures.by_id(name).permissions if one.tier == tier} for tier in Tier}
    known = {operation.replace("{below}", "{id}"): names for operation, names in listed.items()}
    lacking = []
    for one in asked[name]:
        operation = _operation(one)
        accepted = known.get(operation.replace("{below}", "{id}"), RIGHTS[operation])
        if not held[Tier.READ if one.method == "GET" else Tier.DIRECTORY] & set(accepted):
            lacking.append(operation)

    assert {one.method for one in asked[name]} > {"GET"}
    assert lacking == []


def test_objects_of_the_directory_have_the_names_of_the_recorded_ones(asked: Mapping[str, list[Exchange]]) -> None:
    recorded: dict[str, set[str]] = {}
    for run in recordings(material.recorded(), "graph-app"):
        for kind, found in _objects(run.exchanges):
            recorded.setdefault(kind, set()).update(found)
    told = [(name, *each) for name, said in asked.items() for each in _objects(said)]
    unheard = [(name, kind, set(found) - recorded[kind]) for name, kind, found in told if kind in recorded]

    assert {kind for _, kind, _ in told} >= recorded.keys()
    assert [each for each in unheard if each[-1]] == []


def _operation(one: Exchange) -> str:
    """`METHOD /path/{id}` of the simulated Graph."""
    path = urlsplit(one.url).path.partition("/v1.0")[2]
    patterns = {name: re.sub(r"\\{\w+\\}", "[^/]+", re.escape(name)) for name in RIGHTS}
    fits = (name for name, pattern in patterns.items() if re.fullmatch(pattern, f"{one.method} {path}"))
    return next(fits)


def _objects(said: list[Exchange] | tuple[Exchange, ...]) -> Iterator[tuple[str, Json]]:
    """Each object that was told, by its kind."""
    for one in said:
        kind, *rest = urlsplit(one.url).path.partition("/v1.0/")[2].split("/")
        if one.method == "GET" and one.succeeded and len(rest) < 2:
            yield from ((kind, found) for found in one.reply.get("value", [one.reply]))
