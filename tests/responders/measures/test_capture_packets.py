from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.capture_packets import MEASURE
from tests.conftest import policy_of

CARD = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n")


def test_a_card_without_a_machine_has_nobody_to_capture() -> None:
    card = Target(resource=CARD, incident="i", parameters={"forensic_account": "/subscriptions/s"})

    assert MEASURE.guard(card, Before({"properties": {}}), policy_of()) is not None
    assert MEASURE.guard(card, Before({"properties": {"virtualMachine": {"id": "/vm"}}}), policy_of()) is None


def test_without_an_evidence_account_nothing_is_captured() -> None:
    assert MEASURE.targets(Target(resource=CARD, incident="i")) == ()
