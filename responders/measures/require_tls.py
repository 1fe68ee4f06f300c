"""Refuse plain HTTP and old TLS on a storage account (ST-16)."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, anybody, read_raw
from responders.storage import account_properties, stands

OLD = ("TLS1_0", "TLS1_1")


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH of what is missing."""
    missing = _missing(before)
    return (Call("refuse plain HTTP and old TLS", account_properties(account, **missing)),) if missing else ()


async def verify(cloud: Cloud, account: Target) -> Proof:
    """Neither is taken any more."""
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, only_current_tls=not _missing(now))


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back."""
    former = {name: stands(before, name) for name in _missing(before)}
    return (Call("take plain HTTP and old TLS again", account_properties(account, **former)),) if former else ()


def _missing(state: Before) -> dict[str, bool | str]:
    plain = {"supportsHttpsTrafficOnly": True} if state.properties.get("supportsHttpsTrafficOnly") is False else {}
    return plain | ({"minimumTlsVersion": "TLS1_2"} if stands(state, "minimumTlsVersion") in OLD else {})


MEASURE = Measure(
    id="require_tls",
    code="ST-16",
    title="Refuse plain HTTP and old TLS",
    target=STORAGE_ACCOUNT,
    activity="harden",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Old scanners, modalities and applications that speak plain HTTP or TLS 1.0 and 1.1 lose this "
    "account.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("supportsHttpsTrafficOnly", "minimumTlsVersion"),
)
