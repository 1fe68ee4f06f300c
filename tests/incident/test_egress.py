from typing import Any

import pytest

from incident.egress import reaches_internet


def rule(**properties: Any) -> dict[str, Any]:
    return {"name": "r", "properties": {"direction": "Outbound", "access": "Allow", **properties}}


@pytest.mark.parametrize(
    "destination",
    ["*", "Internet", "0.0.0.0/0", "::/0", "0.0.0.0/1", "203.0.113.9", "8.8.8.8/32", "10.0.0.0/7", "AzureCloud", "Sql"],
)
def test_what_is_not_plainly_inside_leads_out(destination: str) -> None:
    assert reaches_internet(rule(destinationAddressPrefix=destination))
    assert reaches_internet(rule(destinationAddressPrefixes=["10.0.0.0/8", destination]))


@pytest.mark.parametrize(
    "destination",
    [
        "VirtualNetwork",
        "virtualnetwork",
        "AzureLoadBalancer",
        "10.1.0.0/16",
        "192.168.1.4",
        "172.16.0.0/12",
        "fd00::/8",
    ],
)
def test_what_lies_inside_does_not(destination: str) -> None:
    assert not reaches_internet(rule(destinationAddressPrefix=destination))


def test_only_an_outbound_allow_lets_anything_out() -> None:
    assert not reaches_internet(rule(destinationAddressPrefix="*", access="Deny"))
    assert not reaches_internet(rule(destinationAddressPrefix="*", direction="Inbound"))
    assert reaches_internet(rule(destinationAddressPrefix="*", access="ALLOW", direction="outbound"))
    assert not reaches_internet(rule(destinationApplicationSecurityGroups=[{"id": "x"}]))
