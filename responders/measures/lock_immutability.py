"""Lock the immutability of an evidence container (ST-12, never by itself): nobody can ever take it away again."""

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import (
    CONTAINER,
    Call,
    Irreversible,
    Measure,
    Proof,
    absent,
    anybody,
    below,
    nothing,
    read_or_absent,
)
from responders.storage import account_of

WORM = f"{CONTAINER}/immutabilitypolicies"


def contain(worm: Target, before: Before) -> tuple[Call, ...]:
    """One POST, for a person to send, unless it is locked."""
    account, container = account_of(worm), worm.resource.after("containers") or ""

    async def send(cloud: Cloud) -> None:
        from azure.core import MatchConditions

        containers = cloud.storage(account.subscription).blob_containers
        unchanged = MatchConditions.IfNotModified
        place = (account.group, account.name, container)
        await containers.lock_immutability_policy(*place, etag=before.etag or "*", match_condition=unchanged)

    locked = absent(before) or before.properties.get("state") == "Locked"
    return () if locked else (Call("lock the immutability", send),)


async def verify(cloud: Cloud, worm: Target) -> Proof:
    """It is locked."""
    now = await read_or_absent(cloud, worm)
    return Proof.of(now, locked=now.properties.get("state") == "Locked")


def undo(_worm: Target, _before: Before) -> Irreversible:
    """Nobody can."""
    return Irreversible("a locked policy can be lengthened, never shortened or taken away")


MEASURE = Measure(
    id="lock_immutability",
    code="ST-12-lock",
    title="Lock the immutability of the evidence container",
    target=WORM,
    activity="preserve",
    approval=Approval.NEVER,
    recovery=Recovery.NONE,
    blast_radius="Nothing in the container can be deleted before its time by anybody, Microsoft included. "
    "Neither can the account.",
    permissions=(),
    guard=anybody,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=below(CONTAINER, "immutabilityPolicies", "default"),
)
