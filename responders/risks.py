"""What Entra ID Protection holds of users and applications, and what it can be told of them."""

from collections.abc import Callable, Mapping
from typing import Any

from cloud import Cloud
from incident.resource import ResourceId, directory_object
from incident.target import Before, Target
from responders.directory import read_object
from responders.measure import Call, Proof, Send

CONFIRMED = "confirmedCompromised"
NAMES = {"microsoft.aadiam/riskyusers": "userIds", "microsoft.aadiam/riskyserviceprincipals": "servicePrincipalIds"}


def contain(risky: Target, before: Before) -> tuple[Call, ...]:
    """One POST, unless it is known."""
    return () if _known(before) else (Call("confirm the compromise", assess(risky, "confirmCompromised")),)


async def verify(cloud: Cloud, risky: Target) -> Proof:
    """Entra ID Protection holds it for compromised."""
    now = await read_object(cloud, risky)
    return Proof.of(now, confirmed=_known(now))


def undo(risky: Target, before: Before) -> tuple[Call, ...]:
    """One POST that dismisses the risk, unless it was confirmed before."""
    return () if _known(before) else (Call("dismiss the risk", assess(risky, "dismiss")),)


def assess(risky: Target, verdict: str) -> Send:
    """One POST of the verdict."""
    collection = ResourceId(risky.resource.text.rpartition("/")[0])

    async def send(cloud: Cloud) -> None:
        await cloud.graph.write("POST", collection.child(verdict), {NAMES[risky.resource.type]: [risky.resource.name]})

    return send


def own(state: Before) -> Mapping[str, Any]:
    """Whether it is held for compromised."""
    return {"compromised": _known(state)}


def of(kind: str, risky: str) -> Callable[[Target], tuple[Target, ...]]:
    """The risk of what is named by its object id: `of(USER, "riskyUsers")`."""

    def follows(named: Target) -> tuple[Target, ...]:
        if named.resource.type != kind or "@" in named.resource.name:
            return ()
        return (Target(resource=directory_object(risky, named.resource.name), incident=named.incident),)

    return follows


def _known(state: Before) -> bool:
    return state.body.get("riskState") == CONFIRMED
