"""Take away the lifecycle policy that deletes blobs of a storage account (ST-13).

A deletion that Azure has begun may go on for up to a day.
"""

from typing import Any

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
    below,
    read_or_absent,
)
from responders.storage import account_of

POLICY = f"{STORAGE_ACCOUNT}/managementpolicies"
NAME = "default"


def contain(policy: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE, unless no rule that is on deletes anything."""
    account = account_of(policy)

    async def send(cloud: Cloud) -> None:
        await cloud.storage(account.subscription).management_policies.delete(account.group, account.name, NAME)

    return (Call("take the lifecycle policy away", send),) if _deletes(before) else ()


async def verify(cloud: Cloud, policy: Target) -> Proof:
    """Nothing that is on deletes blobs."""
    now = await read_or_absent(cloud, policy)
    return Proof.of(now, nothing_deletes=not _deletes(now))


def undo(policy: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the policy as it stood."""
    account = account_of(policy)
    body = {"properties": {"policy": before.properties.get("policy")}}

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import ManagementPolicy

        policies = cloud.storage(account.subscription).management_policies
        await policies.create_or_update(account.group, account.name, NAME, ManagementPolicy(body))

    return (Call("restore the lifecycle policy", send),) if _deletes(before) else ()


def _deletes(state: Before) -> bool:
    rules = (state.properties.get("policy") or {}).get("rules") or ()
    return not absent(state) and any(_actions(rule) for rule in rules if rule.get("enabled") is not False)


def _actions(rule: Any) -> bool:
    """Whether a rule deletes blobs, versions or snapshots."""
    actions = (rule.get("definition") or {}).get("actions") or {}
    return any("delete" in (what or {}) for what in actions.values())


MEASURE = Measure(
    id="pause_lifecycle",
    code="ST-13",
    title="Pause the lifecycle policy that deletes blobs",
    target=POLICY,
    activity="preserve",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nothing is deleted or tiered by age until the policy is restored. Storage costs grow.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/managementPolicies/delete"),
        CONTAIN("Microsoft.Storage/storageAccounts/managementPolicies/write"),
        READ("Microsoft.Storage/storageAccounts/managementPolicies/read"),
    ),
    guard=anybody,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
    follows=below(STORAGE_ACCOUNT, "managementPolicies", NAME),
)
