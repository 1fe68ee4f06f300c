"""A conditional-access policy that asks for less than before, or a way round it (FP-2).

The fault can be an absence: MFA is gone when the new policy has no `grantControls`, though its state stays `enabled`.
What the policy was stands in the directory's audit, each version a string of JSON; what it is, is read live. Where both
were read by us, nothing of the signal counts but the policy's id; the audit comes minutes late, and until then a
signal is a claim.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from detection.claim import Claim
from detection.directory import account, touched
from detection.facts import Facts, Read
from detection.fields import listing, mapping, text, texts
from detection.judgement import Case, Claimed, Harmless, Seen, Shown
from detection.rule import Example, Rule
from detection.specimens import account as person
from detection.specimens import in_incident, incident, reported
from incident.resource import ResourceId, directory_object
from incident.signal import Signal
from incident.target import Before

POLICY = "microsoft.aadiam/policies"
CHANGES = ("Add conditional access policy", "Update conditional access policy", "Delete conditional access policy")
BEFORE = timedelta(hours=1)
KEPT = timedelta(days=29)  # Entra keeps its audit for 30 days at most
REMOVED = "delete conditional access policy"
WHO = ("includeUsers", "includeGroups", "includeRoles")
WHO_NOT = ("excludeUsers", "excludeGroups", "excludeRoles")
MODERN = ("browser", "mobile apps and desktop clients")
RISKS = ("userriskevents", "riskyusers")


def passed_by(signal: Signal) -> str | None:
    """A sign-in to which no policy applied, or a risk that the policies should have answered."""
    if signal.hints.get("conditional_access") == "notApplied":
        return "no conditional-access policy applied to the sign-in"
    return "Entra saw a risk" if signal.hints.get("category", "").casefold() in RISKS else None


def place(signal: Signal) -> ResourceId | None:
    """The policy that was changed; of a sign-in or a risk, the user."""
    return next((each for each in touched(signal) if each.type == POLICY), None) or account(signal)


def audit(signal: Signal, place: ResourceId, _facts: Facts) -> tuple[Read, ...]:
    """What the directory's audit holds of the policy."""
    return (_audit(signal, place),) if place.type == POLICY else ()


def _audit(signal: Signal, place: ResourceId) -> Read:
    return Read(place, since=max(signal.earliest - BEFORE, signal.received_at - KEPT))


def look(case: Case) -> Seen:
    """Seen: the live policy asks for less than the audit, read by us, says that it did. Else the signal is a claim."""
    return _compared(case) or _told(case)


def _compared(case: Case) -> Seen | None:
    """What the policy is against what it was, and who made it so; None where the audit does not say."""
    records = [each for each in case.facts.every(_audit(case.signal, case.place)) or () if _changed(each)]
    before = [(old, record) for record in records for old, _ in _versions(record.body)]
    for old, record in before:
        if found := ["is gone"] if case.facts.gone(case.place) else list(_ways(old, case.state.body)):
            by = ("live conditional-access policy", "the directory's audit of it")
            targets = (case.place, *_initiator(record))
            return Shown(f"the policy {', '.join(found)}", targets, by, {"previous": json.dumps(old)})
    return Harmless("the policy asks for no less now than before") if before else None


def _changed(record: Before) -> bool:
    succeeded = (text(record.body, "result") or "").casefold() == "success"
    return succeeded and text(record.body, "activityDisplayName") in CHANGES


def _initiator(record: Before) -> tuple[ResourceId, ...]:
    """The person who made the change; an application that did is a person's to look at."""
    who = text(record.body, "initiatedBy", "user", "id")
    return (directory_object("users", who),) if who else ()


def _told(case: Case) -> Seen:
    """What the signal says."""
    who = account(case.signal)
    targets = tuple(dict.fromkeys(each for each in (case.place, who) if each))
    if "conditional access policy" in (case.signal.operation or "").casefold():
        found = weaker(case.signal)
        if not found:
            return Harmless("the policy asks for no less")
        before = next((json.dumps(old) for old, _ in _versions(case.signal.body)), "")
        return Claimed(f"the policy {', '.join(found)}", targets, {"previous": before} if before else {})
    if case.signal.hints.get("conditional_access") == "notApplied":
        legacy = case.signal.hints.get("client_app", "browser").casefold() not in MODERN
        return Claimed("an old client signed in past every policy", targets) if legacy else Harmless("nothing says why")
    if "class" in case.signal.hints:
        return Claimed("conditional access asks for less than before", targets)
    risky = case.signal.hints.get("risk_level", "").casefold() == "high"
    return Claimed("a risky user was let in", targets) if risky else Harmless("the risk is not high")


def weaker(signal: Signal) -> list[str]:
    """In which ways the policy asks for less than before."""
    if (signal.operation or "").casefold() == REMOVED:
        return ["was deleted"]
    found = [way for old, new in _versions(signal.body) if new for way in _ways(old, new)]
    lost = signal.hints.get("removed", "").split(", ")
    return found or [f"lost its {name}" for name in lost if name in ("grantControls", "sessionControls")]


def _versions(body: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    audit = mapping(body, "properties") or mapping(body)
    for target in listing(audit, "targetResources"):
        for change in listing(target, "modifiedProperties"):
            old, new = mapping(change, "oldValue"), mapping(change, "newValue")
            if old:
                yield old, new


def _ways(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if text(old, "state") == "enabled" != text(new, "state"):
        yield "is no longer enforced"
    if mapping(old, "grantControls") and not mapping(new, "grantControls"):
        yield "lost its grantControls"
    elif _eased(mapping(old, "grantControls"), mapping(new, "grantControls")):
        yield "asks for fewer grantControls"
    if mapping(old, "sessionControls") and not mapping(new, "sessionControls"):
        yield "lost its sessionControls"
    if any(_some(old, name) - _some(new, name) for name in WHO):
        yield "covers fewer people"
    if any(_some(new, name) - _some(old, name) for name in WHO_NOT):
        yield "leaves more people out"


def _eased(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a control is gone, or one is enough where all were needed; `block` and a strength replace any control."""
    held, asked = ({each.casefold() for each in texts(side, "builtInControls")} for side in (old, new))
    if "block" in asked or mapping(new, "authenticationStrength"):
        return False
    return bool(held - asked) or (text(old, "operator"), text(new, "operator")) == ("AND", "OR")


def _some(policy: Mapping[str, Any], name: str) -> set[str]:
    return {*texts(policy, "conditions", "users", name)}


_MFA: dict[str, Any] = {"state": "enabled", "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}


def _changed_to(new: Mapping[str, Any]) -> dict[str, Any]:
    change = {"oldValue": json.dumps(_MFA), "newValue": json.dumps(new)}
    return {
        "source": "entra",
        "operation": "Update conditional access policy",
        "actor": "temp.nurse@clinic.example",
        "hints": {
            "target_ids": "p-1",
            "target_types": "Policy",
            "actor_object_id": "u-1",
        },
        "body": {"targetResources": [{"modifiedProperties": [change]}]},
    }


_RECORD = {
    "activityDisplayName": "Update conditional access policy",
    "result": "success",
    "initiatedBy": {"user": {"id": "u-1", "userPrincipalName": "temp.nurse@clinic.example"}},
    "targetResources": [{"id": "p-1", "type": "Policy", "modifiedProperties": [{"oldValue": json.dumps(_MFA)}]}],
}
_STRONG = _MFA | {"grantControls": {"authenticationStrength": {"id": "phishing-resistant"}}}
_TOLD = reported("identity.ca_gap", "u-1")
_SEEN = incident(person("u-1"), "identity.ca_gap")
_CLOSED = incident(person("u-1"), "identity.ca_gap", "Closed")

RULE = Rule(
    id="identity.ca_gap",
    title="Conditional access asks for less than before",
    attack=("T1556.009", "T1078.004", "T1621"),
    hipaa=(
        "45 CFR 164.312(d)",
        "45 CFR 164.312(a)(2)(i)",
        "45 CFR 164.308(a)(5)(ii)(C)",
        "45 CFR 164.308(a)(4)(ii)(B)",
    ),
    claim=Claim(
        operations=CHANGES,
    ),
    place=place,
    more=audit,
    also=passed_by,
    look=look,
    sees=(POLICY,),
    witnessed=True,
    by_actor=True,
    examples=(
        Example(
            title="the live policy has lost its grantControls, which the audit shows it had",
            signal=_changed_to({"state": "enabled"}),
            state={"": {"state": "enabled"}, "in the activity log": (_RECORD,)},
            disposition="contain",
            because=(
                ("hints", "target_ids"),
                ("in the activity log", 0, "activityDisplayName"),
                ("in the activity log", 0, "result"),
                ("in the activity log", 0, "targetResources"),
            ),
        ),
        Example(
            title="somebody has given them back",
            signal=_changed_to({"state": "enabled"}),
            state={"": _MFA, "in the activity log": (_RECORD,)},
            disposition="record",
        ),
        Example(
            title="Sentinel has an incident about a weakened policy",
            signal=_TOLD,
            state=_SEEN,
            disposition="contain",
            because=in_incident(),
        ),
        Example(title="the incident has been closed", signal=_TOLD, state=_CLOSED, disposition="review"),
        Example(
            title="MFA is gone, by the record's word alone",
            signal=_changed_to({"state": "enabled"}),
            disposition="review",
        ),
        Example(
            title="the policy only reports from now on",
            signal=_changed_to(_MFA | {"state": "enabledForReportingButNotEnforced"}),
            disposition="review",
        ),
        Example(title="a stronger method is asked for", signal=_changed_to(_STRONG), disposition="record"),
        Example(title="nothing was weakened", signal=_changed_to(_MFA), disposition="record"),
    ),
)
