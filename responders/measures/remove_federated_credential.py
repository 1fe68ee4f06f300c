"""Take a federated credential away from an application (ID-05b): tokens of a foreign issuer no longer stand for it."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.directory import APPLICATION
from responders.measure import READ, Call, Measure, Permission, Proof, Tier, absent, anybody

KIND = "federatedIdentityCredentials"
FIELDS = ("name", "issuer", "subject", "audiences", "description")


async def read(cloud: Cloud, credential: Target) -> Before:
    """The credential, out of its application's; where there is none, its id alone and `absent`."""
    for one in await cloud.graph.children(_application(credential), KIND):
        if one.body["objectId"] == credential.resource.name:
            return one
    return Before({"id": credential.resource.text, "absent": True})


def contain(credential: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("DELETE", credential.resource)

    return () if absent(before) else (Call("take the federated credential away", send),)


async def verify(cloud: Cloud, credential: Target) -> Proof:
    """The credential is gone."""
    now = await read(cloud, credential)
    return Proof.of(now, gone=absent(now))


def undo(credential: Target, before: Before) -> tuple[Call, ...]:
    """One POST of the credential as it stood."""

    async def send(cloud: Cloud) -> None:
        body = {name: before.body[name] for name in FIELDS if before.body.get(name) is not None}
        await cloud.graph.write("POST", _application(credential).child(KIND), body)

    return () if absent(before) else (Call("give the federated credential back", send),)


def _application(credential: Target) -> ResourceId:
    """The application that holds it."""
    holder = credential.resource.climb(APPLICATION)
    if holder is None:
        raise ValueError(f"no credential of an application: {credential.resource}")
    return holder


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
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
)
