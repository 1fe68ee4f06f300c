"""How far an incident has come in law, and whether a reminder of it pages somebody or waits for the daily digest.

All three standings have the same dates, from the same discovery: an incident is a presumed breach until a person has
shown otherwise (45 CFR 164.402(2)), and waiting for that finding stops no clock.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from compliance.ladder import Rung

EXPOSURE_PAGES = timedelta(days=7)
"""How long before its earliest date, contract dates included, an exposure begins to page."""

PAGED = frozenset({"72h", "24h", "4h"})
"""The rungs that page; all others, bar the overdue ones, wait for the digest."""


class Standing(StrEnum):
    """Possible access; access seen, or logs that cannot exclude it; or found by a person, with reasons."""

    EXPOSURE = "exposure"
    PRESUMED = "presumed"
    DETERMINED = "determined"


def pages(rung: Rung, standing: Standing, earliest: datetime) -> bool:
    """Whether the rung pages. `earliest` is the first due instant among all clocks of the incident."""
    if standing is Standing.EXPOSURE:
        return rung.at >= earliest - EXPOSURE_PAGES
    return rung.overdue or rung.name in PAGED
