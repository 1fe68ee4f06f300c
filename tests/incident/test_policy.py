import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from incident.errors import PolicyInvalid
from incident.plan import Mode
from incident.policy import FORENSICS, KNOWN, Policy
from incident.resource import ResourceId
from tests.conftest import policy_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
GROUP = "/subscriptions/s/resourceGroups/clinic"
ACCOUNT = ResourceId(f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phistore")
SIBLING = ResourceId(f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phistore2")
CLASS = "storage.public_container"
EXEMPTION = {
    "resource": ACCOUNT.text,
    "class": CLASS,
    "approver": "p1",
    "reason": "a public leaflet",
    "ticket": "T-1",
    "expires": "2026-03-03T00:00:00+00:00",
}


def paged(**more: Any) -> Policy:
    return policy_of(paged=NOW, **more)


def test_every_fault_is_named_at_once() -> None:
    wrong = {
        "version": 2,
        "surprise": 1,
        "entity": {"zone": "Mars/Olympus", "role": "bystander"},
        "scope": {"resources": ["nonsense"]},
        "modes": [{"class": "*", "mode": "maybe"}, {"mode": "act"}, "act"],
        "never_touch": "all",
        "exemptions": [{**EXEMPTION, "expires": "2026-03-03T00:00:00"}],
        "paging": {"route": "pager"},
    }

    with pytest.raises(PolicyInvalid) as found:
        Policy.of(wrong)

    for fault in (
        "unknown key 'surprise'",
        "version must be 1",
        "scope.resources: not a resource id",
        "entity.role must be",
        "entity.zone must be an IANA zone",
        "entity.name is missing",
        "modes[0]: ValueError",
        "modes[1]: KeyError",
        "modes[2]: TypeError",
        "never_touch must be a list",
        "exemptions[0]: ValueError 2026-03-03T00:00:00 has no time zone",
        "paging: KeyError",
    ):
        assert fault in str(found.value)


@pytest.mark.parametrize("document", [None, [], "act", 1])
def test_what_is_no_mapping_is_no_policy(document: Any) -> None:
    with pytest.raises(PolicyInvalid, match="must be a mapping"):
        Policy.of(document)


def test_the_first_rule_that_covers_decides_and_where_none_does_it_is_watched() -> None:
    policy = paged(
        modes=[
            {"class": CLASS, "scope": ACCOUNT.text.upper(), "mode": "ask"},
            {"class": CLASS, "scope": GROUP, "mode": "act"},
        ]
    )

    assert policy.mode(CLASS, ACCOUNT, NOW) is Mode.ASK
    assert policy.mode(CLASS, SIBLING, NOW) is Mode.ACT
    assert policy.mode("network.nsg_egress", ACCOUNT, NOW) is Mode.WATCH
    assert policy.mode(CLASS, ResourceId("/subscriptions/other"), NOW) is Mode.WATCH


@pytest.mark.parametrize("signed", [(), ("security",), ("security", "security")])
def test_what_two_roles_have_not_signed_only_watches(signed: tuple[str, ...]) -> None:
    assert policy_of(signed=signed, paged=NOW).mode(CLASS, ACCOUNT, NOW) is Mode.WATCH


def test_paging_that_nobody_has_acknowledged_for_a_month_means_watching() -> None:
    assert paged().mode(CLASS, ACCOUNT, NOW + timedelta(days=30)) is Mode.ACT
    assert paged().mode(CLASS, ACCOUNT, NOW + timedelta(days=30, seconds=1)) is Mode.WATCH
    assert policy_of(paging={}).mode(CLASS, ACCOUNT, NOW) is Mode.WATCH


def test_tags_widen_the_scope_whatever_their_case() -> None:
    policy = paged()

    assert policy.in_scope(ACCOUNT, {"tags": {"Data-Classification": "PHI"}})
    assert policy.in_scope(ACCOUNT, {"tags": None}, {"tags": {"data-classification": "phi"}})
    assert not policy.in_scope(ACCOUNT, {"tags": {"data-classification": "public"}}, {})


def test_no_tag_takes_a_named_resource_out_of_scope() -> None:
    policy = paged(scope={"resources": [GROUP]})

    assert policy.in_scope(ACCOUNT, {"tags": {"data-classification": "public", "exempt": "true"}})


def test_an_exemption_holds_for_its_class_and_resource_until_its_day() -> None:
    policy = paged(exemptions=[EXEMPTION])

    assert policy.exemption(CLASS, ACCOUNT, NOW) is not None
    assert policy.exemption("network.nsg_egress", ACCOUNT, NOW) is None
    assert policy.exemption(CLASS, SIBLING, NOW) is None
    assert policy.exemption(CLASS, ACCOUNT, NOW + timedelta(days=1)) is None


def test_what_lies_in_a_named_resource_is_never_touched_and_its_namesake_may_be() -> None:
    policy = paged(never_touch=[ACCOUNT.text])

    assert not policy.touchable(ACCOUNT.child("blobServices", "default"))
    assert policy.touchable(SIBLING)


def test_another_word_is_another_policy() -> None:
    assert paged().hash != paged(break_glass=["b1"]).hash
    assert paged().hash == paged().hash


SAMPLE = Path(__file__).parents[2] / "policy.sample.yaml"
COMPUTED = {"hash", "signed_by"}
NOT_SHOWN = {"resources", "never_touch", "break_glass", "approved_peerings", "auto_on_timeout", "law"}
"""Lists of plain words, or of rows whose form is that of compliance/law."""


def with_examples(text: str) -> str:
    """The sample with every example that stands there as a comment put in."""
    shown = re.sub(r"^(\w+): (?:\[\]|\{\})(.*\n)(?=#  )", r"\1:\2", text, flags=re.MULTILINE)
    return re.sub(r"^#(?= +(?:- )?\w+:)", " ", shown, flags=re.MULTILINE)


def test_the_sample_shows_every_section_and_governs_as_it_stands() -> None:
    document = yaml.safe_load(SAMPLE.read_text())

    assert set(document) == KNOWN
    assert Policy.of(document).in_force is False


def test_every_example_in_the_sample_is_read_as_a_policy_reads_it() -> None:
    policy = Policy.of(yaml.safe_load(with_examples(SAMPLE.read_text())))

    empty = {each.name for each in fields(Policy) if not getattr(policy, each.name)}
    assert empty - COMPUTED == NOT_SHOWN
    assert set(policy.forensics) == FORENSICS
    assert policy.reminders.target_days == 30
