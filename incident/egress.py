"""Which rules of a network security group let traffic out to public addresses."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

INSIDE = ("virtualnetwork", "azureloadbalancer")
PRIVATE = tuple(  # RFC 1918, 6598, 3927, 4193, 4291: what no router of the Internet carries
    ip_network(prefix)
    for prefix in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


def outbound(rule: Mapping[str, Any]) -> bool:
    """Whether the rule judges what leaves."""
    return str(rule["properties"].get("direction")).casefold() == "outbound"


def reaches_internet(rule: Mapping[str, Any]) -> bool:
    """Whether an outbound Allow lets traffic to public addresses: any prefix or tag that is not plainly inside."""
    allows = outbound(rule) and str(rule["properties"].get("access")).casefold() == "allow"
    return allows and any(_public(prefix) for prefix in _destinations(rule["properties"]))


def _destinations(properties: Mapping[str, Any]) -> Iterator[str]:
    if properties.get("destinationAddressPrefix"):
        yield properties["destinationAddressPrefix"]
    yield from properties.get("destinationAddressPrefixes") or ()


def _public(prefix: str) -> bool:
    if prefix.casefold() in INSIDE:
        return False
    try:
        network = ip_network(prefix, strict=False)
    except ValueError:
        return True
    return not any(_lies_in(network, private) for private in PRIVATE)


def _lies_in(network: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    """Whether the outer network holds the whole of the other."""
    return network.version == outer.version and network[0] in outer and network[-1] in outer
