"""Take one application permission away from an application (ID-04): the assignment that the incident names."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.directory import SERVICE_PRINCIPAL, delete, give_back, read_held
from responders.measure import READ, Call, Measure, Permission, Proof, Tier, absent, anybody

FIELDS = ("principalId", "resourceId", "appRoleId")


def contain(assignment: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""
    return () if absent(before) else (Call("take the permission away", delete(assignment)),)


async def verify(cloud: Cloud, assignment: Target) -> Proof:
    """The assignment is gone."""
    now = await read_held(cloud, assignment)
    return Proof.of(now, gone=absent(now))


def undo(assignment: Target, before: Before) -> tuple[Call, ...]:
    """One POST of the assignment as it stood; Graph gives it the same id."""
    return () if absent(before) else (Call("give the permission back", give_back(assignment, before, FIELDS)),)


def own(state: Before) -> Mapping[str, Any]:
    """Who may what where; the moment from which it holds is Graph's own."""
    return {} if absent(state) else {name: state.body.get(name) for name in FIELDS}


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
    read=read_held,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
