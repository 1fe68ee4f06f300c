"""The states that a plan stands on: resources as they are, and beside them what one measure has read for itself."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from cloud import Cloud
from incident.errors import Interrupted, Postponed, Refused
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures
from responders.measure import Measure, read_or_absent, read_raw
from responders.progress import Progress

PLAIN = (read_raw, read_or_absent)
"""Reads of the resource as it is: what one has found serves every measure that reads so."""


@dataclass(frozen=True)
class Priors(Mapping[ResourceId, Before]):
    """By resource: the state as it is, else what some measure has read. `own`: by measure and resource."""

    plain: Mapping[ResourceId, Before] = field(default_factory=dict)
    own: Mapping[tuple[str, ResourceId], Before] = field(default_factory=dict)

    @classmethod
    def read(cls, each: Mapping[tuple[Measure, ResourceId], Before]) -> Self:
        """What these measures have read."""
        plain = {resource: before for (measure, resource), before in each.items() if measure.read in PLAIN}
        own = {(measure.id, place): before for (measure, place), before in each.items() if measure.read not in PLAIN}
        return cls(plain, own)

    def of(self, measure: Measure, target: Target) -> Before | None:
        """What the measure starts from: what it reads itself, never what another has read for itself."""
        if measure.read in PLAIN:
            return self.plain.get(target.resource)
        return self.own.get((measure.id, target.resource))

    def __or__(self, later: Self) -> Self:
        """Both; what was read later counts."""
        return type(self)({**self.plain, **later.plain}, {**self.own, **later.own})

    def __getitem__(self, resource: ResourceId) -> Before:
        """The state of the resource."""
        if resource in self.plain:
            return self.plain[resource]
        found = (before for (_, place), before in self.own.items() if place == resource)
        if (before := next(found, None)) is None:
            raise KeyError(resource)
        return before

    def __iter__(self) -> Iterator[ResourceId]:
        """The resources."""
        yield from dict.fromkeys((*self.plain, *(place for _, place in self.own)))

    def __len__(self) -> int:
        """How many resources there are."""
        return len({*self.plain, *(place for _, place in self.own)})


def known(progress: Progress) -> Priors:
    """The states on which the steps of an incident stand."""
    return Priors.read(
        {
            (measures.by_id(state.step.measure), state.step.target.resource): state.prior
            for state in progress.steps.values()
            if state.prior
        }
    )


async def read(cloud: Cloud, wanted: Iterable[tuple[Measure, Target]]) -> Priors:
    """Each target as its measure reads it, side by side. What cannot be read is left out: its step is not planned."""
    listed = tuple(wanted)
    found = await asyncio.gather(*(_one(cloud, measure, target) for measure, target in listed))
    return Priors.read(
        {
            (measure, target.resource): before
            for (measure, target), before in zip(listed, found, strict=True)
            if before is not None
        }
    )


async def _one(cloud: Cloud, measure: Measure, target: Target) -> Before | None:
    try:
        return await measure.read(cloud, target)
    except (Refused, Postponed, Interrupted):
        return None
