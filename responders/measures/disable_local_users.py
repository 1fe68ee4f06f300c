"""Close SFTP and local users on a storage account (ST-10): neither key rotation nor refused keys reaches them."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, anybody, read_raw
from responders.storage import account_properties, former, lacking

WANTED = {"isSftpEnabled": False, "isLocalUserEnabled": False}


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless both are off. The users themselves stay, for whoever investigates."""
    missing = lacking(before, WANTED)
    return (Call("close SFTP and local users", account_properties(account, **missing)),) if missing else ()


async def verify(cloud: Cloud, account: Target) -> Proof:
    """Both flags are off."""
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, local_users_refused=not lacking(now, WANTED))


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back."""
    values = former(before, WANTED)
    return (Call("open SFTP and local users again", account_properties(account, **values)),) if values else ()


MEASURE = Measure(
    id="disable_local_users",
    code="ST-10",
    title="Close SFTP and local users",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="SFTP transfers and mounts by local users stop. Signed-in, key and SAS access go on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("isSftpEnabled", "isLocalUserEnabled"),
)
