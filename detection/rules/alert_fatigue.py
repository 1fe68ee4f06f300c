"""Alerts that nobody reads: left lying, suppressed, or closed by a rule (FP-4).

An unread alert can start the clock: a breach counts as discovered on the day on which it would have been known by
reasonable diligence (45 CFR 164.404(a)(2)).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from detection.claim import Claim
from detection.fields import at, mapping, text
from detection.judgement import Case, Harmless, Seen, Shown
from detection.resources import resource
from detection.rule import PATIENCE, Example, Rule, host, nearest
from detection.specimens import INCIDENT, WORKSPACE, operated, phi, untagged
from detection.times import utc
from incident.resource import ResourceId
from incident.signal import Signal

SUPPRESSION = "microsoft.security/alertssuppressionrules"
AUTOMATION = "microsoft.securityinsights/automationrules"
UNREAD_FOR = {"high": timedelta(minutes=15), "medium": timedelta(minutes=60)}


def unread(signal: Signal) -> str | None:
    """A Sentinel incident that is still new although its time is up."""
    about = mapping(signal.body, "object", "properties") or mapping(signal.body, "properties")
    late = signal.kind == "sentinel-incident" and _late(about, signal.received_at)
    return "nobody has taken up the incident" if late else None


def place(signal: Signal) -> ResourceId | None:
    """The rule that silences, or the incident that lies unread."""
    silencing = nearest(SUPPRESSION, AUTOMATION)(signal)
    return silencing or (resource(signal.hints.get("sentinel_incident")) if unread(signal) else None)


def look(case: Case) -> Seen:
    """Seen: alerts are suppressed or closed unread, or the incident is new, without owner, and its time is up."""
    properties, by = case.state.properties, (f"live state of {case.place.name}",)
    if case.place.type == SUPPRESSION:
        if properties.get("state") != "Enabled":
            return Harmless("the suppression rule is off")
        return Shown(f"alerts of the type {properties.get('alertType')} are suppressed", (case.place,), by)
    if case.place.type == AUTOMATION:
        if not _closes(properties):
            return Harmless("the automation rule closes no incident")
        return Shown("incidents are closed before anybody has read them", (case.place,), by)
    if text(properties, "owner", "objectId") or not _late(properties, case.signal.received_at):
        return Harmless("somebody has taken up the incident")
    return Shown("nobody has taken up the incident in time", (case.place,), by)


def _closes(rule: Mapping[str, Any]) -> bool:
    enabled = at(rule, "triggeringLogic", "isEnabled") is not False
    statuses = (text(action, "actionConfiguration", "status") for action in rule.get("actions") or ())
    return enabled and "Closed" in statuses


def _late(incident: Mapping[str, Any], now: datetime) -> bool:
    created = utc(at(incident, "createdTimeUtc"))
    patience = UNREAD_FOR.get((text(incident, "severity") or "").casefold())
    waiting = text(incident, "status") == "New" and created is not None and patience is not None
    return waiting and now - created > patience  # type: ignore[operator] # mypy does not follow `waiting`


_S = "/subscriptions/s/providers/Microsoft.Security/alertsSuppressionRules/quiet"
_M = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/automationRules/tidy"
_QUIET = operated("Microsoft.Security/alertsSuppressionRules/write", _S)
_TIDY = operated("Microsoft.SecurityInsights/automationRules/write", _M)
_CLOSE = {"actionType": "ModifyProperties", "actionConfiguration": {"status": "Closed"}}
_OLD = {"status": "New", "severity": "High", "createdTimeUtc": "2026-03-02T09:00:00Z"}
_UNREAD = {
    "source": "sentinel",
    "kind": "sentinel-incident",
    "hints": {"sentinel_incident": INCIDENT},
    "body": {"properties": _OLD},
}

RULE = Rule(
    id="detect.alert_fatigue",
    title="Alerts that nobody reads",
    attack=("T1562.001", "T1562.008"),
    hipaa=("45 CFR 164.308(a)(1)(ii)(D)", "45 CFR 164.308(a)(6)(ii)", "45 CFR 164.404(a)(2)"),
    claim=Claim(
        operations=(
            "Microsoft.Security/alertsSuppressionRules/write",
            "Microsoft.SecurityInsights/automationRules/write",
        )
    ),
    place=place,
    also=unread,
    kin=lambda each, _facts: host(each),
    look=look,
    patience=PATIENCE,
    examples=(
        Example(
            title="a suppression rule silences Defender",
            signal=_QUIET,
            state={"": untagged(_S, state="Enabled", alertType="Storage.Blob_OpenACL")},
            disposition="contain",
            because=(("operation",), ("resources",), ("", "properties", "state")),
        ),
        Example(
            title="an automation rule closes what nobody has read",
            signal=_TIDY,
            state={"": untagged(_M, actions=[_CLOSE]), WORKSPACE: phi(WORKSPACE)},
            disposition="contain",
            because=(("", "properties", "actions", 0), (WORKSPACE, "tags")),
        ),
        Example(
            title="an incident has been lying for half an hour",
            signal=_UNREAD,
            state={"": untagged(INCIDENT, **_OLD), WORKSPACE: phi(WORKSPACE)},
            disposition="contain",
            because=(
                ("hints", "sentinel_incident"),
                ("", "properties", "status"),
                ("", "properties", "severity"),
                ("", "properties", "createdTimeUtc"),
            ),
        ),
        Example(
            title="somebody has taken the incident up meanwhile",
            signal=_UNREAD,
            state={"": untagged(INCIDENT, **_OLD, owner={"objectId": "u-2"}), WORKSPACE: phi(WORKSPACE)},
            disposition="record",
        ),
        Example(
            title="the suppression rule is off",
            signal=_QUIET,
            state={"": untagged(_S, state="Disabled")},
            disposition="record",
        ),
        Example(title="the rule cannot be read", signal=_TIDY, disposition="review"),
    ),
)
