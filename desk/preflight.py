"""Preflight: what is missing before the responder can do its work, and what the last month would have come to.

It reads, and writes nothing: neither to Azure nor to the ledger, which need not be there yet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloud import Cloud
from desk.hindsight import Hindsight, hindsight
from desk.lacks import Lack
from desk.quarters import UNTRACKED
from desk.survey import Look, Survey, look_around
from incident.errors import TourniquetError
from incident.policy import Policy
from incident.quarter import Quarter
from ledger.tables import together


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What is missing, what blocks first; how much holds PHI; the last month; and since when exercises are asked for.

    Ready: nothing blocks.
    """

    lacks: tuple[Lack, ...]
    phi: int
    month: Hindsight
    first_quarter: Quarter | None

    @property
    def ready(self) -> bool:
        """Whether nothing blocks."""
        return not any(lack.blocks for lack in self.lacks)


async def preflight(cloud: Cloud, policy: Policy, now: datetime) -> Preflight:
    """Look at everything. What cannot be looked at is a lack that blocks; the index refused is raised as it is."""
    with cloud.sweeping():
        survey = Survey(cloud, policy, await look_around(cloud, policy))
        found = await together(_listed(about, look) for about, look in survey.looks.items())
        month = await hindsight(cloud, groups=survey.seen.groups, workspaces=await survey.workspaces(), now=now)
    ordered = sorted((lack for each in found for lack in each), key=lambda lack: (not lack.blocks, lack.about))
    return Preflight(lacks=tuple(ordered), phi=len(survey.seen.phi), month=month, first_quarter=policy.first_quarter)


async def _listed(about: str, look: Look) -> list[Lack]:
    found: list[Lack] = []
    try:
        found.extend([lack async for lack in look()])
    except TourniquetError as fault:
        found.append(Lack(about=about, what=f"cannot be looked at: {fault}", blocks=True))
    return found


def told(found: Preflight) -> Iterator[str]:
    """What was found, a line each; the last says how it stands."""
    for lack in found.lacks:
        yield f"{'BLOCKS' if lack.blocks else 'limits'} {lack.about}: {lack.what}"
    for source, counts in found.month.counts.items():
        yield f"last 30 days, {source}: {_counted(counts)}"
    for source, why in found.month.unread.items():
        yield f"last 30 days, {source}: not all could be read: {why}"
    yield f"tabletop exercises: asked for since {found.first_quarter}" if found.first_quarter else UNTRACKED
    blocking = sum(lack.blocks for lack in found.lacks)
    yield (
        f"preflight: {found.phi} resources hold PHI; missing: {len(found.lacks)}, of which {blocking} block: "
        f"{'ready' if found.ready else 'not ready'}"
    )


def _counted(counts: Mapping[str, Any]) -> str:
    if not counts.get("signals"):
        return "nothing"
    made = ", ".join(f"{number} {name}" for name, number in sorted(counts["dispositions"].items()))
    classes = ", ".join(f"{name} {number}" for name, number in sorted(counts["classes"].items())) or "of no class"
    live = f"{counts['needs_live_read']} of them would have been decided by a read of the live state"
    return f"{counts['signals']} signals ({made}; {live}): {classes}"
