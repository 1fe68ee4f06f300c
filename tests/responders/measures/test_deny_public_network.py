import pytest

from cloud import Cloud
from drills.estate.clinic import Clinic
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measure import Refusal
from responders.measures.deny_public_network import BYPASS, MEASURE
from tests.conftest import policy_of
from tests.responders.conftest import Run

ACCOUNT = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a")
SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/forensic"
INSTANCE = {"tenantId": "t", "resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Synapse/workspaces/w"}
RULES = {
    "defaultAction": "Deny",
    "bypass": "None",
    "ipRules": [{"value": "203.0.113.66", "action": "Allow"}],
    "virtualNetworkRules": [{"id": "/theirs", "action": "Allow", "state": "Succeeded"}],
    "resourceAccessRules": [INSTANCE],
}


def account(**parameters: str) -> Target:
    return Target(resource=ACCOUNT, incident="i", parameters=parameters)


async def test_the_whole_rule_set_is_sent_with_instances_bypass_and_forensic_access_kept(cloud: Cloud) -> None:
    before = Before({"id": ACCOUNT.text, "properties": {"networkAcls": RULES}})
    target = account(forensic_subnet=SUBNET, forensic_address="198.18.7.9")
    [call] = MEASURE.contain(target, before)

    request = await cloud.rehearse(call.send)

    assert request.method == "PATCH"
    assert request.body == {
        "properties": {
            "networkAcls": {
                "defaultAction": "Deny",
                "bypass": BYPASS,
                "ipRules": [{"value": "198.18.7.9", "action": "Allow"}],
                "virtualNetworkRules": [{"id": SUBNET, "action": "Allow"}],
                "resourceAccessRules": [INSTANCE],
            }
        }
    }


async def test_the_undo_sends_what_stood_without_what_azure_says_of_it(cloud: Cloud) -> None:
    before = Before({"id": ACCOUNT.text, "properties": {"networkAcls": RULES}})
    [call] = MEASURE.undo(account(), before)  # type: ignore[misc] # it has an undo

    restored = (await cloud.rehearse(call.send)).body["properties"]["networkAcls"]

    assert restored == {**RULES, "virtualNetworkRules": [{"id": "/theirs", "action": "Allow"}]}


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "192.168.0.0/24", "198.18.7.8/31", "198.18.7.9/32", "2001:db8::1", "nonsense"]
)
def test_an_exception_that_azure_refuses_is_not_sent(address: str) -> None:
    refusal = MEASURE.guard(account(forensic_address=address), Before({}), policy_of())

    assert isinstance(refusal, Refusal)
    assert address in refusal.why


@pytest.mark.parametrize("address", ["198.18.7.9", "198.18.7.0/24"])
def test_a_public_address_or_range_is_taken(address: str) -> None:
    assert MEASURE.guard(account(forensic_address=address), Before({}), policy_of()) is None


def test_a_perimeter_is_left_alone() -> None:
    before = Before({"id": ACCOUNT.text, "properties": {"publicNetworkAccess": "SecuredByPerimeter"}})

    assert MEASURE.guard(account(), before, policy_of()) is not None


async def test_an_exception_that_the_attacker_made_goes_even_where_the_default_denies(clinic: Clinic, run: Run) -> None:
    rules = {"defaultAction": "Deny", "ipRules": [{"value": clinic.stranger.origin.caller}]}
    store = clinic.account("phistore").opens_to_anyone()
    clinic.attacks("PATCH", store.id, {"properties": {"networkAcls": rules}}, "2023-05-01")

    outcome = await run(MEASURE, "phistore")

    assert outcome.contained
    assert clinic.stranger.lists("phistore/scans").is_refused
    assert await run.undone(outcome) == clinic.before
