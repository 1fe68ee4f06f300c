"""Take away the right to activate a role (RB-01b, never by itself): who may remove it may also give any role.

Privileged Identity Management takes an eligibility away by a request of the kind that also assigns one, under one
permission (`roleEligibilityScheduleRequests/write`). The responder does not hold it; a person sends what is prepared.
"""

from uuid import NAMESPACE_URL, uuid5

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Call, Irreversible, Measure, Proof, Refusal, absent, read_or_absent

ELIGIBILITY = "microsoft.authorization/roleeligibilityscheduleinstances"
REQUESTS = "providers/Microsoft.Authorization/roleEligibilityScheduleRequests"


def guard(_eligibility: Target, before: Before, policy: Policy) -> Refusal | None:
    """Not a break-glass account's."""
    spared = {person.casefold() for person in policy.break_glass}
    held = str(before.properties.get("principalId")).casefold() in spared
    return Refusal("the policy names the principal as a break-glass account") if held else None


def contain(eligibility: Target, before: Before) -> tuple[Call, ...]:
    """One request, unless it is gone."""
    body = {name: before.properties.get(name) for name in ("principalId", "roleDefinitionId")}
    name = uuid5(NAMESPACE_URL, f"{eligibility.incident}/{eligibility.resource.key}")
    request = ResourceId(str(before.properties.get("scope") or "/")).child(f"{REQUESTS}/{name}")

    async def send(cloud: Cloud) -> None:
        sent = {**body, "requestType": "AdminRemove", "justification": f"incident {eligibility.incident}"}
        await cloud.arm.write("PUT", request, {"properties": sent})

    return () if absent(before) else (Call("take the right to activate the role away", send),)


async def verify(cloud: Cloud, eligibility: Target) -> Proof:
    """The eligibility is gone."""
    now = await read_or_absent(cloud, eligibility)
    return Proof.of(now, gone=absent(now))


def undo(_eligibility: Target, _before: Before) -> Irreversible:
    """Whoever may give roles gives it again."""
    return Irreversible("the responder cannot give roles: the prior state in the record says what to assign again")


MEASURE = Measure(
    id="remove_eligibility",
    code="RB-01b",
    title="Take away the right to activate a role",
    target=ELIGIBILITY,
    activity="restrict-access",
    approval=Approval.NEVER,
    recovery=Recovery.NONE,
    blast_radius="The principal can no longer activate the role. What is active now goes on until it is taken (RB-01).",
    permissions=(),
    guard=guard,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
)
