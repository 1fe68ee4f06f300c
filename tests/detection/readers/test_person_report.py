"""What a person reports."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.detection.readers.reading import signal

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/phiscans"
REPORT = {
    "report": "I saw Jane Doe's scan on the web",
    "resources": [ACCOUNT, "the big drive"],
    "class": "storage.public_container",
    "since": "2026-02-27",
    "known_since": "2026-03-01T16:00:00-05:00",
}


def test_the_words_stay_out_of_the_signal() -> None:
    found = signal(REPORT)

    assert "Jane" not in repr(found)
    assert found.body["report"]["characters"] == len(REPORT["report"])


def test_the_resources_class_and_times_are_read() -> None:
    found = signal(REPORT)

    assert found.kind == "person-report"
    assert [str(each) for each in found.resources] == [ACCOUNT]
    assert found.hints["class"] == "storage.public_container"
    assert found.occurred_at == datetime(2026, 2, 27, tzinfo=UTC)
    assert found.hints["known_since"] == "2026-03-01T21:00:00+00:00"


@pytest.mark.parametrize("missing", ["resources", "class", "since", "known_since"])
def test_only_the_words_are_required(missing: Any) -> None:
    assert signal({key: value for key, value in REPORT.items() if key != missing}).source == "person"
