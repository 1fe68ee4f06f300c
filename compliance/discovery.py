"""When a breach counts as discovered: the first moment at which anyone who counts knew, or should have known.

45 CFR 164.404(a)(2) and 164.410(a)(2): the first day on which the breach is known, or by exercising reasonable
diligence would have been known, to any workforce member or agent other than the person who committed it. The clock
starts when the incident is known, not when an investigation has found it to be a breach (78 FR 5648), so the first
signal counts too. A business associate that is an agent discovers for the covered entity; one that is not is heard
when its notice arrives (78 FR 5655).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

KNOWLEDGE = {
    "known_at": "known to the workforce",
    "should_have_known_at": "would have been known by reasonable diligence",
    "first_signal_time": "first signal",
    "agent_known_at": "known to an agent",
}
"""Ways of knowing that have a name. Another one in the facts counts as well: the earlier date is the safe one."""

NOT_KNOWLEDGE = frozenset({"known_only_to_perpetrator_at", "occurred_at"})
"""Instants that may stand beside them and start nothing."""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """One way in which the incident was, or should have been, known. `said` is the instant as the facts gave it."""

    how: str
    at: datetime
    said: str


def effective(known: Iterable[Knowledge]) -> Knowledge:
    """The earliest; between equals the first named."""
    return min(known, key=lambda one: one.at)
