from typing import Any

import pytest

from detection.played import signal
from detection.rules.retention_gap import RULE, SETTINGS, TABLES
from detection.specimens import PROVIDERS, WORKSPACE, operated, phi
from tests.detection.rules.azure import judged

ACCOUNT = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
SERVICE = f"{ACCOUNT}/blobServices/default"
WRITE = signal(operated("Microsoft.OperationalInsights/workspaces/write", WORKSPACE))


def table(name: str, days: Any) -> dict[str, Any]:
    return {"id": f"{WORKSPACE}/tables/{name}", "properties": {"totalRetentionInDays": days}}


@pytest.mark.parametrize(
    ("name", "days", "disposition"),
    [
        ("AuditLogs", 2190, "contain"),
        ("AuditLogs", 2191, "record"),
        ("Heartbeat", 30, "record"),
        ("AuditLogs", None, "record"),
    ],
)
def test_six_years_are_asked_of_the_tables_that_tell_of_phi(name: str, days: Any, disposition: str) -> None:
    assert judged(RULE, WRITE, {"": phi(WORKSPACE), TABLES: (table(name, days),)}).disposition == disposition


def test_only_the_tables_that_are_too_short_are_aimed_at() -> None:
    state = {"": phi(WORKSPACE), TABLES: (table("AuditLogs", 30), table("SigninLogs", 4383))}

    assert [target.name for target in judged(RULE, WRITE, state).targets] == ["AuditLogs"]


def test_a_setting_of_a_service_is_judged_by_the_tags_of_its_account() -> None:
    about = signal(operated("Microsoft.Insights/diagnosticSettings/delete", f"{SERVICE}/{SETTINGS}/to-soc"))

    finding = judged(RULE, about, {"": {"id": SERVICE}, ACCOUNT: phi(ACCOUNT), SETTINGS: ()})

    assert finding.disposition == "contain"
    assert [target.text for target in finding.targets] == [SERVICE]


def test_a_setting_that_logs_nothing_is_none() -> None:
    about = signal(operated("Microsoft.Insights/diagnosticSettings/write", f"{ACCOUNT}/{SETTINGS}/to-soc"))
    silent = {"id": f"{ACCOUNT}/{SETTINGS}/to-soc", "properties": {"logs": [{"category": "Read", "enabled": False}]}}

    assert judged(RULE, about, {"": phi(ACCOUNT), SETTINGS: (silent,)}).disposition == "contain"
    assert judged(RULE, about, {"": phi(ACCOUNT)}).disposition == "review"


def test_tables_that_cannot_be_listed_are_for_a_person() -> None:
    assert judged(RULE, WRITE, {"": phi(WORKSPACE)}).disposition == "review"
