"""What holds for every measure: the never-touch set, exemptions, and ids that are no ids."""

from dataclasses import dataclass
from datetime import datetime

from incident.policy import Policy
from incident.target import Before, Target
from responders.measure import Measure, Refusal


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """For which class, under which policy and when a measure would run."""

    incident_class: str
    policy: Policy
    now: datetime


def forbidden(measure: Measure, target: Target, before: Before, occasion: Occasion) -> Refusal | None:
    """Why this measure may not run on this target now, or None."""
    policy = occasion.policy
    if not target.resource.addressable:
        return Refusal("the resource id holds characters that no Azure resource has")
    if not policy.touchable(target.resource):
        return Refusal("the policy lists this resource among those that are never touched")
    if exemption := policy.exemption(occasion.incident_class, target.resource, occasion.now):
        return Refusal(f"exempt until {exemption.expires:%Y-%m-%d} by {exemption.approver} ({exemption.ticket})")
    return measure.guard(target, before, policy)
