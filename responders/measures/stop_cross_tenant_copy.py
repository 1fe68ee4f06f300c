"""Forbid replication from a storage account to other tenants (ST-11).

Azure refuses with 409 while a policy for such replication stands: it has to be deleted first. `allowedCopyScope` is
left alone where it was never set, since Azure cannot make it unset again.
"""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, anybody, read_raw
from responders.storage import account_properties, former, lacking

WANTED = {"allowCrossTenantReplication": False}


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless it is forbidden already. An absent flag means that it is allowed."""
    missing = lacking(before, WANTED)
    return (Call("forbid replication to other tenants", account_properties(account, **missing)),) if missing else ()


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The flag is off, and no replication policy names another tenant's account by its full id."""
    now = await cloud.arm.read(account.resource)
    policies = await cloud.arm.children(account.resource, "objectReplicationPolicies")
    abroad = [policy for policy in policies if _elsewhere(policy, account)]
    return Proof.of(now, replication_forbidden=not lacking(now, WANTED), no_policy_abroad=not abroad)


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back."""
    values = former(before, WANTED)
    return (Call("allow replication to other tenants again", account_properties(account, **values)),) if values else ()


def _elsewhere(policy: Before, account: Target) -> bool:
    """Whether an end of the policy is a bare account name, which is how Azure writes an account of another tenant."""
    ends = [str(policy.properties.get(end) or "") for end in ("sourceAccount", "destinationAccount")]
    return any("/" not in end and end != account.resource.name for end in ends)


MEASURE = Measure(
    id="stop_cross_tenant_copy",
    code="ST-11",
    title="Forbid replication to other tenants",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Object replication to accounts of other tenants cannot be set up. Replication within the "
    "tenant goes on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
        READ("Microsoft.Storage/storageAccounts/objectReplicationPolicies/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("allowCrossTenantReplication"),
)
