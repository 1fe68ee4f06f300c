"""Silence after a cut: of the hashes that a storage log knew before it, how many were served after it.

The log comes late, by two to ten minutes, and the data plane obeys late where it caches: nothing is asked of the first
minutes after the cut. An empty answer is no silence: the log must show that it goes on, by rows of whomever, for
minutes after that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from detection.hunts import Hunt, account_name
from incident.resource import ResourceId
from incident.trace import Trace

BACK = timedelta(days=7)
SETTLES, LASTS = timedelta(minutes=5), timedelta(minutes=5)
"""After the cut, how long what is cached may be served, and for how long after that the log must have gone on."""
ENTERED = {
    Trace.KEY: '(AuthenticationType == "AccountKey" or (AuthenticationType == "SAS" and isempty(RequesterObjectId)))',
    Trace.DELEGATION: 'AuthenticationType == "SAS" and isnotempty(RequesterObjectId)',
}
QUERY = """\
StorageBlobLogs
| where AccountName =~ "{account}" and StatusCode startswith "2"
| where {entered}
| where AuthenticationHash startswith "{key}" and isnotempty(AuthenticationHash)
| summarize Before = countif(TimeGenerated < datetime({cut})), After = countif(TimeGenerated > datetime({settled}))
    by AuthenticationHash
| where Before > 0
| summarize Known = count(), Alive = countif(After > 0)
"""
COVERAGE = """\
StorageBlobLogs
| where AccountName =~ "{account}" and TimeGenerated > datetime({settled})
| summarize Records = count(), Last = max(TimeGenerated)
"""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What the log says: how many bearers it knew, how many were served after the cut, and until when it was kept."""

    known: int
    alive: int
    until: datetime | None

    def silent(self, cut: datetime) -> bool | None:
        """True for silence, False where one is still served; None where the log cannot tell."""
        if self.alive:
            return False
        told = self.known and self.until is not None and self.until - cut >= SETTLES + LASTS
        return True if told else None


def hunt(account: ResourceId, trace: Trace, cut: datetime, key: str = "") -> Hunt:
    """Who was served before the cut, and of them after it. ValueError for a name that may not stand in a query."""
    words = {"account": account_name(account), "entered": ENTERED[trace], "key": f"{key}(" if key else ""}
    query = QUERY.format(cut=_stamp(cut), settled=_stamp(cut + SETTLES), **words)
    return Hunt(query=query, since=BACK, most=1)


def coverage(account: ResourceId, cut: datetime) -> Hunt:
    """Until when the log was kept after the cut."""
    query = COVERAGE.format(account=account_name(account), settled=_stamp(cut + SETTLES))
    return Hunt(query=query, since=BACK, most=1)


def read(found: Iterable[Mapping[str, Any]], covered: Iterable[Mapping[str, Any]]) -> Heard:
    """What the two answers say."""
    row, kept = next(iter(found), {}), next(iter(covered), {})
    until = kept.get("Last") if kept.get("Records") else None
    return Heard(known=int(row.get("Known") or 0), alive=int(row.get("Alive") or 0), until=until)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
