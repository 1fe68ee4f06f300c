"""The permissions that the simulated Graph accepts, against Microsoft's own list."""

import json
from pathlib import Path

import pytest

from drills.estate.graph_rights import ENABLES, RIGHTS

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
