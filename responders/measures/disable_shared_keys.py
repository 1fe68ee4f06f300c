"""Refuse account keys, and every SAS that they sign, on a storage account (ST-05). User delegation SAS live on."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, anybody, read_raw
from responders.storage import account_properties, bearers, former, lacking

WANTED = {"allowSharedKeyAccess": False}
SIGNED = ("account_sas", "service_sas", "policy_sas")


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless keys are refused already. An absent flag means that they are taken."""
    missing = lacking(before, WANTED)
    return (Call("refuse account keys", account_properties(account, **missing)),) if missing else ()


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The flag is off, and a SAS that a key has signed is refused for that reason: the canaries, else a forged one."""
    now = await cloud.arm.read(account.resource)
    canaries = await bearers(cloud, now, *SIGNED)
    tried = canaries or {"signed_by_key_refused": (await cloud.probe.forged(now)).refused}
    return Proof.of(now, keys_refused=not lacking(now, WANTED), **tried)


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back. A flag that was absent becomes true, which means the same."""
    values = former(before, WANTED)
    return (Call("take account keys again", account_properties(account, **values)),) if values else ()


MEASURE = Measure(
    id="disable_shared_keys",
    code="ST-05",
    title="Refuse account keys and the SAS that they sign",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Every application with a key, a connection string or a SAS signed by a key loses this "
    "account: Functions storage, Files over SMB with a key, tables and queues. Signed-in access "
    "goes on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("allowSharedKeyAccess"),
)
