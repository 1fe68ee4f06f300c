"""Switch off an automation rule by which Sentinel closes incidents that nobody has read (SE-03b)."""

from typing import Any

from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Measure, absent, anybody, read_or_absent
from responders.whole import Whole, written


def _off(_rule: Target, before: Before) -> dict[str, Any]:
    """The rule as it stands, disabled."""
    body = written(before)
    logic = {**(before.properties.get("triggeringLogic") or {}), "isEnabled": False}
    return {**body, "properties": {**body["properties"], "triggeringLogic": logic}}


def _is_off(_rule: Target, state: Before) -> bool:
    return absent(state) or (state.properties.get("triggeringLogic") or {}).get("isEnabled") is False


RULE = Whole(does="switch the rule off", takes_back="switch the rule on again", wanted=_off, holds=_is_off)


MEASURE = Measure(
    id="disable_closing_rule",
    code="SE-03b",
    title="Switch off the rule that closes incidents unread",
    target="microsoft.securityinsights/automationrules",
    activity="restore",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Nothing that the rule does is done any more: incidents stay open, what it started stands still.",
    permissions=(
        CONTAIN("Microsoft.SecurityInsights/automationRules/write"),
        READ("Microsoft.SecurityInsights/automationRules/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=RULE.contain,
    verify=RULE.verify,
    undo=RULE.undo,
)
