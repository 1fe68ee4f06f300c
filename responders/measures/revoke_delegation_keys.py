"""Revoke every user delegation key of a storage account, and with them every SAS that they signed (ST-07).

The data plane caches the keys: the end may come late. Whoever may mint such keys can mint new ones.
"""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import (
    CONTAIN,
    READ,
    STORAGE_ACCOUNT,
    Call,
    Irreversible,
    Measure,
    Proof,
    anybody,
    nothing,
    read_raw,
)


def contain(account: Target, _before: Before) -> tuple[Call, ...]:
    """One POST, always: Azure does not tell which keys are alive, and it may be repeated."""

    async def send(cloud: Cloud) -> None:
        accounts = cloud.storage(account.resource.subscription).storage_accounts
        await accounts.revoke_user_delegation_keys(account.resource.group, account.resource.name)

    return (Call("revoke the user delegation keys", send),)


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The bearer of a canary is turned away. Azure has nothing to read back: without one the log's silence is heard."""
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, delegation_sas_refused=(await cloud.probe.canary(now, "delegation_sas")).refused)


def undo(_account: Target, _before: Before) -> Irreversible:
    """It grows back."""
    return Irreversible("there is nothing to undo: applications ask for a new user delegation key by themselves")


MEASURE = Measure(
    id="revoke_delegation_keys",
    code="ST-07",
    title="Revoke the user delegation keys",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.SELF,
    blast_radius="Links signed with a user delegation key stop working. Applications that mint them ask for a "
    "new key and go on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/revokeUserDelegationKeys/action"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
)
