from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from detection.played import signal
from detection.rules.peering_bypass import PEERINGS, RULE, WRITE
from detection.specimens import PROVIDERS, operated, phi, untagged
from incident.finding import Made
from tests.detection.rules.azure import POLICY, judged

NETWORK = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/hospital"
GROUP = f"{PROVIDERS}/Microsoft.Network/networkSecurityGroups/wards"
PEERING = f"{NETWORK}/{PEERINGS}/shadow"
EVENT = signal(operated("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write", PEERING))
SUBNETS = [
    {"properties": {"networkSecurityGroup": {"id": GROUP}}},
    {"properties": {"networkSecurityGroup": {"id": GROUP.upper()}}},
    {"properties": {}},
]


def peering(**properties: Any) -> dict[str, Any]:
    remote = {"remoteVirtualNetwork": {"id": "/subscriptions/x/resourceGroups/g/providers/N/virtualNetworks/v"}}
    return {"id": PEERING, "properties": remote | properties}


@pytest.mark.parametrize("opening", ["allowVirtualNetworkAccess", "allowForwardedTraffic", "useRemoteGateways"])
def test_any_opening_of_an_unapproved_peering_is_a_way_round(opening: str) -> None:
    state = {"": phi(NETWORK), PEERINGS: (peering(**{opening: True}),)}

    assert judged(RULE, EVENT, state).disposition == "contain"


def test_the_measures_get_the_peering_the_groups_and_the_remote_prefixes() -> None:
    spaces = {"remoteVirtualNetworkAddressSpace": {"addressPrefixes": ["10.66.0.0/16", "10.67.0.0/16"]}}
    opened = peering(allowVirtualNetworkAccess=True, **spaces)

    finding = judged(RULE, EVENT, {"": phi(NETWORK, subnets=SUBNETS), PEERINGS: (opened,), GROUP: untagged(GROUP)})

    assert [target.text for target in finding.targets] == [PEERING, GROUP]
    assert finding.parameters == {"prefixes": "10.66.0.0/16, 10.67.0.0/16"}


def test_a_peering_can_be_approved_by_its_own_id() -> None:
    approving = replace(POLICY, approved_peerings=(PEERING.upper(),))
    state = {"": phi(NETWORK), PEERINGS: (peering(allowVirtualNetworkAccess=True),)}

    assert judged(RULE, EVENT, state, approving).disposition == "record"


def test_peerings_that_cannot_be_listed_are_for_a_person() -> None:
    assert judged(RULE, EVENT, {"": phi(NETWORK)}).disposition == "review"


def in_log(peering: str = PEERING, **changes: Any) -> dict[str, Any]:
    """A record that the peering was created, where nothing is changed."""
    return {
        f"{peering} in the activity log": (
            {
                "operationName": {"value": WRITE},
                "status": {"value": "Succeeded"},
                "properties": {"statusCode": "Created"},
                "eventTimestamp": "2026-03-02T09:30:00Z",
                "caller": "mallory@clinic.example",
                **changes,
            },
        )
    }


OPENED = peering(allowVirtualNetworkAccess=True)


def test_a_record_of_its_creation_says_since_when_the_peering_is_there_and_by_whom() -> None:
    made = judged(RULE, EVENT, {"": phi(NETWORK), PEERINGS: (OPENED,)} | in_log()).made

    assert made == Made(at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC), by=("mallory@clinic.example",))


@pytest.mark.parametrize(
    ("others", "log"),
    [
        ((), {}),
        ((), in_log(properties={"statusCode": "OK"})),
        ((), in_log(status={"value": "Failed"})),
        ((), in_log(operationName={"value": "Microsoft.Network/virtualNetworks/peer/action"})),
        ((), in_log(eventTimestamp=None)),
        ((), in_log(f"{PEERING}-other")),
        ((OPENED | {"id": f"{PEERING}-of-old"},), in_log()),
    ],
    ids=["no record", "an update", "failed", "another operation", "no time", "of another", "one of old besides"],
)
def test_nothing_less_says_that_all_that_was_found_is_new(others: tuple[Any, ...], log: dict[str, Any]) -> None:
    found = judged(RULE, EVENT, {"": phi(NETWORK), PEERINGS: (OPENED, *others)} | log)

    assert found.disposition == "contain"
    assert found.made is None
