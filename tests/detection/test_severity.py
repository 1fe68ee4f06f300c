"""Severity on one scale."""

from typing import Any

import pytest

from detection.severity import severity
from incident.signal import Severity


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("High", Severity.HIGH),
        ("Sev0", Severity.HIGH),
        ("sev1", Severity.HIGH),
        ("2", Severity.MEDIUM),
        ("Warning", Severity.MEDIUM),
        ("low", Severity.LOW),
        ("Sev3", Severity.LOW),
        (4, Severity.INFORMATIONAL),
        ("Sev4", Severity.INFORMATIONAL),
        ("Informational", Severity.INFORMATIONAL),
        ("50", None),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_every_scale_meets_on_one(written: Any, expected: Severity | None) -> None:
    assert severity({"severity": written}, "severity") is expected
