"""Who must agree before a measure runs (containment catalogue §0.2)."""

from incident.plan import Approval, Recovery
from responders.measure import Measure


def level(measure: Measure) -> Approval:
    """The measure's own level; what cannot be taken back always asks at least one person."""
    if measure.recovery is Recovery.NONE and measure.approval is Approval.AUTO:
        return Approval.A1
    return measure.approval
