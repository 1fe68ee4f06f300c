import json
from pathlib import Path
from typing import Any

import pytest

from responders import measures
from responders.__main__ import main
from responders.catalogue import files
from responders.measure import Tier
from responders.roles import (
    CONDITION,
    DENIED,
    LOCKS,
    OF_ITSELF,
    OWNER,
    READS,
    TAKEOVER,
    USER_ACCESS_ADMINISTRATOR,
    roles,
)

ROOT = Path(__file__).parents[2]
ROLES = roles(measures.every())["roles"]
REVEALING = (
    "listkeys",
    "sharedkeys",
    "masterkey",
    "token",
    "publishxml",
    "connectionstrings",
    "vaulttokens",
    "accesskeys",
    "credentials",
    "config/list",
)

SETTINGS = "microsoft.web/sites/basicpublishingcredentialspolicies/"
"""Whether passwords are taken; the passwords themselves are elsewhere."""


def role(tier: str) -> Any:
    return next(each for each in ROLES if each["name"] == f"Tourniquet {tier}")


@pytest.mark.parametrize("path", files())
def test_the_files_made_from_the_measures_are_current(path: str) -> None:
    assert (ROOT / path).read_text() == files()[path], "run `make catalogue`"


def test_roles_are_the_exact_union_of_what_is_needed() -> None:
    cards = [permission for measure in measures.every() for permission in measure.permissions]
    contain = {one.action.casefold() for one in cards if one.tier is Tier.CONTAIN and not one.data}
    used = {one.action.casefold() for one in cards if one.data}
    told = {one.action.casefold() for one in cards if one.tier is Tier.READ and "/" in one.action}
    read, itself = told | {one.casefold() for one in READS}, {OF_ITSELF.casefold()}

    held = [action for tier in ("contain", "locks", "logs") for action in role(tier)["actions"]]
    assert {one.casefold() for one in held} == contain | itself
    assert {one.casefold() for one in role("contain")["dataActions"]} == used
    assert {one.casefold() for one in role("read")["actions"]} == read | itself


@pytest.mark.parametrize("tier", ["read", "contain", "evidence"])
def test_no_tier_holds_a_wildcard_a_secret_or_a_way_to_take_over(tier: str) -> None:
    actions = [one.casefold() for one in role(tier)["actions"] + role(tier)["dataActions"]]

    assert not [one for one in actions if "*" in one]
    assert not [one for one in actions if any(word in one.replace(SETTINGS, "") for word in REVEALING)]
    assert not {one.casefold() for one in DENIED} & set(actions)


def test_taking_roles_excludes_owners_access_administrators_and_break_glass_accounts() -> None:
    assert "Microsoft.Authorization/roleAssignments/delete" in role("contain")["actions"]
    assert role("contain")["condition"] == CONDITION
    assert all(each in CONDITION for each in (OWNER, USER_ACCESS_ADMINISTRATOR, "{breakGlassObjectIds}"))
    assert set(role("locks")["actions"]) == set(LOCKS)


def test_every_measure_has_its_section() -> None:
    page = files()["docs/measures.md"]

    assert [each.id for each in measures.every() if f"responders/measures/{each.id}.py" not in page] == []


def test_other_words_are_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_what_is_read_and_done_in_the_directory_is_named_and_takeover_stands_apart() -> None:
    graph = json.loads(files()["infra/roles.json"])["graph"]
    cards = {(one.tier, one.action) for measure in measures.every() for one in measure.permissions}

    assert set(graph["directory"]) | set(graph["takeover"]) == {name for tier, name in cards if tier is Tier.DIRECTORY}
    assert {name for tier, name in cards if tier is Tier.READ and "/" not in name} <= set(graph["read"])
    assert set(graph["takeover"]) == set(TAKEOVER)
    assert not any("Write" in name for name in graph["read"])
