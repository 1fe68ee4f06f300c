"""Put a legal hold on a blob container, so that nothing in it is overwritten or deleted (ST-12)."""

import re
from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.measure import CONTAIN, CONTAINER, READ, Call, Measure, Proof, Refusal, Send, read_raw
from responders.storage import account_of

MOST_TAGS = 10
LONGEST = 23


def tag(container: Target) -> str:
    """The incident's id as a tag: 3 to 23 letters and digits, lower case."""
    return ("hir" + re.sub(r"[^a-z0-9]", "", container.incident.casefold()))[:LONGEST]


def guard(container: Target, before: Before, _policy: Policy) -> Refusal | None:
    """Azure refuses a hold on a container with version-level immutability, and an eleventh tag."""
    if (before.properties.get("immutableStorageWithVersioning") or {}).get("enabled"):
        return Refusal("the container has version-level immutability: versions are held one by one")
    tags = _tags(before)
    if len(tags) >= MOST_TAGS and tag(container) not in tags:
        return Refusal(f"the container has {len(tags)} holds, and Azure takes no more than {MOST_TAGS}")
    return None


def contain(container: Target, before: Before) -> tuple[Call, ...]:
    """One POST, unless our tag is there."""
    if tag(container) in _tags(before):
        return ()
    return (Call("hold the container", _hold(container, "set_legal_hold", allowProtectedAppendWritesAll=True)),)


async def verify(cloud: Cloud, container: Target) -> Proof:
    """The container is held, by our tag among others."""
    now = await cloud.arm.read(container.resource)
    return Proof.of(now, held=now.properties.get("hasLegalHold") is True, ours=tag(container) in _tags(now))


def undo(container: Target, before: Before) -> tuple[Call, ...]:
    """One POST that clears our tag; other holds stay."""
    if tag(container) in _tags(before):
        return ()
    return (Call("clear our hold", _hold(container, "clear_legal_hold")),)


def own(state: Before) -> Mapping[str, Any]:
    """The tags of all holds."""
    return {"holds": sorted(_tags(state))}


def _hold(container: Target, operation: str, **options: bool) -> Send:
    account = account_of(container)

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import LegalHold

        containers = cloud.storage(account.subscription).blob_containers
        hold = LegalHold({"tags": [tag(container)], **options})
        await getattr(containers, operation)(account.group, account.name, container.resource.name, hold)

    return send


def _tags(state: Before) -> list[str]:
    return [str(one.get("tag")) for one in (state.properties.get("legalHold") or {}).get("tags") or ()]


async def read(cloud: Cloud, container: Target) -> Before:
    """The container by itself: a list does not name its holds."""
    return await read_raw(cloud, container)


MEASURE = Measure(
    id="hold_container",
    code="ST-12",
    title="Hold the container: nothing in it is overwritten or deleted",
    target=CONTAINER,
    activity="preserve",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Applications can add blobs to the container but neither overwrite, rename nor delete any.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/blobServices/containers/setLegalHold/action"),
        CONTAIN("Microsoft.Storage/storageAccounts/blobServices/containers/clearLegalHold/action"),
        READ("Microsoft.Storage/storageAccounts/blobServices/containers/read"),
    ),
    guard=guard,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
