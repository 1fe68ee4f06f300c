"""Stop a function app (FN-05). Its deployment site stays up; deployment slots are apps of their own."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, Call, Measure, Proof, Send, anybody, read_raw

STOPPED = "Stopped"


def contain(site: Target, before: Before) -> tuple[Call, ...]:
    """One POST, unless it is stopped."""
    return () if _stopped(before) else (Call("stop the app", post(site, "stop")),)


async def verify(cloud: Cloud, site: Target) -> Proof:
    """It is stopped."""
    now = await cloud.arm.read(site.resource)
    return Proof.of(now, stopped=_stopped(now))


def undo(site: Target, before: Before) -> tuple[Call, ...]:
    """One POST, where it ran."""
    return () if _stopped(before) else (Call("start the app", post(site, "start")),)


def post(site: Target, action: str) -> Send:
    """One POST of the action."""

    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("POST", site.resource.child(action))

    return send


def own(state: Before) -> Mapping[str, Any]:
    """Whether it runs."""
    return {"stopped": _stopped(state)}


def _stopped(state: Before) -> bool:
    return state.properties.get("state") == STOPPED


MEASURE = Measure(
    id="stop_function",
    code="FN-05",
    title="Stop the function app",
    target="microsoft.web/sites",
    activity="contain",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The app answers nobody and runs nothing until it is started again.",
    permissions=(
        CONTAIN("Microsoft.Web/sites/stop/Action"),
        CONTAIN("Microsoft.Web/sites/start/Action"),
        READ("Microsoft.Web/sites/Read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
)
