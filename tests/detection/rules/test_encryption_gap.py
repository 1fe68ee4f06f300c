import pytest

from detection.played import signal
from detection.rules.encryption_gap import RULE
from detection.specimens import PROVIDERS, operated, phi, untagged
from tests.detection.rules.azure import judged

ACCOUNT = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
SECURE_TRANSFER = "/providers/Microsoft.Authorization/policyDefinitions/404C3081-a854-4457-ae30-26a93ef643f9"
EXEMPTION = f"{PROVIDERS}/Microsoft.Authorization/policyExemptions/e-1"


def test_an_account_that_says_nothing_of_tls_is_no_gap() -> None:
    write = operated("Microsoft.Storage/storageAccounts/write", ACCOUNT)

    assert judged(RULE, signal(write), {"": phi(ACCOUNT, minimumTlsVersion=None)}).disposition == "record"


def test_both_gaps_are_named() -> None:
    write = operated("Microsoft.Storage/storageAccounts/write", ACCOUNT)

    finding = judged(
        RULE, signal(write), {"": phi(ACCOUNT, supportsHttpsTrafficOnly=False, minimumTlsVersion="TLS1_1")}
    )

    assert finding.reason == "the account admits plain http and TLS before 1.2"


def test_only_policies_on_encryption_are_of_the_class() -> None:
    about = {"kind": "eventgrid-policy", "resources": (f"{PROVIDERS}/Microsoft.Compute/disks/pacs",)}

    assert RULE.match(signal(about | {"hints": {"policy_definition": SECURE_TRANSFER}}))
    assert RULE.match(signal(about | {"hints": {"policy_definition": "/providers/x/tags"}})) is None


def test_a_resource_that_does_not_comply_is_for_a_person() -> None:
    disk = f"{PROVIDERS}/Microsoft.Compute/disks/pacs"
    about = {"resources": (disk,), "hints": {"policy_definition": SECURE_TRANSFER}}

    assert judged(RULE, signal(about), {"": phi(disk)}).disposition == "review"


@pytest.mark.parametrize(("operation", "disposition"), [("write", "review"), ("delete", "record")])
def test_an_exemption_is_for_a_person(operation: str, disposition: str) -> None:
    about = signal(operated(f"Microsoft.Authorization/policyExemptions/{operation}", EXEMPTION))

    found = judged(RULE, about, {"": phi(EXEMPTION)}) if RULE.match(about) else None

    assert (found.disposition if found else "record") == disposition


def test_an_assignment_that_is_enforced_is_recorded() -> None:
    assignment = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/a-1"
    about = signal(operated("Microsoft.Authorization/policyAssignments/write", assignment))

    assert judged(RULE, about, {"": untagged(assignment, enforcementMode="Default")}).disposition == "record"
