import pytest

from cloud import Cloud
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures
from responders.measure import Refusal
from tests.conftest import policy_of

NETWORKS = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks"
PEERING = Target(resource=ResourceId(f"{NETWORKS}/clinic/virtualNetworkPeerings/to-hub"), incident="i")
OPEN = Before(
    {
        "id": PEERING.resource.text,
        "etag": 'W/"7"',
        "properties": {
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
            "useRemoteGateways": True,
            "remoteVirtualNetwork": {"id": f"{NETWORKS}/hub"},
            "remoteAddressSpace": {"addressPrefixes": ["10.0.0.0/16"], "ipamPoolPrefixAllocations": []},
            "peeringState": "Connected",
            "provisioningState": "Succeeded",
            "resourceGuid": "1",
        },
    }
)


@pytest.mark.parametrize("name", ["close_peering", "delete_peering"])
@pytest.mark.parametrize("named", [PEERING.resource.text, f"{NETWORKS}/HUB"])
def test_a_peering_or_hub_that_the_policy_names_is_never_cut(name: str, named: str) -> None:
    policy = policy_of(approved_peerings=[named])

    assert isinstance(measures.by_id(name).guard(PEERING, OPEN, policy), Refusal)
    assert measures.by_id(name).guard(PEERING, OPEN, policy_of()) is None


async def test_everything_allowed_is_taken_on_the_etag_that_was_read_and_nothing_managed_is_sent(cloud: Cloud) -> None:
    [call] = measures.by_id("close_peering").contain(PEERING, OPEN)

    request = await cloud.rehearse(call.send)

    assert request.headers["if-match"] == 'W/"7"'
    assert request.body["properties"] == {
        "allowVirtualNetworkAccess": False,
        "allowForwardedTraffic": False,
        "allowGatewayTransit": False,
        "useRemoteGateways": False,
        "remoteVirtualNetwork": {"id": f"{NETWORKS}/hub"},
        "remoteAddressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
    }


def test_a_peering_is_closed_before_it_is_deleted() -> None:
    delete = measures.by_id("delete_peering")
    shut = Before({**OPEN.body, "properties": {"remoteVirtualNetwork": {"id": f"{NETWORKS}/hub"}}})

    assert [call.name for call in delete.contain(PEERING, OPEN)] == ["close the peering", "delete the peering"]
    assert [call.name for call in delete.contain(PEERING, shut)] == ["delete the peering"]
    assert delete.contain(PEERING, Before({"absent": True})) == ()
