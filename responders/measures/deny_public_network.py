"""Refuse every network but the named ones on a storage account (ST-03).

Azure replaces `networkAcls` whole, so the whole is sent: the resource instances that were let in, the trusted services,
and the forensic subnet and address of the policy. All other exceptions go: an attacker may have made them.
"""

from ipaddress import IPv4Network, ip_network
from typing import Any

from cloud import Cloud
from incident.plan import Approval, Recovery
from incident.policy import Policy
from incident.target import Before, Target
from responders.effective import only
from responders.measure import CONTAIN, READ, STORAGE_ACCOUNT, Call, Measure, Proof, Refusal, read_raw
from responders.storage import account_properties, bearers, stands, turned_away

BYPASS = "AzureServices, Logging, Metrics"  # without it evidence, diagnostics, backup and malware scans stop
PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))  # RFC 1918
FORENSIC = ("forensic_subnet", "forensic_address")


def guard(account: Target, before: Before, _policy: Policy) -> Refusal | None:
    """Azure takes no private address and no range of one or two as an exception; a perimeter has rules of its own."""
    if stands(before, "publicNetworkAccess") == "SecuredByPerimeter":
        return Refusal("a network security perimeter decides who reaches this account")
    address = account.parameters.get("forensic_address")
    if address and not _takes(address):
        return Refusal(f"Azure takes no exception for {address}: correct the forensic address in the policy")
    return None


def contain(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH, unless nothing but the forensic exceptions is let in already. A disabled account stays disabled."""
    wanted = _rules(account, before)
    if _closed(account, before):
        return ()
    return (Call("refuse every network but the named ones", account_properties(account, networkAcls=wanted)),)


async def verify(cloud: Cloud, account: Target) -> Proof:
    """The rules deny, and the network itself turns away a stranger and whoever bears a canary SAS."""
    now = await cloud.arm.read(account.resource)
    kinds = ("account_sas", "service_sas", "policy_sas", "delegation_sas")
    return Proof.of(
        now,
        default_denies=_closed(account, now),
        stranger_refused=await turned_away(cloud, now),
        **await bearers(cloud, now, *kinds),
    )


def undo(account: Target, before: Before) -> tuple[Call, ...]:
    """One PATCH of the rules as they stood."""
    if _closed(account, before):
        return ()
    rules = before.properties.get("networkAcls") or {"defaultAction": "Allow", "bypass": "AzureServices"}
    return (Call("restore the network rules", account_properties(account, networkAcls=_sent(rules))),)


def _rules(account: Target, before: Before) -> dict[str, Any]:
    subnet, address = (account.parameters.get(name) for name in FORENSIC)
    prior = before.properties.get("networkAcls") or {}
    return {
        "defaultAction": "Deny",
        "bypass": BYPASS,
        "virtualNetworkRules": [{"id": subnet, "action": "Allow"}] if subnet else [],
        "ipRules": [{"value": address, "action": "Allow"}] if address else [],
        "resourceAccessRules": list(prior.get("resourceAccessRules") or ()),
    }


def _sent(rules: Any) -> dict[str, Any]:
    """The rules as a PATCH may carry them: without what Azure says of their state."""
    subnets = [{"id": rule["id"], "action": "Allow"} for rule in rules.get("virtualNetworkRules") or ()]
    return {
        "defaultAction": rules["defaultAction"],
        "bypass": rules.get("bypass") or "AzureServices",
        "virtualNetworkRules": subnets,
        "ipRules": [{"value": rule["value"], "action": "Allow"} for rule in rules.get("ipRules") or ()],
        "resourceAccessRules": list(rules.get("resourceAccessRules") or ()),
    }


def _closed(account: Target, state: Before) -> bool:
    """Whether the rules deny by default and make no exception but ours."""
    rules = state.properties.get("networkAcls") or {}
    subnets = {rule["id"].casefold() for rule in rules.get("virtualNetworkRules") or ()}
    addresses = {rule["value"] for rule in rules.get("ipRules") or ()}
    subnet, address = (account.parameters.get(name) or "" for name in FORENSIC)
    return rules.get("defaultAction") == "Deny" and subnets <= {subnet.casefold()} and addresses <= {address}


def _takes(address: str) -> bool:
    """Whether Azure takes the address or range as an IP rule: public IPv4, no range of one or two."""
    try:
        network = ip_network(address)
    except ValueError:
        return False
    private = any(network.subnet_of(block) for block in PRIVATE) if isinstance(network, IPv4Network) else True
    return not private and not ("/" in address and network.prefixlen > 30)


def follows(named: Target) -> tuple[Target, ...]:
    """The account, with the forensic exceptions of the policy."""
    if named.resource.type != STORAGE_ACCOUNT:
        return ()
    kept = {name: named.parameters[name] for name in FORENSIC if named.parameters.get(name)}
    return (Target(resource=named.resource, incident=named.incident, parameters=kept),)


MEASURE = Measure(
    id="deny_public_network",
    code="ST-03",
    title="Refuse every network but the forensic one on the storage account",
    target=STORAGE_ACCOUNT,
    activity="restrict-access",
    approval=Approval.A1,
    recovery=Recovery.EXACT,
    blast_radius="Every caller from a public address or a subnet that was let in loses this account. Private "
    "endpoints, trusted Azure services and listed resource instances go on.",
    permissions=(
        CONTAIN("Microsoft.Storage/storageAccounts/write"),
        READ("Microsoft.Storage/storageAccounts/read"),
        CONTAIN("Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action"),
    ),
    guard=guard,
    read=read_raw,
    contain=contain,
    verify=verify,
    undo=undo,
    own=only("networkAcls"),
    follows=follows,
)
