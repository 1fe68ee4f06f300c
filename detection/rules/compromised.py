"""An account that somebody else acts with (X-2)."""

from detection.claim import Claim
from detection.directory import account
from detection.facts import Facts, Read
from detection.judgement import Case, Claimed, Harmless, Seen, Shown, Unsure
from detection.resources import resource
from detection.rule import Example, Rule
from detection.specimens import alerted, borne_out, standing
from incident.resource import ResourceId, directory_object
from incident.signal import Signal

USER = "microsoft.aadiam/users"
RISKY = {USER: "riskyUsers", "microsoft.aadiam/serviceprincipals": "riskyServicePrincipals"}
"""Where Entra ID Protection keeps what it holds of users and applications."""
ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
ELIGIBILITIES = "providers/Microsoft.Authorization/roleEligibilityScheduleInstances"
HELD = ("atRisk", "confirmedCompromised")
RISKS = ("userriskevents", "riskyusers", "riskyserviceprincipals", "serviceprincipalriskevents")


def risky(signal: Signal) -> str | None:
    """Entra ID Protection saw a risk."""
    seen = signal.hints.get("category", "").casefold() in RISKS or signal.hints.get("provider") == "IPC"
    return "Entra ID Protection saw a risk" if seen else None


def more(signal: Signal, place: ResourceId, facts: Facts) -> tuple[Read, ...]:
    """What Entra ID Protection holds of the account; once it is known, the roles in the subscription at hand."""
    known = facts.one(place) is not None
    return (*map(Read, _risk(place)), *(_roles(signal) if known else ()))


def _roles(signal: Signal) -> tuple[Read, ...]:
    """Those that are given, and those that may be activated, in the subscription in which the signal arose."""
    named = (*signal.resources, *([found] if (found := resource(signal.hints.get("sentinel_incident"))) else ()))
    subscription = next((each.after("subscriptions") for each in named if each.after("subscriptions")), None)
    kinds = (ASSIGNMENTS, ELIGIBILITIES) if subscription else ()
    return tuple(Read(ResourceId(f"/subscriptions/{subscription}"), kind) for kind in kinds)


def _held_roles(case: Case) -> tuple[ResourceId, ...]:
    """The roles of the account itself, given or to be activated; what comes by a group is not among them."""
    who = str(case.state.body.get("objectId") or case.place.name).casefold()
    found = (each for read in _roles(case.signal) for each in case.facts.every(read) or ())
    return tuple(
        ResourceId(str(each.body["id"])) for each in found if str(each.properties.get("principalId")).casefold() == who
    )


def _risk(place: ResourceId) -> tuple[ResourceId, ...]:
    known = place.type in RISKY and "@" not in place.name
    return (directory_object(RISKY[place.type], place.name),) if known else ()


def look(case: Case) -> Seen:
    """Seen: Entra ID Protection holds the account, at high risk. Else an alert that names it must bear it out."""
    names = {case.place.name, *(str(case.state.body.get(each)) for each in ("objectId", "userPrincipalName"))}
    if {each.casefold() for each in names} & {each.casefold() for each in case.policy.break_glass}:
        return Unsure("this is a break-glass account: only people may touch it")
    if any(_held(case, each) for each in _risk(case.place)):
        targets, by = (case.place, *_held_roles(case)), ("live risk of the account",)
        return Shown("Entra ID Protection holds the account, at high risk", targets, by)
    level = case.signal.hints.get("risk_level", "").casefold()
    if risky(case.signal) and level in ("low", "none", "hidden"):
        return Harmless("the risk is low")
    if case.facts.gone(case.place):
        return Unsure("the directory knows of no such account")
    targets = (_by_id(case), *_held_roles(case))
    return Claimed("somebody else acts with the account", targets, {"account": case.place.name})


def _by_id(case: Case) -> ResourceId:
    """The account under its object id, where the directory has told it."""
    known = case.state.body.get("objectId")
    return directory_object("users", str(known)) if known and case.place.type == USER else case.place


def _held(case: Case, risky: ResourceId) -> bool:
    """Whether the account is there, at high risk, and nobody has dismissed it."""
    state = None if case.facts.gone(case.place) else case.facts.one(risky)
    return state is not None and state.body.get("riskLevel") == "high" and state.body.get("riskState") in HELD


_TYPE = "ARM_OperationFromSuspiciousIP"
_USER = "0a0a0a0a-0000-4000-8000-000000000001"
_WHO = {"actor": "temp.nurse@clinic.example"}
_SUBSCRIPTION = "/subscriptions/s"


def _acted(**more: str) -> dict[str, object]:
    signal = alerted(_TYPE, _SUBSCRIPTION, **_WHO)
    return signal | {"hints": signal["hints"] | {"actor_object_id": _USER} | more}


def _named(object_id: str, status: str = "Active") -> dict[str, object]:
    return {**standing(_TYPE, _SUBSCRIPTION, status, entities=[{"type": "account", "aadUserId": object_id}])}


_LIVE = {"userPrincipalName": "temp.nurse@clinic.example"}
_AT = f"/providers/Microsoft.aadiam/riskyUsers/{_USER}"
_RISKY = {
    "source": "entra",
    "actor": "temp.nurse@clinic.example",
    "hints": {"category": "UserRiskEvents", "risk_level": "high", "actor_object_id": _USER},
}


RULE = Rule(
    id="identity.compromised",
    title="Account in somebody else's hands",
    attack=("T1078.004", "T1098", "T1556", "T1621", "T1550.001"),
    hipaa=("45 CFR 164.312(d)", "45 CFR 164.308(a)(3)(ii)(C)", "45 CFR 164.308(a)(5)(ii)(C)"),
    claim=Claim(
        alerts=(
            "ARM_OperationFromSuspicious",
            "ARM_UnusedAccountPersistence",
            "ARM_AnomalousServiceOperation.",
            "ARM_PowerZure.",
            "ARM_MicroBurst.",
            "ARM_Azurite",
            "RM_MicroBurst.",
        ),
        operations=("Microsoft.Authorization/elevateAccess/action",),
    ),
    place=account,
    more=more,
    also=risky,
    look=look,
    sees=tuple(RISKY),
    witnessed=True,
    by_actor=True,
    examples=(
        Example(
            title="Defender has seen the account act from a suspicious address",
            signal=_acted(),
            state={"": _LIVE, **_named(_USER)},
            disposition="contain",
            because=(("",), ("hints", "actor_object_id"), *borne_out(named="entities")),
        ),
        Example(
            title="Entra ID Protection holds the account, at high risk",
            signal=_RISKY,
            state={"": _LIVE, _AT: {"riskLevel": "high", "riskState": "atRisk"}},
            disposition="contain",
            because=(("",), (_AT,), (_AT, "riskLevel"), (_AT, "riskState")),
        ),
        Example(
            title="somebody has dismissed the risk",
            signal=_RISKY,
            state={"": _LIVE, _AT: {"riskLevel": "high", "riskState": "dismissed"}},
            disposition="review",
        ),
        Example(
            title="the alert names another account",
            signal=_acted(),
            state={"": _LIVE} | _named("0b0b0b0b-0000-4000-8000-000000000002"),
            disposition="review",
        ),
        Example(
            title="the alert was resolved",
            signal=_acted(),
            state={"": _LIVE} | _named(_USER, "Resolved"),
            disposition="review",
        ),
        Example(title="Defender knows of no such alert", signal=_acted(), disposition="review"),
        Example(
            title="a low risk was seen",
            signal={"source": "entra", "hints": {"category": "UserRiskEvents", "risk_level": "low"}, **_WHO},
            disposition="record",
        ),
    ),
)
