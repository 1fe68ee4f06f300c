"""Marks of drills: samples made by Defender, test alerts of action groups, and their words.

A drill is recorded and shown; a mark never outweighs exposure that we read ourselves.
"""

import re

SAMPLE = "SIMULATED_"
WORDS = re.compile(
    r"^\[SAMPLE ALERT\]|THIS IS A SAMPLE ALERT|test alert \(not a threat\)|This is a (?:test|sample budget) alert",
    re.IGNORECASE,
)
TESTS = re.compile(r"^test-|/Test_Alert$|/eeeeeeee-[0-9a-f-]+$", re.IGNORECASE)


def marked(*words: str | None) -> bool:
    """Whether a title, description or alert type is that of a sample."""
    return any(word.startswith(SAMPLE) or WORDS.search(word) for word in words if word)


def tested(*names: str | None) -> bool:
    """Whether an alert rule or alert id is that of an action group's test."""
    return any(TESTS.search(name) for name in names if name)


def stripped(alert_type: str | None) -> str | None:
    """The alert type without the mark of a sample."""
    return alert_type and alert_type.removeprefix(SAMPLE)
