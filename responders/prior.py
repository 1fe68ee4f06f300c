"""The states that a plan stands on, beyond those that the rules have read."""

import asyncio
from collections.abc import Iterable, Mapping

from cloud import Cloud
from incident.errors import Interrupted, Postponed, Refused
from incident.finding import Finding
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import planner
from responders.measure import Measure


async def completed(
    cloud: Cloud, incident: str, findings: Iterable[Finding], priors: Mapping[ResourceId, Before], policy: Policy
) -> dict[ResourceId, Before]:
    """The states that the rules have read, and with them all that the plan needs besides."""
    return {**priors, **await read(cloud, planner.unread(incident, findings, priors, policy))}


async def read(cloud: Cloud, wanted: Iterable[tuple[Measure, Target]]) -> dict[ResourceId, Before]:
    """Each target as its measure reads it, side by side. What cannot be read is left out: its step is not planned."""
    listed = tuple(wanted)
    found = await asyncio.gather(*(_one(cloud, measure, target) for measure, target in listed))
    return {target.resource: before for (_, target), before in zip(listed, found, strict=True) if before is not None}


async def _one(cloud: Cloud, measure: Measure, target: Target) -> Before | None:
    try:
        return await measure.read(cloud, target)
    except (Refused, Postponed, Interrupted):
        return None
