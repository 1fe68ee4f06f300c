import pytest

from detection.played import signal
from detection.rules.isolation_failure import ASSIGNMENTS, COPIES, RULE
from detection.specimens import PROVIDERS, incident, operated, phi, reported
from tests.detection.rules.azure import judged

ACCOUNT = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
COPY = signal(operated("Microsoft.Storage/storageAccounts/objectReplicationPolicies/write", f"{ACCOUNT}/{COPIES}/p"))
ENDPOINT = "Microsoft.Storage/storageAccounts/privateEndpointConnectionsApproval/action"


@pytest.mark.parametrize(
    ("destination", "disposition"),
    [
        (ACCOUNT.replace("/subscriptions/s/", "/subscriptions/other/"), "contain"),
        ("strangerstore", "contain"),
        (ACCOUNT.upper(), "record"),
        ("SCANS", "record"),
    ],
)
def test_a_copy_is_outward_when_its_destination_lies_elsewhere(destination: str, disposition: str) -> None:
    policy = {"id": f"{ACCOUNT}/{COPIES}/p", "properties": {"destinationAccount": destination}}

    assert judged(RULE, COPY, {"": phi(ACCOUNT), COPIES: (policy,)}).disposition == disposition


def test_copies_that_cannot_be_listed_are_for_a_person() -> None:
    assert judged(RULE, COPY, {"": phi(ACCOUNT)}).disposition == "review"


def test_a_private_endpoint_and_a_delegation_are_for_a_person() -> None:
    delegation = "/subscriptions/s/providers/Microsoft.ManagedServices/registrationAssignments/a"
    given = signal(operated("Microsoft.ManagedServices/registrationAssignments/write", delegation))

    assert judged(RULE, signal(operated(ENDPOINT, ACCOUNT)), {"": phi(ACCOUNT), COPIES: ()}).disposition == "review"
    assert judged(RULE, given, {"": {"id": delegation}}).disposition == "review"


def test_what_the_application_says_of_itself_is_for_a_person_until_it_is_borne_out() -> None:
    told = signal({"source": "sentinel", "resources": (ACCOUNT,), "hints": {"class": "tenant.isolation_failure"}})

    assert judged(RULE, told, {"": phi(ACCOUNT), COPIES: ()}).disposition == "review"


def test_of_the_readers_roles_only_those_on_this_store_are_aimed_at_and_the_shared_app_last() -> None:
    inside, portal = f"{ACCOUNT}/blobServices/default/containers", f"{PROVIDERS}/Microsoft.Web/sites/portal"
    scopes = {"whole": ACCOUNT, "south": f"{inside}/south", "north": f"{inside}/north", "above": PROVIDERS}
    given = [
        {"id": f"{scope}/{ASSIGNMENTS}/{name}", "properties": {"principalId": "SP-1", "scope": scope}}
        for name, scope in scopes.items()
    ]
    given.append({"id": f"{ACCOUNT}/{ASSIGNMENTS}/other", "properties": {"principalId": "sp-2", "scope": ACCOUNT}})
    told = reported(RULE.id, "sp-1")
    about = signal({**told, "resources": (ACCOUNT, portal), "hints": told["hints"] | {"container": "south"}})
    seen = incident({"kind": "AzureResource", "properties": {"resourceId": ACCOUNT}}, RULE.id)

    finding = judged(RULE, about, {"": phi(ACCOUNT), COPIES: (), ASSIGNMENTS: given} | seen)

    assert finding.disposition == "contain"
    assert [target.name for target in finding.targets] == ["scans", "south", "whole", "south", "portal"]
