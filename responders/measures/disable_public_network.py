"""Close a storage account's public endpoint (ST-04). Trusted services and resource instances still get in."""

from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, Refusal, read_raw
from responders.storage import account_properties, bearers, former, lacking, stands, turned_away

WANTED = {"publicNetworkAccess": "Disabled"}


def guard(_account: Target, before: Before, _policy: Policy) -> Refusal | None:
    """A perimeter decides by rules of its own, and lets in less than this would."""
    perimeter = stands(before, "publicNetworkAccess") == "SecuredByPerimeter"
    return Refusal("a network security perimeter decides who reaches this account") if perimeter else None


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless the endpoint is closed already."""
    missing = lacking(before, WANTED)
    return (Call("close the public endpoint", account_properties(account, **missing)),) if missing else ()


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The endpoint is closed, and the network itself turns away a stranger and whoever bears a canary SAS."""
    now = await cloud.arm.read(account.resource)
    checks: dict[str, Any] = await bearers(cloud, now, "account_sas", "delegation_sas")
    return Proof.of(
        now, endpoint_closed=not lacking(now, WANTED), stranger_refused=await turned_away(cloud, now), **checks
    )


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH back to what stood before."""
    values = former(before, WANTED)
    return (Call("open the public endpoint again", account_properties(account, **values)),) if values else ()


MEASURE = Measure(
    id="disable_public_network",
    code="ST-04",
    title="Close the storage account's public endpoint",
    target=STORAGE_ACCOUNT,
    activity="isolate",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Nobody reaches this account but through private endpoints. Trusted Azure services and listed "
    "resource instances still get in.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=guard,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("publicNetworkAccess"),
)
