from typing import Any

import pytest

from detection.played import signal
from detection.rules.nsg_egress import RULE
from detection.specimens import PROVIDERS, phi
from tests.detection.rules.azure import judged

GROUP = f"{PROVIDERS}/Microsoft.Network/networkSecurityGroups/wards"
NETWORK = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/hospital"
SUBNET = f"{NETWORK}/subnets/phi"
WRITE = {"operation": "Microsoft.Network/networkSecurityGroups/write", "resources": (GROUP,)}


def rule(priority: int = 200, **properties: Any) -> dict[str, Any]:
    plain = {
        "priority": priority,
        "direction": "Outbound",
        "access": "Allow",
        "protocol": "*",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "Internet",
        "destinationPortRange": "*",
    }
    return {"name": f"rule-{priority}", "properties": plain | properties}


def state(*rules: Any, subnet: Any = None, **properties: Any) -> dict[str, Any]:
    group = {"subnets": [{"id": SUBNET}], "securityRules": [*rules]} | properties
    return {"": phi(GROUP, **group)} | ({SUBNET: subnet} if subnet else {})


def test_a_denial_of_one_port_does_not_cover_the_way_out() -> None:
    partly = rule(100, access="Deny", destinationPortRange="25")

    assert judged(RULE, signal(WRITE), state(partly, rule())).disposition == "contain"


def test_an_inbound_denial_does_not_cover_the_way_out() -> None:
    inbound = rule(100, access="Deny", direction="Inbound")

    assert judged(RULE, signal(WRITE), state(inbound, rule())).disposition == "contain"


def test_a_later_denial_comes_too_late() -> None:
    assert judged(RULE, signal(WRITE), state(rule(200), rule(300, access="Deny"))).disposition == "contain"


@pytest.mark.parametrize("prefix", ["203.0.113.0/24", "*", "AzureCloud"])
def test_any_public_destination_is_a_way_out(prefix: str) -> None:
    assert judged(RULE, signal(WRITE), state(rule(destinationAddressPrefix=prefix))).disposition == "contain"


def test_a_group_that_governs_nothing_lets_nothing_out() -> None:
    assert judged(RULE, signal(WRITE), state(rule(), subnets=[])).disposition == "record"


def test_phi_of_the_subnet_is_enough() -> None:
    untagged = {"id": GROUP, "properties": state(rule())[""]["properties"]}

    assert judged(RULE, signal(WRITE), {"": untagged, SUBNET: phi(SUBNET)}).disposition == "contain"


def test_a_subnet_of_an_azure_service_is_for_a_person() -> None:
    delegated = phi(SUBNET, delegations=[{"name": "sql-mi"}])

    assert judged(RULE, signal(WRITE), state(rule(), subnet=delegated)).disposition == "review"


def test_a_subnet_with_its_group_is_left_to_the_groups_own_changes() -> None:
    write = {"operation": "Microsoft.Network/virtualNetworks/subnets/write", "resources": (SUBNET,)}

    guarded = {"": phi(SUBNET, networkSecurityGroup={"id": GROUP})}

    assert judged(RULE, signal(write), guarded).disposition == "record"
    assert judged(RULE, signal(write), {"": {"id": SUBNET}, NETWORK: phi(NETWORK)}).disposition == "review"
