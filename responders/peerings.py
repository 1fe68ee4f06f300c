"""Peerings of virtual networks: what they allow, which are meant to be, and their one PUT."""

from typing import Any

from cloud import Cloud
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Refusal, Send

ALLOWED = ("allowVirtualNetworkAccess", "allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways")
SETTABLE = (
    "doNotVerifyRemoteGateways",
    "enableOnlyIPv6Peering",
    "localSubnetNames",
    "peerCompleteVnets",
    "remoteSubnetNames",
)
SPACES = (
    "localAddressSpace",
    "localVirtualNetworkAddressSpace",
    "remoteAddressSpace",
    "remoteVirtualNetworkAddressSpace",
)


def approved(peering: Target, before: Before, policy: Policy) -> Refusal | None:
    """A peering that the policy names, or one with a network or hub that it names, is meant to be."""
    remote = (before.properties.get("remoteVirtualNetwork") or {}).get("id")
    ends = {peering.resource.key, ResourceId(str(remote or "/")).key}
    named = next((one for one in policy.approved_peerings if one.casefold() in ends), None)
    return Refusal(f"the policy names {named} among the peerings that are meant to be") if named else None


def put(peering: Target, state: Before, **allowed: bool) -> Send:
    """One conditional PUT of the peering with these properties, everything else as in `state`."""
    body = {"properties": {**settable(state), **allowed}}
    network = peering.resource.parent or peering.resource

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import VirtualNetworkPeering

        peerings = cloud.network(network.subscription).virtual_network_peerings
        place, unchanged = (network.group, network.name, peering.resource.name), {"If-Match": state.etag}
        headers = unchanged if state.etag else {}
        await peerings.begin_create_or_update(*place, VirtualNetworkPeering(body), headers=headers, polling=False)

    return send


def settable(state: Before) -> dict[str, Any]:
    """What a PUT may carry of the peering: newer services also tell what this api-version does not know."""
    kept = {name: state.properties[name] for name in (*ALLOWED, *SETTABLE) if state.properties.get(name) is not None}
    spaces = {name: state.properties[name] for name in SPACES if state.properties.get(name)}
    prefixes = {name: {"addressPrefixes": list(space["addressPrefixes"])} for name, space in spaces.items()}
    return {**kept, **prefixes, "remoteVirtualNetwork": {"id": state.properties["remoteVirtualNetwork"]["id"]}}
