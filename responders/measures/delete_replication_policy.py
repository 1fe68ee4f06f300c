"""Delete a policy that replicates blobs out of a storage account (ST-11, second part)."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import (
    CONTAIN,
    READ,
    STORAGE_ACCOUNT,
    Call,
    Measure,
    Proof,
    absent,
    anybody,
    read_or_absent,
)
from responders.storage import account_of

POLICY = f"{STORAGE_ACCOUNT}/objectreplicationpolicies"
SETTABLE = ("sourceAccount", "destinationAccount", "rules", "metrics")


def contain(policy: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless it is gone."""
    account = account_of(policy)

    async def send(cloud: Cloud) -> None:
        policies = cloud.storage(account.subscription).object_replication_policies
        await policies.delete(account.group, account.name, policy.resource.name)

    return () if absent(before) else (Call("delete the replication policy", send),)


async def verify(cloud: Cloud, policy: Target) -> Proof:
    """It is gone, and the account's list does not hold it either."""
    now = await read_or_absent(cloud, policy)
    listed = await cloud.arm.children(account_of(policy), "objectReplicationPolicies")
    return Proof.of(now, gone=absent(now), unlisted=all(one.body.get("name") != policy.resource.name for one in listed))


def undo(policy: Target, before: Before) -> tuple[Call, ...]:
    """One PUT as it stood. The other account's half must stand, or Azure refuses."""
    account = account_of(policy)
    body = {"properties": {name: before.properties[name] for name in SETTABLE if name in before.properties}}

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import ObjectReplicationPolicy

        policies = cloud.storage(account.subscription).object_replication_policies
        name = policy.resource.name
        await policies.create_or_update(account.group, account.name, name, ObjectReplicationPolicy(body))

    return () if absent(before) else (Call("restore the replication policy", send),)


MEASURE = Measure(
    id="delete_replication_policy",
    code="ST-11b",
    title="Delete the replication policy",
    target=POLICY,
    activity="contain",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="New blobs are no longer copied to the other account; what was copied stays there.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/objectReplicationPolicies/delete"),
        CONTAIN("Microsoft.Storage/storageAccounts/objectReplicationPolicies/write"),
        READ("Microsoft.Storage/storageAccounts/objectReplicationPolicies/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
)
