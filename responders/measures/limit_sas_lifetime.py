"""Watch for long-lived SAS on a storage account, and make its keys expire (ST-08).

Azure logs a SAS that lives longer than the policy allows; it takes no policy away again, so what is set stays.
"""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Irreversible, Measure, Proof, anybody, read_raw
from responders.sas_policy import BLOCK, LOG, blocks, short, shortened
from responders.storage import account_properties

KEYS = {"keyExpirationPeriodInDays": 90}


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless both policies stand. A policy that blocks is never weakened to one that logs."""
    if _limited(before):
        return ()
    policies = {"sasPolicy": shortened(before, BLOCK if blocks(before) else LOG), "keyPolicy": KEYS}
    return (Call("limit the life of SAS and keys", account_properties(account, **policies)),)


async def verify(cloud: Cloud, account: Target) -> Proof:
    """Both policies stand. They are no barrier that an attacker could run against."""
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, lifetimes_limited=_limited(now))


def undo(account: Target, before: Before) -> tuple[Call, ...] | Irreversible:
    """One PATCH back to the former policies; where there was none, Azure has no way to take ours away."""
    if _limited(before):
        return ()
    former = {name: before.properties.get(name) for name in ("sasPolicy", "keyPolicy")}
    if not all(former.values()):
        return Irreversible("Azure cannot take a SAS or key policy away; an owner may set a longer period")
    return (Call("restore the former lifetimes", account_properties(account, **former)),)


def _limited(state: Before) -> bool:
    days = (state.properties.get("keyPolicy") or {}).get("keyExpirationPeriodInDays")
    return short(state) and days is not None and days <= KEYS["keyExpirationPeriodInDays"]


MEASURE = Measure(
    id="limit_sas_lifetime",
    code="ST-08",
    title="Limit the life of SAS and account keys, and log what lives longer",
    target=STORAGE_ACCOUNT,
    activity="harden",
    approval=Approval.AUTO,
    recovery=Recovery.NONE,
    blast_radius="Nothing stops. SAS that live longer than an hour are marked in the logs, keys older than 90 "
    "days are reported.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("sasPolicy", "keyPolicy"),
)
