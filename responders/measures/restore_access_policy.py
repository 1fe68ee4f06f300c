"""Restore a conditional-access policy (ID-07b, never by itself): a wrong one locks the whole tenant out."""

import json

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.directory import read_object
from responders.measure import Call, Irreversible, Measure, Proof, absent, anybody, nothing

POLICY = "microsoft.aadiam/policies"
PREVIOUS = "previous"
WRITABLE = ("displayName", "state", "conditions", "grantControls", "sessionControls")


def contain(policy: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH of what stood before, or of the state alone where that is not known; for a person to send."""
    change = _previous(policy) or {"state": "enabled"}

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("PATCH", policy.resource, change)

    same = all(before.body.get(name) == value for name, value in change.items())
    return () if absent(before) or same else (Call("restore the policy", send),)


async def verify(cloud: Cloud, policy: Target) -> Proof:
    """The policy is enforced as it was."""
    now, change = await read_object(cloud, policy), _previous(policy) or {"state": "enabled"}
    return Proof.of(now, restored=all(now.body.get(name) == value for name, value in change.items()))


def undo(_policy: Target, _before: Before) -> Irreversible:
    """A person restores what a person has changed."""
    return Irreversible("a person edits conditional access, and keeps two break-glass accounts out of every policy")


def follows(named: Target) -> tuple[Target, ...]:
    """The policy, with what it was where the record tells."""
    if named.resource.type != POLICY:
        return ()
    kept = {PREVIOUS: named.parameters[PREVIOUS]} if named.parameters.get(PREVIOUS) else {}
    return (Target(resource=named.resource, incident=named.incident, parameters=kept),)


def _previous(policy: Target) -> dict[str, object]:
    """What of the old policy may be written; empty where none is known."""
    try:
        found = json.loads(policy.parameters.get(PREVIOUS, "{}"))
    except ValueError:
        return {}
    return {name: found[name] for name in WRITABLE if name in found} if isinstance(found, dict) else {}


MEASURE = Measure(
    id="restore_access_policy",
    code="ID-07b",
    title="Restore the conditional-access policy",
    target=POLICY,
    activity="restore",
    approval=Approval.NEVER,
    recovery=Recovery.NONE,
    blast_radius="Everybody whom the policy covers signs in under it again. A policy without two break-glass accounts "
    "left out can lock the whole tenant out.",
    permissions=(),
    guard=anybody,
    read=read_object,
    contain=contain,
    verify=verify,
    undo=undo,
    own=nothing,
    follows=follows,
)
