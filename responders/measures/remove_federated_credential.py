"""Take a federated credential away from an application (ID-05b): tokens of a foreign issuer no longer stand for it."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.directory import APPLICATION, delete, give_back, read_held
from responders.measure import READ, Call, Measure, Permission, Proof, Tier, absent, anybody

KIND = "federatedIdentityCredentials"
FIELDS = ("name", "issuer", "subject", "audiences", "description")


def contain(credential: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""
    return () if absent(before) else (Call("take the federated credential away", delete(credential)),)


async def verify(cloud: Cloud, credential: Target) -> Proof:
    """The credential is gone."""
    now = await read_held(cloud, credential)
    return Proof.of(now, gone=absent(now))


def undo(credential: Target, before: Before) -> tuple[Call, ...]:
    """One POST of the credential as it stood."""
    return (
        () if absent(before) else (Call("give the federated credential back", give_back(credential, before, FIELDS)),)
    )


MEASURE = Measure(
    id="remove_federated_credential",
    code="ID-05b",
    title="Take the federated credential away from the application",
    target=f"{APPLICATION}/{KIND.casefold()}",
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Workloads that sign in through this trust can no longer do so: pipelines and clusters among them.",
    permissions=(Permission(Tier.DIRECTORY, "Application.ReadWrite.All"), READ("Application.Read.All")),
    guard=anybody,
    read=read_held,
    contain=contain,
    verify=verify,
    undo=undo,
)
