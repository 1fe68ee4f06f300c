"""An account that somebody else acts with (X-2)."""

from detection.claim import Claim
from detection.directory import account
from detection.judgement import Case, Claimed, Harmless, Seen, Unsure
from detection.rule import Example, Rule
from detection.specimens import alerted, borne_out, standing
from incident.signal import Signal

RISKS = ("userriskevents", "riskyusers", "riskyserviceprincipals", "serviceprincipalriskevents")


def risky(signal: Signal) -> str | None:
    """Entra ID Protection saw a risk."""
    seen = signal.hints.get("category", "").casefold() in RISKS or signal.hints.get("provider") == "IPC"
    return "Entra ID Protection saw a risk" if seen else None


def look(case: Case) -> Seen:
    """No state shows who holds a token: an alert or incident that names the same account must bear it out."""
    if case.place.name.casefold() in {each.casefold() for each in case.policy.break_glass}:
        return Unsure("this is a break-glass account: only people may touch it")
    level = case.signal.hints.get("risk_level", "").casefold()
    if risky(case.signal) and level in ("low", "none", "hidden"):
        return Harmless("the risk is low")
    return Claimed("somebody else acts with the account", (case.place,), {"account": case.place.name})


_TYPE = "ARM_OperationFromSuspiciousIP"
_USER = "0a0a0a0a-0000-4000-8000-000000000001"
_WHO = {"actor": "temp.nurse@clinic.example"}
_SUBSCRIPTION = "/subscriptions/s"


def _acted(**more: str) -> dict[str, object]:
    signal = alerted(_TYPE, _SUBSCRIPTION, **_WHO)
    return signal | {"hints": signal["hints"] | {"actor_object_id": _USER} | more}


def _named(object_id: str, status: str = "Active") -> dict[str, object]:
    return {**standing(_TYPE, _SUBSCRIPTION, status, entities=[{"type": "account", "aadUserId": object_id}])}


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
    also=risky,
    look=look,
    witnessed=True,
    by_actor=True,
    examples=(
        Example(
            title="Defender has seen the account act from a suspicious address",
            signal=_acted(),
            state=_named(_USER),
            disposition="contain",
            because=(("hints", "actor_object_id"), *borne_out(named="entities")),
        ),
        Example(
            title="the alert names another account",
            signal=_acted(),
            state=_named("0b0b0b0b-0000-4000-8000-000000000002"),
            disposition="review",
        ),
        Example(title="the alert was resolved", signal=_acted(), state=_named(_USER, "Resolved"), disposition="review"),
        Example(title="Defender knows of no such alert", signal=_acted(), disposition="review"),
        Example(
            title="a low risk was seen",
            signal={"source": "entra", "hints": {"category": "UserRiskEvents", "risk_level": "low"}, **_WHO},
            disposition="record",
        ),
    ),
)
