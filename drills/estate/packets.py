"""Whether a packet passes: security groups judged as Azure does, by priority, direction, tags, prefixes and ports."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from drills.estate.wire import Json

LOAD_BALANCER = "168.63.129.16"
SERVICE_TAGS = {
    "AzureMonitor": ("20.42.65.64/26",),
    "AzureActiveDirectory": ("20.190.128.0/18",),
    "Storage": ("20.60.0.0/16",),
}
"""A sample of each tag's published prefixes, enough to tell them from the rest of the Internet."""


@dataclass(frozen=True)
class Packet:
    """Five values, as in ipFlowVerify. `local` is the machine's address, `direction` Inbound or Outbound."""

    local: str
    remote: str
    local_port: int
    remote_port: int
    protocol: str = "TCP"
    direction: str = "Outbound"

    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Source and destination, each an address and a port."""
        local, remote = (self.local, self.local_port), (self.remote, self.remote_port)
        return (local, remote) if self.direction == "Outbound" else (remote, local)


@dataclass(frozen=True)
class Verdict:
    """Allow or Deny, by which rule (`securityRules/x` or `defaultSecurityRules/y`)."""

    access: str
    rule: str

    @property
    def passes(self) -> bool:
        """True for Allow."""
        return self.access == "Allow"


PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def inside(address: str, block: IPv4Network) -> bool:
    """True when the address lies in the block."""
    return IPv4Address(address) in block


type Space = tuple[IPv4Network, ...]


def judge(packet: Packet, group: Json, network: Iterable[str]) -> Verdict:
    """The verdict of one security group. `network` is the address space that VirtualNetwork stands for."""
    rules = [*group["properties"]["securityRules"], *group["properties"]["defaultSecurityRules"]]
    space = tuple(IPv4Network(prefix) for prefix in network)
    ordered = sorted(rules, key=lambda rule: int(rule["properties"]["priority"]))
    matching = next(rule for rule in ordered if _matches(rule["properties"], packet, space))
    kind, name = matching["id"].rsplit("/", 2)[1:]
    return Verdict(matching["properties"]["access"], f"{kind}/{name}")


def _matches(rule: Json, packet: Packet, space: Space) -> bool:
    if rule["direction"].lower() != packet.direction.lower() or rule["protocol"].lower() not in {
        "*",
        packet.protocol.lower(),
    }:
        return False
    return all(
        any(_covers(prefix, IPv4Address(address), space) for prefix in _either(rule, f"{end}AddressPrefix", "es"))
        and any(_has_port(ports, port) for ports in _either(rule, f"{end}PortRange", "s"))
        for end, (address, port) in zip(("source", "destination"), packet.ends(), strict=True)
    )


def _either(rule: Json, single: str, plural: str) -> list[str]:
    return [*filter(None, [rule.get(single)]), *(rule.get(single + plural) or [])]


def _covers(prefix: str, host: IPv4Address, space: Space) -> bool:
    inside = any(host in block for block in space)
    match prefix.lower():
        case "*":
            return True
        case "virtualnetwork":
            return inside
        case "internet":
            return not inside and not any(host in block for block in PRIVATE)
        case "azureloadbalancer":
            return str(host) == LOAD_BALANCER
    blocks = (prefix,) if prefix[:1].isdigit() else SERVICE_TAGS.get(prefix.partition(".")[0], ())
    return any(host in IPv4Network(block, strict=False) for block in blocks)


def _has_port(ports: str, port: int) -> bool:
    low, _, high = ports.partition("-")
    return ports == "*" or int(low) <= port <= int(high or low)
