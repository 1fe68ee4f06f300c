"""Take a role away from whoever should not have it (RB-01). Up to ten minutes may pass before Azure obeys.

Only the assignment that the incident names, on the resource that it names: what is inherited from a group or a
subscription, and what comes by membership of a group, is a person's to take.
"""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Irreversible, Measure, Proof, Refusal, absent, read_or_absent

ASSIGNMENT = "microsoft.authorization/roleassignments"
UNTOUCHED = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}


def guard(assignment: Target, before: Before, policy: Policy) -> Refusal | None:
    """Neither owners nor break-glass accounts, and nothing that reaches beyond one resource."""
    role = ResourceId(str(before.properties.get("roleDefinitionId") or "/")).name.casefold()
    people = {person.casefold() for person in policy.break_glass}
    if role in UNTOUCHED:
        return Refusal(f"the role is {UNTOUCHED[role]}: taking it may lock everybody out")
    if str(before.properties.get("principalId")).casefold() in people:
        return Refusal("the policy names the principal as a break-glass account")
    scope = ResourceId(str(before.properties.get("scope") or assignment.resource.text))
    if not absent(before) and not scope.tail:
        return Refusal("the assignment reaches beyond one resource: a person decides about it")
    return None


def contain(assignment: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("DELETE", assignment.resource)

    return () if absent(before) else (Call("take the role away", send),)


async def verify(cloud: Cloud, assignment: Target) -> Proof:
    """The assignment is gone."""
    now = await read_or_absent(cloud, assignment)
    return Proof.of(now, gone=absent(now))


def undo(_assignment: Target, before: Before) -> tuple[Call, ...] | Irreversible:
    """The responder may take roles and never give them: whoever may do so assigns it again."""
    if absent(before):
        return ()
    return Irreversible("the responder cannot give roles: the prior state in the record says what to assign again")


MEASURE = Measure(
    id="remove_role_assignment",
    code="RB-01",
    title="Take the role assignment away",
    target=ASSIGNMENT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.NONE,
    blast_radius="The principal loses what this assignment granted on this resource. Tokens that are out may "
    "work for some minutes.",
    permissions=(
        CONTAIN("Microsoft.Authorization/roleAssignments/delete"),
        READ("Microsoft.Authorization/roleAssignments/read"),
    ),
    guard=guard,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
)
