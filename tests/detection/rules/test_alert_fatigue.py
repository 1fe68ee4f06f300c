from typing import Any

import pytest

from detection.played import signal
from detection.rules.alert_fatigue import RULE
from detection.specimens import INCIDENT, WORKSPACE, operated, phi, untagged
from tests.detection.rules.azure import judged

AUTOMATION = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/automationRules/tidy"
TIDY = signal(operated("Microsoft.SecurityInsights/automationRules/write", AUTOMATION))


def case(severity: str, created: str, status: str = "New") -> dict[str, Any]:
    return {"severity": severity, "createdTimeUtc": created, "status": status}


def webhook(about: dict[str, Any]) -> dict[str, Any]:
    hints = {"sentinel_incident": INCIDENT}
    return {
        "source": "sentinel",
        "kind": "sentinel-incident",
        "hints": hints,
        "body": {"object": {"properties": about}},
    }


@pytest.mark.parametrize(
    ("about", "late"),
    [
        (case("High", "2026-03-02T09:14:59Z"), True),
        (case("High", "2026-03-02T09:15:01Z"), False),
        (case("Medium", "2026-03-02T08:29:00Z"), True),
        (case("Medium", "2026-03-02T09:00:00Z"), False),
        (case("Low", "2026-01-01T00:00:00Z"), False),
        (case("High", "2026-03-02T08:00:00Z", "Active"), False),
    ],
)
def test_an_incident_is_late_when_it_is_new_and_its_time_is_up(about: dict[str, Any], late: bool) -> None:
    assert bool(RULE.match(signal(webhook(about)))) is late


def test_what_has_been_taken_up_since_is_recorded() -> None:
    late = case("High", "2026-03-02T08:00:00Z")

    found = judged(
        RULE, signal(webhook(late)), {"": untagged(INCIDENT, **late | {"status": "Active"}), WORKSPACE: phi(WORKSPACE)}
    )

    assert found.disposition == "record"


@pytest.mark.parametrize(
    ("rule", "disposition"),
    [
        ({"actions": [{"actionConfiguration": {"status": "Closed"}}]}, "contain"),
        (
            {"actions": [{"actionConfiguration": {"status": "Closed"}}], "triggeringLogic": {"isEnabled": False}},
            "record",
        ),
        ({"actions": [{"actionConfiguration": {"severity": "Low"}}]}, "record"),
        ({}, "record"),
    ],
)
def test_an_automation_rule_silences_when_it_is_on_and_closes(rule: dict[str, Any], disposition: str) -> None:
    state = {"": untagged(AUTOMATION, **rule), WORKSPACE: phi(WORKSPACE)}

    assert judged(RULE, TIDY, state).disposition == disposition
