"""What a sender says of the matter now: open, ended, a false positive, or an operation that never succeeded."""

import re

from incident.signal import Standing

ENDED = frozenset(["resolved", "dismissed", "closed", "deactivated", "redirected", "autoresolved"])
FALSE = frozenset(["falsepositive"])
FAILED = re.compile(r"fail|cancel|denied|forbidden|unauthori[sz]ed|conflict|rejected|error", re.IGNORECASE)
ATTEMPT = re.compile(r"Denied$|FailedAttempt$|FAILED_LOGIN$")


def of_case(status: str | None, classification: str | None = None) -> Standing:
    """The standing of an alert or incident: a verdict of false positive counts, whatever the status."""
    if (classification or "").casefold() in FALSE:
        return Standing.FALSE_POSITIVE
    return Standing.ENDED if (status or "").casefold() in ENDED else Standing.OPEN


def of_alert(status: str | None, classification: str | None, alert_types: tuple[str, ...]) -> Standing:
    """As `of_case`; open alerts whose types all speak of mere attempts (`...Denied`, `...FailedAttempt`) failed."""
    standing = of_case(status, classification)
    attempts = bool(alert_types) and all(ATTEMPT.search(kind) for kind in alert_types)
    return Standing.FAILED if standing is Standing.OPEN and attempts else standing


def of_operation(*outcomes: str | None) -> Standing:
    """The standing of an operation: words of failure and HTTP statuses from 400 mean that nothing changed."""
    return Standing.FAILED if any(_failed(outcome) for outcome in outcomes if outcome) else Standing.OPEN


def _failed(outcome: str) -> bool:
    return bool(FAILED.search(outcome)) or (outcome.isdecimal() and len(outcome) == 3 and outcome >= "400")
