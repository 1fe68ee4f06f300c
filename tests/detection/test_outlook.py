from typing import Any

import pytest

from detection.outlook import outlook
from detection.played import signal
from incident.signal import Standing

ACCOUNT = "/subscriptions/s/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/scans"
WRITE = {"operation": "Microsoft.Storage/storageAccounts/write", "resources": (ACCOUNT,)}


def test_a_write_waits_for_a_live_read() -> None:
    ahead = outlook(signal(WRITE))

    assert ahead.classes == ("policy.encryption_gap", "storage.public_container")
    assert (ahead.disposition, ahead.needs_live_read) == ("review", True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"standing": Standing.FAILED}, "the operation did not succeed"),
        ({"standing": Standing.ENDED}, "the sender says that it is over"),
        ({"standing": Standing.FALSE_POSITIVE}, "the sender says that it is a false positive"),
        ({"drill": True}, "it is marked as a drill"),
    ],
)
def test_what_is_over_is_recorded_but_a_live_read_may_still_contain(change: dict[str, Any], reason: str) -> None:
    ahead = outlook(signal({**WRITE, **change}))

    assert (ahead.disposition, ahead.reason, ahead.needs_live_read) == ("record", reason, True)


@pytest.mark.parametrize(("source", "disposition"), [("sentinel", "review"), ("eventgrid", "record")])
def test_an_alert_that_no_rule_knows_is_for_a_person_and_an_event_is_not(source: str, disposition: str) -> None:
    ahead = outlook(signal({"source": source, "alert_types": ("Unheard.Of",)}))

    assert (ahead.classes, ahead.disposition, ahead.needs_live_read) == ((), disposition, False)


def test_where_nothing_can_be_read_the_rule_itself_decides() -> None:
    harmless = {"source": "entra", "actor": "a@clinic.example"}
    hints = {"category": "SignInLogs", "conditional_access": "notApplied", "client_app": "Browser"}

    assert outlook(signal(harmless | {"hints": hints})).disposition == "record"
    assert outlook(signal(harmless | {"hints": hints | {"client_app": "IMAP4"}})).disposition == "review"


@pytest.mark.parametrize("severity", ["high", "informational", None])
def test_severity_decides_nothing(severity: str | None) -> None:
    assert outlook(signal(WRITE | {"severity": severity})) == outlook(signal(WRITE))
