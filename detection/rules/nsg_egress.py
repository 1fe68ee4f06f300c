"""A way out to the Internet from a subnet that holds PHI (FP-3)."""

from collections.abc import Mapping
from typing import Any

from detection.claim import Claim
from detection.facts import Facts
from detection.judgement import Case, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, phi, untagged
from incident.egress import outbound, reaches_internet
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

GROUP = "microsoft.network/networksecuritygroups"
SUBNET = "microsoft.network/virtualnetworks/subnets"
OPEN = ("*", "internet", "0.0.0.0/0")


def flowed(signal: Signal) -> str | None:
    """The group logged traffic."""
    return "the group logged a flow" if signal.source == "network" else None


def governed(place: ResourceId, facts: Facts) -> tuple[ResourceId, ...]:
    """The subnets that the group is attached to."""
    group = facts.one(place)
    attached = group.properties.get("subnets") if group and place.type == GROUP else None
    return tuple(ResourceId(str(subnet["id"])) for subnet in attached or () if subnet.get("id"))


def look(case: Case) -> Seen:
    """Exposed means: a rule of the group lets a PHI subnet out to public addresses, and no deny comes first."""
    if case.place.type == SUBNET:
        return _guarded(case.state)
    subnets = governed(case.place, case.facts)
    if not subnets and not case.state.properties.get("networkInterfaces"):
        return Harmless("the group governs no subnet and no network card")
    way_out = first_way_out(case.state)
    if way_out is None:
        return Harmless("the group's rules let nothing out to the Internet")
    if delegated := [subnet.name for subnet in subnets if _delegated(case.facts.one(subnet))]:
        return Unsure(f"{way_out} opens a way out, but {', '.join(delegated)} is run by Azure's own service")
    by = ("live rules of the network security group",)
    return Shown(f"the rule {way_out} lets PHI subnets out to the Internet", (case.place,), by)


def first_way_out(group: Before) -> str | None:
    """The name of the first own outbound Allow to public addresses that no earlier Deny covers."""
    rules = sorted(group.properties.get("securityRules") or (), key=lambda rule: rule["properties"]["priority"])
    for rule in rules:
        if outbound(rule) and _denies_all(rule["properties"]):
            return None
        if reaches_internet(rule):
            return str(rule["name"])
    return None


def _guarded(subnet: Before) -> Seen:
    if subnet.properties.get("networkSecurityGroup"):
        return Harmless("the subnet has a network security group, whose rules are judged when they change")
    return Unsure("the subnet has no network security group any more: there is nothing to add a denial to")


def _denies_all(properties: Mapping[str, Any]) -> bool:
    return (
        str(properties.get("access")).casefold() == "deny"
        and properties.get("protocol") == "*"
        and properties.get("sourceAddressPrefix") == "*"
        and properties.get("destinationPortRange") == "*"
        and str(properties.get("destinationAddressPrefix")).casefold() in OPEN
    )


def _delegated(subnet: Before | None) -> bool:
    return subnet is not None and bool(subnet.properties.get("delegations"))


_GROUP = f"{PROVIDERS}/Microsoft.Network/networkSecurityGroups/wards"
_SUBNET = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/hospital/subnets/phi"
_EVENT = {
    "source": "eventgrid",
    "operation": "Microsoft.Network/networkSecurityGroups/securityRules/write",
    "resources": (f"{_GROUP}/securityRules/open",),
}
_DETACHED = _EVENT | {"operation": "Microsoft.Network/virtualNetworks/subnets/write", "resources": (_SUBNET,)}


def _rule(name: str, priority: int, access: str, destination: str) -> dict[str, Any]:
    everything = {"protocol": "*", "sourceAddressPrefix": "*", "destinationPortRange": "*", "direction": "Outbound"}
    properties = {**everything, "priority": priority, "access": access, "destinationAddressPrefix": destination}
    return {"name": name, "properties": properties}


def _state(*rules: Mapping[str, Any], body: Any = phi) -> dict[str, Any]:
    return {"": body(_GROUP, subnets=[{"id": _SUBNET}], securityRules=[*rules])}


_RULE = ("", "properties", "securityRules", 0, "properties")

RULE = Rule(
    id="network.nsg_egress",
    title="Egress to the Internet from a PHI subnet",
    attack=("T1048", "T1041", "T1567.002", "T1562.007"),
    hipaa=("45 CFR 164.312(e)(1)", "45 CFR 164.308(a)(1)(ii)(B)", "45 CFR 164.312(a)(1)"),
    claim=Claim(
        operations=(
            "Microsoft.Network/networkSecurityGroups/write",
            "Microsoft.Network/networkSecurityGroups/securityRules/write",
            "Microsoft.Network/networkSecurityGroups/securityRules/delete",
            "Microsoft.Network/virtualNetworks/subnets/write",
        )
    ),
    place=nearest(GROUP, SUBNET),
    also=flowed,
    kin=governed,
    look=look,
    curious=True,
    patience=PATIENCE,
    examples=(
        Example(
            title="a rule opens a PHI subnet to the Internet",
            signal=_EVENT,
            state=_state(_rule("open", 200, "Allow", "Internet")),
            disposition="contain",
            because=(
                ("resources",),
                ("", "tags"),
                ("", "properties", "subnets"),
                (*_RULE, "access"),
                (*_RULE, "direction"),
                (*_RULE, "destinationAddressPrefix"),
            ),
        ),
        Example(
            title="an earlier deny wins",
            signal=_EVENT,
            state=_state(_rule("shut", 100, "Deny", "*"), _rule("open", 200, "Allow", "Internet")),
            disposition="record",
        ),
        Example(
            title="the rule leads inside only",
            signal=_EVENT,
            state=_state(_rule("inside", 200, "Allow", "VirtualNetwork")),
            disposition="record",
        ),
        Example(
            title="nothing says that the subnet holds PHI",
            signal=_EVENT,
            state=_state(_rule("open", 200, "Allow", "Internet"), body=untagged),
            disposition="record",
        ),
        Example(
            title="a PHI subnet has lost its group", signal=_DETACHED, state={"": phi(_SUBNET)}, disposition="review"
        ),
        Example(title="the group cannot be read", signal=_EVENT, disposition="review"),
    ),
)
