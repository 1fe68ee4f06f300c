"""Take a consent away (ID-06): what an application may do in the name of users, as one grant says it."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.directory import delete, give_back, read_object
from responders.measure import READ, Call, Measure, Permission, Proof, Tier, absent, anybody

GRANT = "microsoft.aadiam/oauth2permissiongrants"
FIELDS = ("clientId", "consentType", "principalId", "resourceId", "scope")


def contain(grant: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""
    return () if absent(before) else (Call("take the consent away", delete(grant)),)


async def verify(cloud: Cloud, grant: Target) -> Proof:
    """The grant is gone."""
    now = await read_object(cloud, grant)
    return Proof.of(now, gone=absent(now))


def undo(grant: Target, before: Before) -> tuple[Call, ...]:
    """One POST of the grant as it stood; Graph gives it the same id."""
    return () if absent(before) else (Call("give the consent back", give_back(grant, before, FIELDS)),)


MEASURE = Measure(
    id="remove_consent",
    code="ID-06",
    title="Take the consent away from the application",
    target=GRANT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The application can no longer act for the users whom this grant covers.",
    permissions=(Permission(Tier.DIRECTORY, "DelegatedPermissionGrant.ReadWrite.All"), READ("Directory.Read.All")),
    guard=anybody,
    read=read_object,
    contain=contain,
    verify=verify,
    undo=undo,
)
