"""Take one application permission away from an application (ID-04): the assignment that the incident names."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.directory import SERVICE_PRINCIPAL
from responders.measure import READ, Call, Measure, Permission, Proof, Tier, absent, anybody

FIELDS = ("principalId", "resourceId", "appRoleId")


async def read(cloud: Cloud, assignment: Target) -> Before:
    """The assignment, out of its principal's; where there is none, its id alone and `absent`."""
    for one in await cloud.graph.children(_principal(assignment), "appRoleAssignments"):
        if one.body["objectId"] == assignment.resource.name:
            return one
    return Before({"id": assignment.resource.text, "absent": True})


def contain(assignment: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("DELETE", assignment.resource)

    return () if absent(before) else (Call("take the permission away", send),)


async def verify(cloud: Cloud, assignment: Target) -> Proof:
    """The assignment is gone."""
    now = await read(cloud, assignment)
    return Proof.of(now, gone=absent(now))


def undo(assignment: Target, before: Before) -> tuple[Call, ...]:
    """One POST of the assignment as it stood; Graph gives it the same id."""

    async def send(cloud: Cloud) -> None:
        body = {name: before.body[name] for name in FIELDS}
        await cloud.graph.write("POST", _principal(assignment).child("appRoleAssignments"), body)

    return () if absent(before) else (Call("give the permission back", send),)


def _principal(assignment: Target) -> ResourceId:
    """The service principal that holds it."""
    holder = assignment.resource.climb(SERVICE_PRINCIPAL)
    if holder is None:
        raise ValueError(f"no permission of an application: {assignment.resource}")
    return holder


MEASURE = Measure(
    id="remove_app_role",
    code="ID-04",
    title="Take the application permission away",
    target=f"{SERVICE_PRINCIPAL}/approleassignments",
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The application loses this one permission; what it does with it stops when its token ends.",
    permissions=(Permission(Tier.DIRECTORY, "AppRoleAssignment.ReadWrite.All"), READ("Application.Read.All")),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
)
