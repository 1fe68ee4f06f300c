"""Give a function app an identity of its own (FN-01), so that it can do without secrets. It cuts nobody off."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Measure, Proof, Send, anybody, read_raw

NONE = "None"


def contain(site: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless it has an identity of any kind: a PATCH would drop those that it does not name."""
    return () if _has(before) else (Call("give an identity", patch(site, "SystemAssigned")),)


async def verify(cloud: Cloud, site: Target) -> Proof:
    """The app is a principal of the directory."""
    now = await cloud.arm.read(site.resource)
    return Proof.of(now, principal=_has(now))


def undo(site: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, where it had none. The principal goes, and with it every role that it was given since."""
    return () if _has(before) else (Call("take the identity away", patch(site, NONE)),)


def patch(site: Target, kind: str) -> Send:
    """One PATCH of the kind of identity."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PATCH", site.resource, {"identity": {"type": kind}})

    return send


def own(state: Before) -> Mapping[str, Any]:
    """Of what kind its identity is."""
    return {"identity": _kind(state)}


def _has(state: Before) -> bool:
    identity = state.body.get("identity") or {}
    return _kind(state) != NONE and bool(identity.get("principalId") or identity.get("userAssignedIdentities"))


def _kind(state: Before) -> str:
    return str((state.body.get("identity") or {}).get("type") or NONE)


MEASURE = Measure(
    id="give_identity",
    code="FN-01",
    title="Give the function app an identity of its own",
    target="microsoft.web/sites",
    activity="harden",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The app restarts. Its secrets go on working until somebody gives the identity a role and takes "
    "them away.",
    permissions=(CONTAIN("Microsoft.Web/sites/Write"), READ("Microsoft.Web/sites/Read")),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
