"""Severity on one scale.

Azure Monitor counts `Sev0` (critical) to `Sev4` (verbose), old metric alerts "0" to "4", the activity log writes words,
Entra writes `4`. A number outside 0 to 4 is on no published scale and says nothing.
"""

from typing import Any

from detection.fields import text
from incident.signal import Severity

SCALE = {
    "critical": Severity.HIGH,
    "high": Severity.HIGH,
    "error": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "warning": Severity.MEDIUM,
    "low": Severity.LOW,
    "informational": Severity.INFORMATIONAL,
    "information": Severity.INFORMATIONAL,
    "verbose": Severity.INFORMATIONAL,
    "0": Severity.HIGH,
    "1": Severity.HIGH,
    "2": Severity.MEDIUM,
    "3": Severity.LOW,
    "4": Severity.INFORMATIONAL,
}


def severity(value: Any, *path: str) -> Severity | None:
    """The severity that is written at the path; None where nothing known is."""
    written = (text(value, *path) or "").casefold()
    return SCALE.get(written.removeprefix("sev"))
