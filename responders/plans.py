"""Which measures answer which class, in which wave. One literal per class; a barrier holds back the next wave."""

from collections.abc import Iterable
from dataclasses import dataclass

from incident.plan import Step
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures
from responders.approval import Marks, level


@dataclass(frozen=True)
class Wave:
    """Measures that run together."""

    measures: tuple[str, ...]
    barrier: bool = False
    lowers: tuple[str, ...] = ()  # those of one approver that run by themselves where confidence is high
    fresh: tuple[str, ...] = ()  # those that run by themselves on a change made within the hour


PLANS: dict[str, tuple[Wave, ...]] = {
    "storage.public_container": (Wave(("refuse_anonymous_readers",)), Wave(("close_container",))),
    "network.nsg_egress": (Wave(("deny_internet_egress",)),),
}


def steps(
    incident_class: str, incident: str, targets: Iterable[ResourceId], priors: dict[ResourceId, Before]
) -> tuple[Step, ...]:
    """The steps that answer the class on these targets: each measure takes the targets of its own type."""
    listed = tuple(targets)
    return tuple(
        _step(name, number, wave.barrier, Target(resource=target, incident=incident), priors[target])
        for number, wave in enumerate(PLANS.get(incident_class, ()), start=1)
        for name in wave.measures
        for target in listed
        if target.type == measures.by_id(name).target and target in priors
    )


def marks(incident_class: str, measure: str) -> Marks:
    """What the plan of the class allows for the measure's level."""
    waves = [wave for wave in PLANS.get(incident_class, ()) if measure in wave.measures]
    return Marks(
        lowers=any(measure in wave.lowers for wave in waves), fresh=any(measure in wave.fresh for wave in waves)
    )


def _step(name: str, wave: int, barrier: bool, target: Target, before: Before) -> Step:
    measure = measures.by_id(name)
    return Step(
        measure=measure.id,
        code=measure.code,
        title=measure.title,
        target=target,
        wave=wave,
        approval=level(measure),
        recovery=measure.recovery,
        before=before.digest,
        barrier=barrier,
    )
