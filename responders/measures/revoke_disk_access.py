"""End the SAS of a managed disk or snapshot (CO-01): an export in progress dies."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, DISK, READ, Call, Irreversible, Measure, Proof, anybody, nothing, read_raw

EXPORTABLE = (DISK, "microsoft.compute/snapshots")
ACTIVE = ("ActiveSAS", "ActiveSASFrozen", "ActiveUpload")


def contain(disk: Target, before: Before) -> tuple[Call, ...]:
    """One POST, unless nobody holds a SAS."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("POST", disk.resource.child("endGetAccess"))

    return (Call("end the SAS", send),) if before.properties.get("diskState") in ACTIVE else ()


async def verify(cloud: Cloud, disk: Target) -> Proof:
    """Azure says that no SAS is alive."""
    now = await cloud.arm.read(disk.resource)
    return Proof.of(now, no_sas_alive=now.properties.get("diskState") not in ACTIVE)


def undo(_disk: Target, _before: Before) -> Irreversible:
    """A SAS is given anew, not brought back."""
    return Irreversible("a SAS that was ended cannot be brought back: whoever needs one asks for a new one")


def follows(named: Target) -> tuple[Target, ...]:
    """A disk or a snapshot."""
    return (Target(resource=named.resource, incident=named.incident),) if named.resource.type in EXPORTABLE else ()


MEASURE = Measure(
    id="revoke_disk_access",
    code="CO-01",
    title="End the SAS of the disk or snapshot",
    target=DISK,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.SELF,
    blast_radius="An export or upload of the disk that is under way breaks off. Machines that use the disk go on.",
    permissions=(
        CONTAIN("Microsoft.Compute/disks/endGetAccess/action"),
        CONTAIN("Microsoft.Compute/snapshots/endGetAccess/action"),
        READ("Microsoft.Compute/disks/read"),
        READ("Microsoft.Compute/snapshots/read"),
        READ("Microsoft.Compute/locations/DiskOperations/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=follows,
)
