"""A way out to the Internet from a subnet that holds PHI (FP-3)."""

from collections.abc import Mapping
from typing import Any

from detection.rule import Example, Facts, Read, Rule, nearest
from incident.egress import reaches_internet
from incident.finding import Disposition, Finding
from incident.policy import Policy
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

ID = "network.nsg_egress"
GROUP = "microsoft.network/networksecuritygroups"
OPERATIONS = (
    "microsoft.network/networksecuritygroups/write",
    "microsoft.network/networksecuritygroups/securityrules/write",
    "microsoft.network/networksecuritygroups/securityrules/delete",
)


def match(signal: Signal) -> str | None:
    """A write to a network security group, or somebody who names one."""
    if nearest(signal, GROUP) is None:
        return None
    if (signal.operation or "").casefold() in OPERATIONS:
        return "the write may have opened a way out"
    if signal.hints.get("suspected_class") == ID:
        return "it was reported as egress from a PHI subnet"
    return "an alert names the network security group" if signal.source in ("sentinel", "defender", "person") else None


def cause(signal: Signal) -> ResourceId | None:
    """The network security group."""
    return nearest(signal, GROUP)


def reads(signal: Signal, facts: Facts) -> tuple[Read, ...]:
    """The group; then the subnets that it governs."""
    group = nearest(signal, GROUP)
    if group is None:
        return ()
    state = facts.one(group)
    return (Read(group), *(Read(subnet) for subnet in governed(state))) if state else (Read(group),)


def governed(group: Before) -> tuple[ResourceId, ...]:
    """The subnets that the group is attached to."""
    return tuple(ResourceId.parse(subnet["id"]) for subnet in group.properties.get("subnets") or ())


def judge(signal: Signal, facts: Facts, policy: Policy) -> Finding:
    """Exposed means: a rule of the live group lets a PHI subnet out to public addresses, and no deny comes first."""
    group = nearest(signal, GROUP)
    state = facts.one(group) if group else None
    if group is None or state is None:
        why = facts.why(group) if group else "no group is named"
        return _finding(Disposition.REVIEW, f"the network security group could not be read: {why}")
    subnets = governed(state)
    if not any(policy.in_scope(place, state.body) for place in (group, *subnets)):
        return _finding(Disposition.RECORD, "neither policy nor tags place the group in the scope of PHI")
    if not subnets and not state.properties.get("networkInterfaces"):
        return _finding(Disposition.RECORD, "the group governs no subnet and no network card")
    way_out = first_way_out(state)
    if way_out is None:
        return _finding(Disposition.RECORD, "the group's rules let nothing out to the Internet")
    if delegated := [subnet.name for subnet in subnets if _delegated(facts.one(subnet))]:
        return _finding(
            Disposition.REVIEW, f"{way_out} opens a way out, but {', '.join(delegated)} is run by Azure's own service"
        )
    return Finding(
        incident_class=ID,
        disposition=Disposition.CONTAIN,
        reason=f"the rule {way_out} lets PHI subnets out to the Internet",
        targets=(group,),
        exposed=True,
        corroborated_by=("live rules of the network security group",),
    )


def first_way_out(group: Before) -> str | None:
    """The name of the first own outbound Allow to public addresses that no earlier Deny covers."""
    rules = sorted(group.properties.get("securityRules") or (), key=lambda rule: rule["properties"]["priority"])
    for rule in rules:
        if _denies_all(rule["properties"]):
            return None
        if reaches_internet(rule):
            return str(rule["name"])
    return None


def _denies_all(properties: Mapping[str, Any]) -> bool:
    return (
        str(properties.get("direction")).casefold() == "outbound"
        and str(properties.get("access")).casefold() == "deny"
        and properties.get("protocol") == "*"
        and properties.get("sourceAddressPrefix") == "*"
        and properties.get("destinationPortRange") == "*"
        and str(properties.get("destinationAddressPrefix")).casefold() in ("*", "internet", "0.0.0.0/0")
    )


def _delegated(subnet: Before | None) -> bool:
    return subnet is not None and bool(subnet.properties.get("delegations"))


def _finding(disposition: Disposition, reason: str) -> Finding:
    return Finding(incident_class=ID, disposition=disposition, reason=reason)


_GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n"
_SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/phi"
_EVENT = {"source": "eventgrid", "operation": OPERATIONS[1], "resources": (_GROUP + "/securityRules/open",)}


def _state(*rules: Mapping[str, Any], tags: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "": {
            "id": _GROUP,
            "tags": {"data-classification": "phi"} if tags is None else tags,
            "properties": {"subnets": [{"id": _SUBNET}], "securityRules": list(rules)},
        }
    }


def _rule(name: str, priority: int, access: str, destination: str) -> dict[str, Any]:
    everything = {"protocol": "*", "sourceAddressPrefix": "*", "destinationPortRange": "*", "direction": "Outbound"}
    properties = {**everything, "priority": priority, "access": access, "destinationAddressPrefix": destination}
    return {"name": name, "properties": properties}


RULE = Rule(
    id=ID,
    title="Egress to the Internet from a PHI subnet",
    attack=("T1048", "T1041", "T1567.002", "T1562.007"),
    hipaa=("45 CFR 164.312(e)(1)", "45 CFR 164.308(a)(1)(ii)(B)", "45 CFR 164.312(a)(1)"),
    match=match,
    cause=cause,
    reads=reads,
    judge=judge,
    examples=(
        Example(
            title="a rule opens a PHI subnet to the Internet",
            signal=_EVENT,
            state=_state(_rule("open", 200, "Allow", "Internet")),
            disposition="contain",
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
            state=_state(_rule("open", 200, "Allow", "Internet"), tags={}),
            disposition="record",
        ),
        Example(title="the group cannot be read", signal=_EVENT, disposition="review"),
    ),
)
