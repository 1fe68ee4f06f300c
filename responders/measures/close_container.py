"""Make a blob container private, so that a later flip of the account's flag does not open it again (ST-02)."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, CONTAINER, READ, Call, Measure, Proof, Send, anybody, read_raw
from responders.storage import account_of

ACCESS = "publicAccess"


def public_access(container: Target, level: str) -> Send:
    """One PATCH of the container's public access; its stored access policies stay as they are."""
    account = account_of(container)

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import BlobContainer

        containers = cloud.storage(account.subscription).blob_containers
        change = BlobContainer({"properties": {ACCESS: level}})
        await containers.update(account.group, account.name, container.resource.name, change)

    return send


def contain(container: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless the container is private already."""
    if before.properties.get(ACCESS) in (None, "None"):
        return ()
    return (Call("make the container private", public_access(container, "None")),)


async def verify(cloud: Cloud, container: Target) -> Proof:
    """The container is private, and a stranger who lists it is turned away."""
    now = await cloud.arm.read(container.resource)
    account = await cloud.arm.read(account_of(container))
    sight = await cloud.probe.anonymous_list(account, container.resource.name)
    return Proof.of(now, private=now.properties.get(ACCESS) in (None, "None"), stranger_refused=sight.refused)


def undo(container: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back to the level that stood before."""
    level = before.properties.get(ACCESS)
    return () if level in (None, "None") else (Call("open the container again", public_access(container, level)),)


MEASURE = Measure(
    id="close_container",
    code="ST-02",
    title="Make the blob container private",
    target=CONTAINER,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Anonymous downloads from this container stop. Signed-in and SAS access go on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/blobServices/containers/write"),
        READ("Microsoft.Storage/storageAccounts/blobServices/containers/read"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only(ACCESS),
)
