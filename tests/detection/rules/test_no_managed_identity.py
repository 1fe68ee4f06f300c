from typing import Any

import pytest

from detection.facts import Facts
from detection.rules.no_managed_identity import RULE
from detection.specimens import PROVIDERS, operated, phi
from tests.detection.rules.azure import judged, signal

SITE = f"{PROVIDERS}/Microsoft.Web/sites/intake"
WRITE = signal(operated("Microsoft.Web/sites/config/write", f"{SITE}/config/web"))


@pytest.mark.parametrize("identity", [None, {}, {"type": "None"}, {"type": None}])
def test_every_way_to_have_no_identity_counts(identity: Any) -> None:
    state = {"": phi(SITE) | {"kind": "FunctionApp", "identity": identity}}

    finding = judged(RULE, WRITE, state)

    assert (finding.disposition, finding.exposed) == ("contain", True)
    assert [target.text for target in finding.targets] == [SITE]


@pytest.mark.parametrize("kind", ["UserAssigned", "SystemAssigned, UserAssigned"])
def test_every_kind_of_identity_is_one(kind: str) -> None:
    assert judged(RULE, WRITE, {"": phi(SITE) | {"kind": "functionapp", "identity": {"type": kind}}}).exposed is False


def test_no_read_asks_for_settings_which_are_secrets() -> None:
    assert {str(read) for read in RULE.reads(WRITE, Facts())} == {SITE}
