"""What the last month's alerts would have come to: read again from where they are kept, judged as they alone allow.

Nothing live is read for them: what is exposed today says little of what was exposed then. Where a read would have
decided, that is counted, and the disposition is `review`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cloud import Cloud
from detection.lines import Payload, lines, summary
from incident.errors import TourniquetError
from incident.resource import ResourceId

MONTH = timedelta(days=30)
ALERTS = "providers/Microsoft.Security/alerts"
INCIDENTS = "providers/Microsoft.SecurityInsights/incidents"
BORN = ("timeGeneratedUtc", "createdTimeUtc")


@dataclass(frozen=True, kw_only=True)
class Hindsight:
    """The counts by source, as `python -m detection read --replay` writes them; `unread`: why a source says nothing."""

    counts: Mapping[str, Mapping[str, Any]]
    unread: Mapping[str, str]


async def hindsight(
    cloud: Cloud, *, groups: Iterable[ResourceId], workspaces: Iterable[ResourceId], now: datetime
) -> Hindsight:
    """Defender's alerts of the groups' subscriptions, their activity log, and the workspaces' incidents."""
    since, listed = now - MONTH, tuple(groups)
    above = {ResourceId(f"/subscriptions/{group.subscription}") for group in listed}
    sources = {
        "Defender for Cloud": [_born(cloud, each, ALERTS, since) for each in above],
        "Sentinel": [_born(cloud, each, INCIDENTS, since) for each in workspaces],
        "activity log": [cloud.arm.activity(each, since) for each in listed],
    }
    counts, unread = dict[str, Mapping[str, Any]](), dict[str, str]()
    for name, asked in sources.items():
        found = await asyncio.gather(*asked, return_exceptions=True)
        if silent := [str(each) for each in found if isinstance(each, TourniquetError)]:
            unread[name] = silent[0]
        counts[name] = summary(lines(_named(name, _kept(found)), now=now))
    return Hindsight(counts=counts, unread=unread)


async def _born(cloud: Cloud, place: ResourceId, kind: str, since: datetime) -> tuple[Mapping[str, Any], ...]:
    """Those that were made since."""
    every = [each.body for each in await cloud.arm.children(place, kind)]
    return tuple(each for each in every if _at(each.get("properties") or {}) >= since)


def _at(properties: Mapping[str, Any]) -> datetime:
    written = next((str(properties[name]) for name in BORN if properties.get(name)), "")
    return datetime.fromisoformat(written)


def _kept(found: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """What was read; an error that is none of ours is raised."""
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, TourniquetError):
            raise each
        if not isinstance(each, BaseException):
            yield from each


def _named(name: str, bodies: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Payload]]:
    return ((name, body) for body in bodies)
