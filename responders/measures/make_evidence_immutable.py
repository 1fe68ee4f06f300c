"""Forbid overwriting and deleting in a container of the evidence account for seven years, unlocked (ST-12b)."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.measure import (
    CONTAIN,
    CONTAINER,
    READ,
    Call,
    Measure,
    Proof,
    Refusal,
    Send,
    absent,
    below,
    read_or_absent,
)
from responders.storage import account_of

WORM = f"{CONTAINER}/immutabilitypolicies"
DAYS = 2556


def guard(worm: Target, _before: Before, policy: Policy) -> Refusal | None:
    """Only the evidence account's containers: in a production container it would stop every application."""
    evidence = str(policy.forensics.get("account") or "").casefold()
    return (
        None if account_of(worm).key == evidence else Refusal("the policy does not name this as the evidence account")
    )


def contain(worm: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless it stands for as long or longer."""
    return () if _stands(before) else (Call("make the evidence immutable", put(worm, DAYS)),)


def put(worm: Target, days: int) -> Send:
    """One PUT of the period; it can still be taken away while it is unlocked."""
    account, container = account_of(worm), worm.resource.after("containers") or ""
    body = {"properties": {"immutabilityPeriodSinceCreationInDays": days, "allowProtectedAppendWrites": True}}

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.storage.models import ImmutabilityPolicy

        containers = cloud.storage(account.subscription).blob_containers
        policy = ImmutabilityPolicy(body)
        await containers.create_or_update_immutability_policy(account.group, account.name, container, policy)

    return send


async def verify(cloud: Cloud, worm: Target) -> Proof:
    """The period stands."""
    now = await read_or_absent(cloud, worm)
    return Proof.of(now, immutable=_stands(now))


def undo(worm: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE with If-Match where there was no period, one PUT of the former one else."""
    if _stands(before):
        return ()
    if not _alive(before):
        return (Call("take the period away", _delete(worm, before)),)
    days = before.properties["immutabilityPeriodSinceCreationInDays"]
    return (Call("restore the former period", put(worm, days)),)


def _delete(worm: Target, state: Before) -> Send:
    account, container = account_of(worm), worm.resource.after("containers") or ""

    async def send(cloud: Cloud) -> None:
        from azure.core import MatchConditions

        containers = cloud.storage(account.subscription).blob_containers
        unchanged = MatchConditions.IfNotModified
        place = (account.group, account.name, container)
        await containers.delete_immutability_policy(*place, etag=state.etag or "*", match_condition=unchanged)

    return send


def _alive(state: Before) -> bool:
    """Azure shows a policy that is not there as `Deleted`, with a period of 0."""
    return not absent(state) and state.properties.get("state") in ("Unlocked", "Locked")


def _stands(state: Before) -> bool:
    return _alive(state) and (state.properties.get("immutabilityPeriodSinceCreationInDays") or 0) >= DAYS


def own(state: Before) -> Mapping[str, Any]:
    """The period in days; 0 where there is none."""
    return {"days": state.properties["immutabilityPeriodSinceCreationInDays"] if _alive(state) else 0}


MEASURE = Measure(
    id="make_evidence_immutable",
    code="ST-12b",
    title="Make the evidence container immutable for seven years, unlocked",
    target=WORM,
    activity="preserve",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nothing in the evidence container can be overwritten or deleted.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/write"),
        CONTAIN("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete"),
        READ("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read"),
    ),
    guard=guard,
    read=read_or_absent,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=below(CONTAINER, "immutabilityPolicies", "default"),
)
