"""Restore an analytics rule of Sentinel (SE-02): switched on again as it stands, or written anew from our own content.

What was missed meanwhile is found by a hunt with the same rule over what the workspace has kept; a hit may move the
day of discovery.
"""

import json
from typing import Any

from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Measure, Refusal, absent, read_or_absent
from responders.whole import Whole, written

ALERT_RULE = "microsoft.securityinsights/alertrules"
CONTENT = "analytics_rule"


def _on(rule: Target, before: Before) -> dict[str, Any]:
    """Our own content where the rule is gone; else the rule as it stands, enabled."""
    body = json.loads(rule.parameters[CONTENT]) if absent(before) else written(before)
    return {**body, "properties": {**body["properties"], "enabled": True}}


def _is_on(_rule: Target, state: Before) -> bool:
    return not absent(state) and state.properties.get("enabled") is True


def guard(rule: Target, before: Before, _policy: Policy) -> Refusal | None:
    """Only a person can write again what is gone and was none of ours."""
    lost = absent(before) and CONTENT not in rule.parameters
    return Refusal("the rule is gone and is none of ours: a person has to write it again") if lost else None


def follows(named: Target) -> tuple[Target, ...]:
    """The rule, with our own content where it is one of ours."""
    if named.resource.type != ALERT_RULE:
        return ()
    kept = {CONTENT: named.parameters[CONTENT]} if named.parameters.get(CONTENT) else {}
    return (Target(resource=named.resource, incident=named.incident, parameters=kept),)


RULE = Whole(does="restore the rule", takes_back="take the rule back", wanted=_on, holds=_is_on)


MEASURE = Measure(
    id="restore_analytics_rule",
    code="SE-02",
    title="Restore the analytics rule",
    target=ALERT_RULE,
    activity="restore",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The rule alerts from now on, also on what it finds in the time that it looks back. Nothing stops.",
    permissions=(
        CONTAIN("Microsoft.SecurityInsights/alertRules/write"),
        CONTAIN("Microsoft.SecurityInsights/alertRules/delete"),
        READ("Microsoft.SecurityInsights/alertRules/read"),
    ),
    guard=guard,
    read=read_or_absent,
    contain=RULE.contain,
    verify=RULE.verify,
    undo=RULE.undo,
    follows=follows,
)
