"""Enforce the policy on encryption (PO-01b): from then on Azure refuses what does not comply.

It can refuse a deployment of the owner's, and the undo of a measure that set what it asks for: it is undone first.
"""

from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.guarding import ENFORCING, WATCHING, body, enforced, follows, own
from responders.measure import CONTAIN, READ, Call, Measure, anybody, read_or_absent
from responders.whole import Whole, send

POLICY = Whole(
    does="enforce the policy",
    takes_back="enforce it no longer",
    wanted=lambda assignment, before: body(assignment, before, ENFORCING),
    holds=enforced,
)


def undo(assignment: Target, before: Before) -> tuple[Call, ...]:
    """One PUT that has it tell and no longer refuse, unless it was enforced before."""
    if enforced(assignment, before):
        return ()
    return (Call(POLICY.takes_back, send(assignment, body(assignment, before, WATCHING), None)),)


MEASURE = Measure(
    id="enforce_policy",
    code="PO-01b",
    title="Enforce the policy on encryption",
    target="microsoft.authorization/policyassignments",
    activity="restrict",
    approval=Approval.A2,
    recovery=Recovery.EXACT,
    blast_radius="In the whole resource group Azure refuses every write of a storage account that admits plain http or "
    "an old TLS, also by templates and by our own undo.",
    permissions=(
        CONTAIN("Microsoft.Authorization/policyAssignments/write"),
        READ("Microsoft.Authorization/policyAssignments/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=POLICY.contain,
    verify=POLICY.verify,
    undo=undo,
    own=own,
    follows=follows,
)
