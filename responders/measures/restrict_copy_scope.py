"""Let a storage account take copies from its own tenant only (ST-11, the part that cannot be undone)."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Irreversible, Measure, Proof, anybody, read_raw
from responders.storage import account_properties

SCOPE = "allowedCopyScope"
NARROW = ("AAD", "PrivateLink")


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless a scope is set; the narrower one stays."""
    if before.properties.get(SCOPE) in NARROW:
        return ()
    return (Call("allow copies within the tenant only", account_properties(account, **{SCOPE: "AAD"})),)


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The scope is set."""
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, scope_narrow=now.properties.get(SCOPE) in NARROW)


def undo(_account: Target, before: Before) -> tuple[Call, ...] | Irreversible:
    """A scope that was never set cannot be unset."""
    if before.properties.get(SCOPE) in NARROW:
        return ()
    return Irreversible("Azure cannot unset the copy scope once it is set")


MEASURE = Measure(
    id="restrict_copy_scope",
    code="ST-11c",
    title="Allow copies within the tenant only",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.NONE,
    blast_radius="Copies into this account from accounts of other tenants stop, for good until somebody widens "
    "the scope.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("allowedCopyScope"),
)
