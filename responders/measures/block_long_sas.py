"""Refuse what a key has signed for longer than an hour on a storage account (ST-08b): SAS that only a log marks go on.

Azure may take such a policy only once both keys were made anew.
"""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, anybody, read_raw
from responders.sas_policy import BLOCK, LOG, blocks, policy, short, shortened
from responders.storage import account_properties, bearers


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless a policy of an hour or less blocks already."""
    if _refused(before):
        return ()
    return (Call("refuse long-lived SAS", account_properties(account, sasPolicy=shortened(before, BLOCK))),)


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The policy blocks, and whoever bears a canary of a key, which lives for longer, is turned away."""
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, long_lived_blocked=_refused(now), **await bearers(cloud, now, "account_sas", "service_sas"))


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back to the policy that stood. Where none did, one that only logs stays: Azure takes none away."""
    if _refused(before):
        return ()
    former = dict(policy(before)) or shortened(before, LOG)
    return (Call("refuse long-lived SAS no longer", account_properties(account, sasPolicy=former)),)


def own(state: Before) -> Mapping[str, Any]:
    """Beyond what life a SAS is refused; what is only logged is not this measure's."""
    return {"blocked_beyond": policy(state).get("sasExpirationPeriod") if blocks(state) else None}


def _refused(state: Before) -> bool:
    return blocks(state) and short(state)


MEASURE = Measure(
    id="block_long_sas",
    code="ST-08b",
    title="Refuse SAS that live longer than an hour",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Every account or service SAS that was signed for longer than an hour stops working, whoever holds "
    "it. Keys, user delegation SAS and signed-in access go on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
