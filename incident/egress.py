"""Which rules of a network security group let traffic out to public addresses."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

INSIDE = ("virtualnetwork", "azureloadbalancer")


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
        return not ip_network(prefix, strict=False).is_private
    except ValueError:
        return True
