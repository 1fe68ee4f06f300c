"""Take away an exemption from a policy that guards PHI to which fewer than two people have agreed (PO-02b)."""

from incident.plan import Approval, Recovery
from responders.measure import CONTAIN, READ, Measure, absent, anybody, read_or_absent, wanting
from responders.whole import Whole

EXEMPTION = "microsoft.authorization/policyexemptions"

WITHOUT = Whole(
    does="remove the exemption",
    takes_back="exempt as before",
    wanted=lambda _exemption, _before: None,
    holds=lambda _exemption, state: absent(state),
)


MEASURE = Measure(
    id="remove_exemption",
    code="PO-02b",
    title="Remove the exemption from the policy",
    target=EXEMPTION,
    activity="restrict",
    approval=Approval.A2,
    recovery=Recovery.EXACT,
    blast_radius="The policy holds again at once for what was exempted: what does not comply is told of, and refused "
    "where the policy is enforced, also deployments that are under way.",
    permissions=(
        CONTAIN("Microsoft.Authorization/policyExemptions/delete"),
        CONTAIN("Microsoft.Authorization/policyExemptions/write"),
        CONTAIN("Microsoft.Authorization/policyAssignments/exempt/action"),
        READ("Microsoft.Authorization/policyExemptions/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=WITHOUT.contain,
    verify=WITHOUT.verify,
    undo=WITHOUT.undo,
    follows=wanting(EXEMPTION, "exempt_by"),
)
