"""What the policy's allow-list makes of findings: expected, and recorded with the owner's reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from incident.finding import Disposition, Finding
from incident.policy import Policy
from incident.signal import Signal


def allowed(policy: Policy, signal: Signal, findings: Sequence[Finding], now: datetime) -> list[Finding]:
    """The findings, those that an entry covers turned into records."""
    return [_weighed(policy, signal, finding, now) for finding in findings]


def actors(signal: Signal) -> tuple[str, ...]:
    """Who is said to have done it, under every name."""
    named = (signal.actor, signal.hints.get("actor_object_id"), signal.hints.get("actor_app_id"))
    return tuple(name for name in named if name)


def _weighed(policy: Policy, signal: Signal, finding: Finding, now: datetime) -> Finding:
    about = finding.targets or signal.resources[:1]
    entry = policy.allowance(finding.incident_class, about, actors(signal), now)
    if entry is None or finding.disposition is Disposition.RECORD:
        return finding
    return replace(finding, disposition=Disposition.RECORD, reason=entry.said, exposed=False)
