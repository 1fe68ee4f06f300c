"""Take away the stored access policies of a blob container, and with them every SAS that names one (ST-09).

They are kept on the data plane alone and written whole, together with the level of public access: what is not meant is
read and sent again. Azure takes no condition here; a change in between is lost, and the proof shows it.
"""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, CONTAINER, READ, Call, Measure, Proof, Send, anybody, read_raw
from responders.storage import account_of, bearers

POLICIES = "storedPolicies"


async def read(cloud: Cloud, container: Target) -> Before:
    """The container, its stored access policies and where they are kept."""
    found = await read_raw(cloud, container)
    account = await cloud.arm.read(account_of(container))
    policies = await cloud.blobs.policies(account, container.resource.name)
    place = (account.properties.get("primaryEndpoints") or {}).get("blob")
    return Before({**found.body, POLICIES: policies, "blobEndpoint": place})


def contain(container: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the policies that may stay, unless none has to go."""
    kept = [policy for policy in before.body[POLICIES] if not _goes(container, policy)]
    if len(kept) == len(before.body[POLICIES]):
        return ()
    return (Call("drop the stored access policies", put(container, before, kept)),)


async def verify(cloud: Cloud, container: Target) -> Proof:
    """The policies are gone, and whoever bears a canary of this container under one is turned away."""
    now = await read(cloud, container)
    account = await cloud.arm.read(account_of(container))
    left = [policy for policy in now.body[POLICIES] if _goes(container, policy)]
    if container.parameters.get("identifier"):
        return Proof.of(now, policies_gone=not left)
    return Proof.of(
        now, policies_gone=not left, **await bearers(cloud, account, "policy_sas", container=container.resource.name)
    )


def undo(container: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the policies as they stood."""
    policies = before.body[POLICIES]
    return (Call("restore the stored access policies", put(container, before, policies)),) if policies else ()


def put(container: Target, state: Before, policies: list[dict[str, str]]) -> Send:
    """One PUT of these policies, at the level of public access of `state`."""
    level = str(state.properties.get("publicAccess") or "None")

    async def send(cloud: Cloud) -> None:
        await cloud.blobs.write_policies(state.body["blobEndpoint"], container.resource.name, policies, level)

    return send


def own(state: Before) -> Mapping[str, Any]:
    """The policies, by name."""
    return {"policies": sorted(state.body[POLICIES], key=lambda policy: str(policy["Id"]))}


def _goes(container: Target, policy: Mapping[str, str]) -> bool:
    """The one that is known to have leaked; all of them where it is not known which."""
    return container.parameters.get("identifier") in (None, policy["Id"])


def follows(named: Target) -> tuple[Target, ...]:
    """The container, with the policy where it is known which one leaked."""
    if named.resource.type != CONTAINER:
        return ()
    kept = {"identifier": named.parameters["identifier"]} if named.parameters.get("identifier") else {}
    return (Target(resource=named.resource, incident=named.incident, parameters=kept),)


MEASURE = Measure(
    id="drop_stored_policy",
    code="ST-09",
    title="Drop the stored access policies of the container",
    target=CONTAINER,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Every SAS that names one of these policies stops working. SAS without a policy, keys and "
    "signed-in access go on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/blobServices/containers/setAcl/action"),
        READ("Microsoft.Storage/storageAccounts/blobServices/containers/getAcl/action"),
        READ("Microsoft.Storage/storageAccounts/blobServices/containers/read"),
        READ("Microsoft.Storage/storageAccounts/read"),
    ),
    guard=anybody,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=follows,
)
