"""An analytics rule switched off or deleted, so that nobody is told (FP-7)."""

from collections.abc import Mapping

from detection.analytics.deployed import ours
from detection.claim import Claim
from detection.judgement import Case, Harmless, Seen, Shown
from detection.rule import PATIENCE, Example, Rule, host, nearest
from detection.specimens import WORKSPACE, in_log, logged, operated, phi, untagged
from incident.resource import ResourceId


def look(case: Case) -> Seen:
    """Seen: the rule is there and disabled."""
    if case.state.properties.get("enabled") is not False:
        return Harmless("the rule is enabled")
    return Shown("the analytics rule is switched off", (case.place,), ("live state of the analytics rule",))


def content(place: ResourceId) -> Mapping[str, str]:
    """The rule as it is to stand, where it is one of ours."""
    known = ours(place.name)
    return {"analytics_rule": known} if known else {}


_R = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/alertRules/anonymous-reads"
_WRITE = operated("Microsoft.SecurityInsights/alertRules/write", _R)
_DELETE = operated("Microsoft.SecurityInsights/alertRules/delete", _R)

RULE = Rule(
    id="detect.missing_rule",
    title="Analytics rule switched off or deleted",
    attack=("T1562.008",),
    hipaa=("45 CFR 164.312(b)", "45 CFR 164.308(a)(1)(ii)(D)", "45 CFR 164.308(a)(6)(i)"),
    claim=Claim(
        operations=(
            "Microsoft.SecurityInsights/alertRules/write",
            "Microsoft.SecurityInsights/alertRules/delete",
            "Microsoft.SecurityInsights/dataConnectors/delete",
        )
    ),
    place=nearest("Microsoft.SecurityInsights/alertRules", "Microsoft.SecurityInsights/dataConnectors"),
    kin=lambda place, _facts: host(place),
    look=look,
    absence="the analytics rule was deleted",
    lost=content,
    witnessed=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="a rule that watches PHI is switched off",
            signal=_WRITE,
            state={"": untagged(_R, enabled=False), WORKSPACE: phi(WORKSPACE)},
            disposition="contain",
            because=(("operation",), ("resources",), (WORKSPACE, "tags"), ("", "properties", "enabled")),
        ),
        Example(
            title="the rule was deleted, as the activity log shows",
            signal=_DELETE,
            state={WORKSPACE: phi(WORKSPACE)} | logged(str(_DELETE["operation"]), _R),
            disposition="contain",
            because=((WORKSPACE, "tags"), *in_log(_R)),
        ),
        Example(
            title="the rule is gone, by the event's word alone",
            signal=_DELETE,
            state={WORKSPACE: phi(WORKSPACE)},
            disposition="review",
        ),
        Example(
            title="the rule is enabled",
            signal=_WRITE,
            state={"": untagged(_R, enabled=True), WORKSPACE: phi(WORKSPACE)},
            disposition="record",
        ),
        Example(
            title="the workspace watches no PHI",
            signal=_WRITE,
            state={"": untagged(_R, enabled=False), WORKSPACE: untagged(WORKSPACE)},
            disposition="record",
        ),
    ),
)
