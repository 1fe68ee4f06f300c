"""Whether an incident may be closed: the entity bears the burden of proof (45 CFR 164.414(b)).

Missing logs are never evidence of no access: an exposure closes only when logging covered the whole window.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from compliance.record import Ground, missing_factors


def lacking(facts: Mapping[str, Any], *, since: datetime, unproved: Sequence[str], seen: bool) -> tuple[str, ...]:
    """What still stands in the way of the closing in the facts, in words.

    `since`: the first signal. `unproved`: clocks that run on whatever the ground, without a notice and its proof.
    `seen`: access was seen, or could not be excluded.
    """
    return (*_unfounded(facts, since, seen=seen), *(f"{clock}: no notice with its proof" for clock in unproved))


def _unfounded(facts: Mapping[str, Any], since: datetime, *, seen: bool) -> Iterator[str]:
    closing = facts["closing"]
    match Ground(closing["ground"]):
        case Ground.NO_ACCESS:
            yield from _unlogged(closing, since, seen=seen)
        case Ground.LOW_PROBABILITY:
            yield from _unassessed(facts)
        case Ground.EXCLUDED if not facts.get("exclusion"):
            yield "the exclusion of 164.402(1) that applies is not stated"
        case Ground.SECURED if not _secured(facts.get("encryption") or {}):
            yield "encryption by HHS guidance and a safe key are not both established"


def _secured(encryption: Mapping[str, Any]) -> bool:
    return bool(encryption.get("meets_guidance")) and encryption.get("key_compromised") is False


def _unassessed(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"the factor «{factor}» is not assessed" for factor in missing_factors(facts))
    if not (facts.get("assessment") or {}).get("low_probability"):
        yield "the assessment does not find a low probability of compromise"


def _unlogged(closing: Mapping[str, Any], since: datetime, *, seen: bool) -> Iterator[str]:
    window, logging = closing.get("window"), closing.get("logging")
    if seen:
        yield "access was seen or could not be excluded: assess it (164.402(2)), or notify"
    if not window or not logging:
        yield "the window of the exposure and the logging that covered it are not stated"
        return
    begin, end = (datetime.fromisoformat(window[name]) for name in ("from", "to"))
    if begin > since:
        yield "the window begins after the first signal"
    if not logging["sources"] or logging["gaps"]:
        yield "the logging has gaps or no source; missing logs are no evidence of no access"
    if datetime.fromisoformat(logging["from"]) > begin or datetime.fromisoformat(logging["to"]) < end:
        yield "the logging does not cover the whole window"
