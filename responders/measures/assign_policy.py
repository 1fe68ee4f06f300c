"""Assign a policy on encryption, not enforced (PO-01): from then on Azure Policy tells what does not comply."""

from incident.plan import Approval, Recovery
from responders.effective import only
from responders.guarding import WATCHING, assigned, body, follows
from responders.measure import CONTAIN, READ, Measure, anybody, read_or_absent
from responders.whole import Whole

POLICY = Whole(
    does="assign the policy",
    takes_back="take the policy away",
    wanted=lambda assignment, before: body(assignment, before, WATCHING),
    holds=assigned,
)


MEASURE = Measure(
    id="assign_policy",
    code="PO-01",
    title="Assign the policy on encryption, not enforced",
    target="microsoft.authorization/policyassignments",
    activity="restore",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nothing stops: what does not comply is only told of.",
    permissions=(
        CONTAIN("Microsoft.Authorization/policyAssignments/write"),
        CONTAIN("Microsoft.Authorization/policyAssignments/delete"),
        READ("Microsoft.Authorization/policyAssignments/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=POLICY.contain,
    verify=POLICY.verify,
    undo=POLICY.undo,
    own=only("policyDefinitionId"),
    follows=follows,
)
