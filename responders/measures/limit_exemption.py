"""Have an exemption to which two have agreed end within a week (PO-02), from a policy that guards PHI."""

from typing import Any

from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Measure, absent, anybody, read_or_absent, wanting
from responders.whole import Whole, written

EXEMPTION = "microsoft.authorization/policyexemptions"
UNTIL = "exempt_until"


def _ending(exemption: Target, before: Before) -> dict[str, Any]:
    """The exemption as it stands, with an end."""
    return {"properties": {**written(before)["properties"], "expiresOn": f"{exemption.parameters[UNTIL]}T00:00:00Z"}}


def _ends(exemption: Target, state: Before) -> bool:
    ends = str(state.properties.get("expiresOn") or "")
    return absent(state) or (bool(ends) and ends[:10] <= exemption.parameters[UNTIL])


LIMIT = Whole(does="end the exemption in a week", takes_back="let it last as before", wanted=_ending, holds=_ends)


MEASURE = Measure(
    id="limit_exemption",
    code="PO-02",
    title="Have the exemption from the policy end within a week",
    target=EXEMPTION,
    activity="restrict",
    approval=Approval.A2,
    recovery=Recovery.EXACT,
    blast_radius="When the week is over the policy holds again for what was exempted: what does not comply is told of, "
    "and refused where the policy is enforced.",
    permissions=(
        CONTAIN("Microsoft.Authorization/policyExemptions/write"),
        CONTAIN("Microsoft.Authorization/policyAssignments/exempt/action"),
        READ("Microsoft.Authorization/policyExemptions/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=LIMIT.contain,
    verify=LIMIT.verify,
    undo=LIMIT.undo,
    follows=wanting(EXEMPTION, UNTIL),
)
