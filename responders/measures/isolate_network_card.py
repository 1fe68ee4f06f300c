"""Put a machine's network card under the quarantine group (NW-08). The machine is neither stopped nor rebuilt."""

from collections.abc import Mapping
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import CARD, CONTAIN, READ, Call, Measure, Proof, Send, anybody, read_raw, wanting

GROUP = "networkSecurityGroup"
SETTABLE = (
    "ipConfigurations",
    "dnsSettings",
    "enableAcceleratedNetworking",
    "enableIPForwarding",
    "disableTcpStateTracking",
    "nicType",
    "auxiliaryMode",
    "auxiliarySku",
)


def contain(card: Target, before: Before) -> tuple[Call, ...]:
    """One conditional PUT of the whole card with another security group, unless it is under that one."""
    group = card.parameters["forensic_quarantine_group"]
    return () if _under(before) == group.casefold() else (Call("isolate the network card", put(card, before, group)),)


async def verify(cloud: Cloud, card: Target) -> Proof:
    """It is under the quarantine group, in which every rule of its own that leads to or from strangers denies."""
    now = await cloud.arm.read(card.resource)
    group = await cloud.arm.read(ResourceId.parse(card.parameters["forensic_quarantine_group"]))
    rules = [rule["properties"] for rule in group.properties.get("securityRules") or ()]
    shut = {rule["direction"] for rule in rules if rule["access"] == "Deny" and _everything(rule)}
    return Proof.of(
        now,
        under_quarantine=_under(now) == card.parameters["forensic_quarantine_group"].casefold(),
        quarantine_shuts_both_ways=shut == {"Inbound", "Outbound"},
        settled=now.properties.get("provisioningState") == "Succeeded",
    )


def undo(card: Target, before: Before) -> tuple[Call, ...]:
    """One conditional PUT of the whole card with the group that it had, or none."""
    group = (before.properties.get(GROUP) or {}).get("id")
    return (Call("take the network card out of isolation", put(card, before, group)),)


def put(card: Target, state: Before, group: str | None) -> Send:
    """One conditional PUT of the card as in `state`, without what Azure manages, under this group."""
    kept = {name: state.properties[name] for name in SETTABLE if state.properties.get(name) is not None}
    body = {
        "location": state.body.get("location"),
        **({"tags": dict(state.tags)} if state.tags else {}),
        "properties": {**kept, **({GROUP: {"id": group}} if group else {})},
    }

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import NetworkInterface

        cards = cloud.network(card.resource.subscription).network_interfaces
        unchanged = {"If-Match": state.etag or "*"}
        place = (card.resource.group, card.resource.name)
        await cards.begin_create_or_update(*place, NetworkInterface(body), headers=unchanged, polling=False)

    return send


def _under(state: Before) -> str:
    return str((state.properties.get(GROUP) or {}).get("id") or "").casefold()


def _everything(rule: Mapping[str, Any]) -> bool:
    ends = {rule.get("sourceAddressPrefix"), rule.get("destinationAddressPrefix")}
    return rule.get("protocol") == "*" and ends == {"*"}


MEASURE = Measure(
    id="isolate_network_card",
    code="NW-08",
    title="Isolate the machine's network card",
    target=CARD,
    activity="isolate",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="The machine loses every connection that the quarantine group does not allow. It goes on running.",
    permissions=(
        CONTAIN("Microsoft.Network/networkInterfaces/write"),
        CONTAIN("Microsoft.Network/networkSecurityGroups/join/action"),
        CONTAIN("Microsoft.Network/virtualNetworks/subnets/join/action"),
        READ("Microsoft.Network/networkInterfaces/read"),
        READ("Microsoft.Network/networkSecurityGroups/read"),
        READ("Microsoft.Network/locations/operations/read"),
    ),
    guard=anybody,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    follows=wanting(CARD, "forensic_quarantine_group"),
)
