"""The rules judged outside their examples, under the policy of a clinic."""

from collections.abc import Mapping
from typing import Any

from detection.played import facts
from detection.rule import Rule
from incident.finding import Finding
from incident.policy import Entity, Policy
from incident.signal import Signal

HUB = "/subscriptions/s/resourceGroups/clinic/providers/Microsoft.Network/virtualNetworks/hub"
BREAK_GLASS = "0c0c0c0c-0000-4000-8000-000000000003"
POLICY = Policy(
    entity=Entity(name="Clinic", zone="America/New_York", role="covered_entity"),
    tags={"data-classification": "phi"},
    approved_peerings=(HUB,),
    break_glass=(BREAK_GLASS,),
)


def judged(rule: Rule, about: Signal, state: Mapping[str, Any], policy: Policy = POLICY) -> Finding:
    """What the rule says of the signal in this state of Azure."""
    return rule.judge(about, facts(rule, about, state), policy)
