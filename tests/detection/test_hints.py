"""Hints under names that stay the same."""

import pytest

from detection.hints import hints, named

NIL = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "name", ["authentication type", "Authentication type", "AuthenticationType", "authentication_type "]
)
def test_one_name_whoever_says_it(name: str) -> None:
    assert named({name: ["SAS"]}) == {"authentication_type": "SAS"}


@pytest.mark.parametrize("name", ["access key used", "access key used to generate SAS token", "AccessKey"])
def test_the_key_that_signed_is_the_access_key(name: str) -> None:
    assert named({name: "key1"}) == {"access_key": "key1"}


def test_the_class_that_our_own_rule_names_is_a_hint() -> None:
    assert named({"IncidentClass": ["phi.exfiltration"]}) == {"class": "phi.exfiltration"}


def test_what_says_nothing_is_no_hint() -> None:
    nobody = "N/A (Azure AD user authentication was not used)"

    assert named({"azure AD user": nobody, "container": [], "patient": "Jane", "attacker Object ID": NIL}) == {}
    assert hints(rule=None, container="", share="null") == {}


def test_long_values_are_cut() -> None:
    assert len(hints(rule="x" * 5000)["rule"]) == 512
    assert len(named({"container": "x" * 5000})["container"]) == 512
