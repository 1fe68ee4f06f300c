"""Capture a machine's packets for an hour into the evidence account (NW-09), before a cut would end what is to be seen.

The machine needs the Network Watcher agent, and a way to the evidence account that the cut leaves open.
"""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.errors import Gone
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.flows import watcher
from responders.measure import CARD, CONTAIN, READ, Call, Measure, Proof, Refusal, read_raw, wanting

SECONDS = 3600


async def read(cloud: Cloud, card: Target) -> Before:
    """The machine's network card, and our capture of the machine where there is one."""
    found = await read_raw(cloud, card)
    try:
        capture = await cloud.arm.read(_capture(card, found))
    except Gone:
        return Before({**found.body, "capture": None})
    return Before({**found.body, "capture": capture.body})


def guard(_card: Target, before: Before, _policy: Policy) -> Refusal | None:
    """Packets are captured by a machine."""
    return None if before.properties.get("virtualMachine") else Refusal("the network card belongs to no machine")


def contain(card: Target, before: Before) -> tuple[Call, ...]:
    """One PUT, unless the capture is there."""
    capture = _capture(card, before)
    body = {
        "properties": {
            "target": before.properties["virtualMachine"]["id"],
            "storageLocation": {"storageId": card.parameters["forensic_account"]},
            "timeLimitInSeconds": SECONDS,
        }
    }

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import PacketCapture

        captures = cloud.network(capture.subscription).packet_captures
        place = (capture.group, capture.after("networkWatchers") or "", capture.name)
        await captures.begin_create(*place, PacketCapture(body), polling=False)

    return () if before.body.get("capture") else (Call("start the capture", send),)


async def verify(cloud: Cloud, card: Target) -> Proof:
    """The capture stands."""
    now = await read(cloud, card)
    state = ((now.body.get("capture") or {}).get("properties") or {}).get("provisioningState")
    return Proof.of(now, capturing=state == "Succeeded")


def undo(card: Target, before: Before) -> tuple[Call, ...]:
    """One DELETE of the capture; what it has written stays in the evidence account."""
    capture = _capture(card, before)

    async def send(cloud: Cloud) -> None:
        captures = cloud.network(capture.subscription).packet_captures
        await captures.begin_delete(capture.group, capture.after("networkWatchers") or "", capture.name, polling=False)

    return () if before.body.get("capture") else (Call("end the capture", send),)


def own(state: Before) -> Mapping[str, Any]:
    """Whether there is a capture."""
    return {"capturing": bool(state.body.get("capture"))}


def _capture(card: Target, state: Before) -> ResourceId:
    return watcher(state).child("packetCaptures", f"hir-{card.incident}-{card.resource.name}")


MEASURE = Measure(
    id="capture_packets",
    code="NW-09",
    title="Capture the machine's packets as evidence",
    target=CARD,
    activity="preserve",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Nothing stops. The capture takes some of the machine's processor and disk.",
    permissions=(
        CONTAIN("Microsoft.Network/networkWatchers/packetCaptures/write"),
        CONTAIN("Microsoft.Network/networkWatchers/packetCaptures/delete"),
        READ("Microsoft.Network/networkWatchers/packetCaptures/read"),
        READ("Microsoft.Network/networkInterfaces/read"),
        READ("Microsoft.Network/locations/operations/read"),
    ),
    guard=guard,
    read=read,
    contain=contain,
    verify=verify,
    undo=undo,
    own=own,
    follows=wanting(CARD, "forensic_account"),
)
