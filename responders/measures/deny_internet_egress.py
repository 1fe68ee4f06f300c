"""Cut a network security group's way out to the Internet, live flows included (NW-01 with NW-03).

Rule and `flushConnection` go in one PUT with If-Match: live flows end, and no two long operations race. The deny must
win: it takes the first free priority from 100 on, and every Allow to the Internet that stands before it is turned to
Deny where it stands, since nothing can be put in front of 100.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from cloud import Cloud
from incident.egress import outbound, reaches_internet
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import CONTAIN, READ, SECURITY_GROUP, Call, Measure, Proof, Refusal, Send, read_raw

FIRST, LAST = 100, 4096
EVERYWHERE = ("*", "0.0.0.0/0", "::/0")
RESERVED = frozenset(
    {
        "gatewaysubnet",
        "azurefirewallsubnet",
        "azurefirewallmanagementsubnet",
        "azurebastionsubnet",
        "routeserversubnet",
    }
)
CARD = "microsoft.network/networkinterfaces"
STRANGER = {"remoteIPAddress": "203.0.113.9", "remotePort": "443"}  # RFC 5737: an address that is nobody's


def guard(_group: Target, before: Before, policy: Policy) -> Refusal | None:
    """Subnets that Azure runs itself break when their way out is cut; others the policy may keep untouched."""
    subnets = [ResourceId.parse(subnet["id"]) for subnet in before.properties.get("subnets") or ()]
    reserved = sorted(subnet.name for subnet in subnets if subnet.name.casefold() in RESERVED)
    untouched = sorted(subnet.name for subnet in subnets if not policy.touchable(subnet))
    if reserved:
        return Refusal(f"the group governs {', '.join(reserved)}, which Azure's own service needs open")
    if untouched:
        return Refusal(f"the group governs {', '.join(untouched)}, which the policy says is never touched")
    return None


def contain(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the whole group, unless our deny stands and flows are flushed already."""
    if _ours(group, before) and before.properties.get("flushConnection") is True:
        return ()
    return (
        Call(
            "deny egress to the Internet and flush live flows", put(group, before, _denied(group, before), flush=True)
        ),
    )


async def verify(cloud: Cloud, group: Target) -> Proof:
    """Our rule stands, flows are flushed, and Network Watcher says that a machine there cannot get out."""
    now = await cloud.arm.read(group.resource)
    ours = _ours(group, now)
    return Proof.of(
        now,
        deny_stands=ours is not None and ours["properties"].get("provisioningState", "Succeeded") == "Succeeded",
        flows_flushed=now.properties.get("flushConnection") is True,
        settled=now.properties.get("provisioningState") == "Succeeded",
        stranger_unreachable=await _refused(cloud, now),
    )


def undo(group: Target, before: Before) -> tuple[Call, ...]:
    """One PUT of the rules as they stood."""
    flush = before.properties.get("flushConnection") is True
    return (Call("restore the rules as they stood", put(group, before, _rules(before), flush=flush)),)


def put(group: Target, state: Before, rules: list[dict[str, Any]], *, flush: bool) -> Send:
    """One conditional PUT of the group: the given rules, everything else as in `state`, without what Azure manages."""
    body = {
        "location": state.body.get("location"),
        **({"tags": dict(state.tags)} if state.tags else {}),
        "properties": {"securityRules": rules, "flushConnection": flush},
    }

    async def send(cloud: Cloud) -> None:
        from azure.mgmt.network.models import NetworkSecurityGroup

        groups = cloud.network(group.resource.subscription).network_security_groups
        unchanged = {"If-Match": state.etag or "*"}
        place = (group.resource.group, group.resource.name)
        await groups.begin_create_or_update(*place, NetworkSecurityGroup(body), headers=unchanged, polling=False)

    return send


def rule_name(group: Target) -> str:
    """The name of our rule, which names the incident."""
    return f"hir-{group.incident}-deny-out"


def _denied(group: Target, before: Before) -> list[dict[str, Any]]:
    """The rules with our deny at the first free priority, and every Allow to the Internet before it turned to Deny."""
    rules = [rule for rule in _rules(before) if rule["name"] != rule_name(group)]
    taken = {rule["properties"]["priority"]: rule for rule in rules if outbound(rule)}
    place = next(priority for priority in range(FIRST, LAST + 1) if priority not in taken)
    turned = {taken[priority]["name"] for priority in range(FIRST, place) if reaches_internet(taken[priority])}
    return [_turned(rule) if rule["name"] in turned else rule for rule in rules] + [_deny(group, place)]


def _deny(group: Target, priority: int) -> dict[str, Any]:
    return {
        "name": rule_name(group),
        "properties": {
            "description": f"Containment of incident {group.incident}",
            "priority": priority,
            "direction": "Outbound",
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "Internet",
            "destinationPortRange": "*",
        },
    }


def _turned(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule as a Deny; one that spoke of everywhere speaks of the Internet, so that the inside stays reachable."""
    properties = {**rule["properties"], "access": "Deny"}
    if properties.get("destinationAddressPrefix") in EVERYWHERE:
        properties["destinationAddressPrefix"] = "Internet"
    return {**rule, "properties": properties}


def _rules(state: Before) -> list[dict[str, Any]]:
    """The group's own rules as a PUT may carry them."""
    managed = ("provisioningState", "etag")
    return [
        {
            "name": rule["name"],
            "properties": {key: value for key, value in rule["properties"].items() if key not in managed},
        }
        for rule in state.properties.get("securityRules") or ()
    ]


def _ours(group: Target, state: Before) -> Mapping[str, Any] | None:
    """Our rule, where it stands, denies and no Allow to the Internet stands before it."""
    rules = [rule for rule in state.properties.get("securityRules") or () if outbound(rule)]
    ours = next((rule for rule in rules if rule["name"] == rule_name(group)), None)
    if ours is None or ours["properties"].get("access") != "Deny":
        return None
    place = ours["properties"]["priority"]
    beaten = any(rule["properties"]["priority"] < place and reaches_internet(rule) for rule in rules)
    return None if beaten else ours


async def _refused(cloud: Cloud, group: Before) -> bool | None:
    """Whether Network Watcher denies a machine behind the group its way to a stranger; None without a machine."""
    async for machine, card in _machines(cloud, group):
        address = card.properties["ipConfigurations"][0]["properties"]["privateIPAddress"]
        question = {
            "targetResourceId": machine,
            "targetNicResourceId": card.body["id"],
            "direction": "Outbound",
            "protocol": "TCP",
            "localIPAddress": address,
            "localPort": "49152",
            **STRANGER,
        }
        answer = await cloud.arm.act(_watcher(group), "ipFlowVerify", question)
        return answer.body.get("access") == "Deny"
    return None


async def _machines(cloud: Cloud, group: Before) -> AsyncIterator[tuple[str, Before]]:
    """The machines behind the group, each with its network card."""
    async for card in _cards(cloud, group):
        found = await cloud.arm.read(card)
        if found.properties.get("virtualMachine"):
            yield found.properties["virtualMachine"]["id"], found


async def _cards(cloud: Cloud, group: Before) -> AsyncIterator[ResourceId]:
    """The network cards that the group governs itself, then those on its subnets."""
    for card in group.properties.get("networkInterfaces") or ():
        yield ResourceId.parse(card["id"])
    for subnet in group.properties.get("subnets") or ():
        inside = await cloud.arm.read(ResourceId.parse(subnet["id"]))
        for address in inside.properties.get("ipConfigurations") or ():
            if card := ResourceId.parse(address["id"]).climb(CARD):
                yield card


def _watcher(group: Before) -> ResourceId:
    """The Network Watcher of the group's region, under the name that Azure gives it."""
    place = ResourceId.parse(group.body["id"])
    return ResourceId(
        f"/subscriptions/{place.subscription}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network"
        f"/networkWatchers/NetworkWatcher_{group.body['location']}"
    )


MEASURE = Measure(
    id="deny_internet_egress",
    code="NW-01",
    title="Deny the subnet's way out to the Internet and end live flows",
    target=SECURITY_GROUP,
    activity="restrict-access",
    approval=Approval.AUTO,
    recovery=Recovery.EXACT,
    blast_radius="Patching, telemetry, sign-in, backup agents and public endpoints of Azure services become "
    "unreachable from the subnet. Private endpoints and traffic inside the network go on.",
    permissions=(
        CONTAIN("Microsoft.Network/networkSecurityGroups/write"),
        READ("Microsoft.Network/networkSecurityGroups/read"),
        READ("Microsoft.Network/virtualNetworks/subnets/read"),
        READ("Microsoft.Network/networkInterfaces/read"),
        READ("Microsoft.Network/networkWatchers/ipFlowVerify/action"),
        READ("Microsoft.Network/networkWatchers/ipFlowVerify/read"),
        READ("Microsoft.Network/locations/operations/read"),
        READ("Microsoft.Network/locations/operationResults/read"),
    ),
    guard=guard,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
)
