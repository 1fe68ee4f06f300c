"""Peerings of virtual networks: what they allow, which are meant to be, and their one PUT."""

from typing import Any

from cloud import Cloud
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Refusal, Send

ALLOWED = ("allowVirtualNetworkAccess", "allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways")
MANAGED = ("provisioningState", "resourceGuid", "peeringState", "peeringSyncLevel", "remoteGateways")


def approved(peering: Target, before: Before, policy: Policy) -> Refusal | None:
    """A peering that the policy names, or one with a network or hub that it names, is meant to be."""
    remote = (before.properties.get("remoteVirtualNetwork") or {}).get("id")
    ends = {peering.resource.key, ResourceId(str(remote or "/")).key}
    named = next((one for one in policy.approved_peerings if one.casefold() in ends), None)
    return Refusal(f"the policy names {named} among the peerings that are meant to be") if named else None


def put(peering: Target, state: Before, **allowed: bool) -> Send:
    """One conditional PUT of the peering with these properties, everything else as in `state`."""
    kept = {name: value for name, value in state.properties.items() if name not in MANAGED}
    body: dict[str, Any] = {"properties": {**kept, **allowed}}
    network = peering.resource.parent or peering.resource

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import VirtualNetworkPeering

        peerings = cloud.network(network.subscription).virtual_network_peerings
        place, unchanged = (network.group, network.name, peering.resource.name), {"If-Match": state.etag}
        headers = unchanged if state.etag else {}
        await peerings.begin_create_or_update(*place, VirtualNetworkPeering(body), headers=headers, polling=False)

    return send
