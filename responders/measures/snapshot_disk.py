"""Keep a copy of a disk as evidence (CO-02), before the machine is cut off or anybody stops it."""

from cloud import Cloud
from incident.errors import Gone
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import (
    CONTAIN,
    DISK,
    READ,
    Call,
    Irreversible,
    Measure,
    Proof,
    anybody,
    nothing,
    read_raw,
    wanting,
)


async def read(cloud: Cloud, disk: Target) -> Before:
    """The disk, and our copy of it where there is one."""
    found = await read_raw(cloud, disk)
    try:
        snapshot = await cloud.arm.read(_snapshot(disk))
    except Gone:
        return Before({**found.body, "snapshot": None})
    return Before({**found.body, "snapshot": snapshot.body})


def contain(disk: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of a copy that nobody can reach over a network, unless it is there."""
    body = {
        "location": before.body.get("location"),
        "tags": {"hipaa-ir": disk.incident},
        "properties": {
            "creationData": {"createOption": "Copy", "sourceResourceId": disk.resource.text},
            "incremental": True,
            "networkAccessPolicy": "DenyAll",
            "publicNetworkAccess": "Disabled",
        },
    }

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", _snapshot(disk), body)

    return () if before.body.get("snapshot") else (Call("copy the disk", send),)


async def verify(cloud: Cloud, disk: Target) -> Proof:
    """The copy is whole."""
    now = await read(cloud, disk)
    state = (now.body.get("snapshot") or {}).get("properties") or {}
    return Proof.of(
        now,
        copied=state.get("provisioningState") == "Succeeded",
        unreachable=state.get("networkAccessPolicy") == "DenyAll",
    )


def undo(_disk: Target, _before: Before) -> Irreversible:
    """Evidence is not deleted by the responder."""
    return Irreversible("the copy is evidence: whoever owns the evidence decides when it goes")


def _snapshot(disk: Target) -> ResourceId:
    group = ResourceId.parse(disk.parameters["forensic_group"])
    name = f"hir-{disk.incident}-{disk.resource.name}"[:80]
    return group.child("providers", "Microsoft.Compute", "snapshots", name)


MEASURE = Measure(
    id="snapshot_disk",
    code="CO-02",
    title="Keep a copy of the disk as evidence",
    target=DISK,
    activity="preserve",
    approval=Approval.AUTO,
    recovery=Recovery.SELF,
    blast_radius="Nothing stops. The copy is paid for until it is deleted.",
    permissions=(
        CONTAIN("Microsoft.Compute/snapshots/write"),
        CONTAIN("Microsoft.Compute/disks/beginGetAccess/action"),
        READ("Microsoft.Compute/snapshots/read"),
        READ("Microsoft.Compute/disks/read"),
        READ("Microsoft.Compute/locations/DiskOperations/read"),
    ),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=wanting(DISK, "forensic_group"),
)
