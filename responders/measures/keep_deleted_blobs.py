"""Keep what is deleted or overwritten in a storage account for a year (ST-14).

Azure replaces the properties of the blob service whole, so they are sent whole, with ours merged in; a longer period
stays. Accounts with a hierarchical namespace know neither versions nor a change feed: there only deletion is kept.
"""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import (
    BLOB_SERVICE,
    CONTAIN,
    READ,
    STORAGE_ACCOUNT,
    Call,
    Measure,
    Proof,
    Send,
    anybody,
    below,
    read_raw,
)
from responders.storage import account_of

DAYS = 365
DELETION = ("deleteRetentionPolicy", "containerDeleteRetentionPolicy")
OFF: dict[str, Any] = {"isVersioningEnabled": False, "changeFeed": {"enabled": False}} | {
    name: {"enabled": False} for name in DELETION
}


async def read(cloud: Cloud, service: Target) -> Before:
    """The blob service, and whether its account has a hierarchical namespace."""
    found = await read_raw(cloud, service)
    account = await cloud.arm.read(account_of(service))
    return Before({**found.body, "isHnsEnabled": account.properties.get("isHnsEnabled") is True})


def contain(service: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the whole, unless everything is kept already."""
    if _kept(before):
        return ()
    return (Call("keep what is deleted", put(service, {**before.properties, **_wanted(before)})),)


async def verify(cloud: Cloud, service: Target) -> Proof:
    """Deletion is kept for a year, and versions where the account knows them."""
    now = await read(cloud, service)
    return Proof.of(now, deletions_kept=_kept(now))


def undo(service: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the whole as it stood; what was absent is sent as off, which means the same."""
    if _kept(before):
        return ()
    off = {name: value for name, value in OFF.items() if name in _wanted(before)}
    return (Call("restore what is kept of deletions", put(service, {**off, **before.properties})),)


def put(service: Target, properties: Mapping[str, Any]) -> Send:
    """One PUT of the blob service's properties."""
    account = account_of(service)

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import BlobServiceProperties

        services = cloud.storage(account.subscription).blob_services
        await services.set_service_properties(
            account.group, account.name, BlobServiceProperties({"properties": dict(properties)})
        )

    return send


def _wanted(before: Before) -> dict[str, Any]:
    kept = {name: {**(before.properties.get(name) or {}), **_year(before, name)} for name in DELETION}
    if before.body.get("isHnsEnabled"):
        return kept
    feed = {**(before.properties.get("changeFeed") or {}), "enabled": True}
    return {**kept, "isVersioningEnabled": True, "changeFeed": feed}


def _year(before: Before, name: str) -> dict[str, Any]:
    policy = before.properties.get(name) or {}
    return {"enabled": True, "days": max(DAYS, policy.get("days") or 0 if policy.get("enabled") else 0)}


def _kept(state: Before) -> bool:
    return all(state.properties.get(name) == value for name, value in _wanted(state).items())


MEASURE = Measure(
    id="keep_deleted_blobs",
    code="ST-14",
    title="Keep deleted blobs, containers and former versions for a year",
    target=BLOB_SERVICE,
    activity="preserve",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nothing stops. Storage costs grow with everything that is deleted or overwritten.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/blobServices/write"),
        READ("Microsoft.Storage/storageAccounts/blobServices/read"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    follows=below(STORAGE_ACCOUNT, "blobServices", "default"),
)
