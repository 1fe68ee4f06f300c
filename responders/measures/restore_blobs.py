"""Restore the blobs of a storage account to a point in time (ST-17, never by itself): it overwrites evidence."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import (
    STORAGE_ACCOUNT,
    Call,
    Irreversible,
    Measure,
    Proof,
    anybody,
    nothing,
    read_raw,
    wanting,
)

EVERYTHING = [{"startRange": "", "endRange": ""}]


def contain(account: Target, _before: Before) -> tuple[Call, ...]:
    """One POST, for a person to send."""
    body = {"timeToRestore": account.parameters["restore_to"], "blobRanges": EVERYTHING}

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import BlobRestoreParameters

        accounts = cloud.storage(account.resource.subscription).storage_accounts
        place = (account.resource.group, account.resource.name)
        await accounts.begin_restore_blob_ranges(*place, BlobRestoreParameters(body), polling=False)

    return (Call("restore the blobs", send),)


async def verify(cloud: Cloud, account: Target) -> Proof:
    """Azure says that the restore is complete."""
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, restored=(now.properties.get("blobRestoreStatus") or {}).get("status") == "Complete")


def undo(_account: Target, _before: Before) -> Irreversible:
    """What was overwritten is gone."""
    return Irreversible("a restore overwrites the blobs as they are; only another restore leads away from it")


MEASURE = Measure(
    id="restore_blobs",
    code="ST-17",
    title="Restore the blobs to a point in time",
    target=STORAGE_ACCOUNT,
    activity="restore",
    approval=Approval.NEVER,
    recovery=Recovery.NONE,
    blast_radius="Every block blob becomes what it was at that time. Whatever has been written since, evidence "
    "included, is overwritten.",
    permissions=(),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=wanting(STORAGE_ACCOUNT, "restore_to"),
)
