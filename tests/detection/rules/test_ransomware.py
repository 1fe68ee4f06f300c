from typing import Any

import pytest

from detection.played import signal
from detection.rules.ransomware import RULE
from detection.specimens import PROVIDERS, logged, operated, phi
from tests.detection.rules.azure import POLICY, judged

ACCOUNT = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
SOFT = operated("Microsoft.Storage/storageAccounts/blobServices/write", f"{ACCOUNT}/blobServices/default")
AGED = operated("Microsoft.Storage/storageAccounts/managementPolicies/write", f"{ACCOUNT}/managementPolicies/default")
GONE = operated("Microsoft.Storage/storageAccounts/delete", ACCOUNT)


def lifecycle(**rule: Any) -> dict[str, Any]:
    policy = {"properties": {"policy": {"rules": [{"name": "tidy", **rule}]}}}
    return {"": phi(ACCOUNT), "managementPolicies/default": policy}


def deleting(days: int) -> dict[str, Any]:
    return {"actions": {"version": {"delete": {"daysAfterCreationGreaterThan": days}}}}


@pytest.mark.parametrize(
    ("rule", "disposition"),
    [
        ({"definition": deleting(1)}, "contain"),
        ({"definition": deleting(365)}, "record"),
        ({"definition": deleting(1), "enabled": False}, "record"),
        ({"definition": {"actions": {"baseBlob": {"tierToCool": {"daysAfterModificationGreaterThan": 1}}}}}, "record"),
        ({}, "record"),
    ],
)
def test_a_lifecycle_rule_destroys_when_it_is_on_and_deletes_within_days(rule: Any, disposition: str) -> None:
    assert judged(RULE, signal(AGED), lifecycle(**rule)).disposition == disposition


def test_settings_that_cannot_be_read_show_nothing() -> None:
    assert judged(RULE, signal(SOFT), {"": phi(ACCOUNT)}).disposition == "review"


def test_a_deleted_account_is_contained_where_the_policy_names_it_and_the_log_shows_it() -> None:
    named = POLICY.of(
        {
            "version": 1,
            "entity": {"name": "Clinic", "zone": "UTC", "role": "covered_entity"},
            "scope": {"resources": [ACCOUNT]},
        }
    )
    log = logged("Microsoft.Storage/storageAccounts/delete", ACCOUNT)

    assert judged(RULE, signal(GONE), log, named).disposition == "contain"
    assert judged(RULE, signal(GONE), {}, named).disposition == "review"
    assert judged(RULE, signal(GONE), log).disposition == "review"


def test_an_account_that_is_gone_though_nobody_deleted_it_is_for_a_person() -> None:
    finding = judged(RULE, signal(SOFT), {})

    assert (finding.disposition, finding.reason) == ("review", "the resource is gone: somebody may have deleted it")
