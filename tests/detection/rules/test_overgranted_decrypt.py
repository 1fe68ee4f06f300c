from typing import Any

import pytest

from detection.played import signal
from detection.rules.overgranted_decrypt import ASSIGNMENTS, RULE
from detection.specimens import PROVIDERS, operated, phi
from tests.detection.rules.azure import judged

VAULT = f"{PROVIDERS}/Microsoft.KeyVault/vaults/clinic-kv"
GRANT = operated("Microsoft.KeyVault/vaults/accessPolicies/write", VAULT)
OFFICER = "/providers/Microsoft.Authorization/roleDefinitions/14B46E9E-C2B7-41B4-B07B-48A6EBF60603"


@pytest.mark.parametrize(
    ("keys", "disposition"),
    [
        (["All"], "contain"),
        (["unwrapKey", "Delete"], "contain"),
        (["get", "list", "delete", "purge"], "record"),
        (["decrypt", "encrypt"], "record"),
        (None, "record"),
    ],
)
def test_too_much_is_use_and_destruction_in_one_hand(keys: Any, disposition: str) -> None:
    entry = {"objectId": "o-1", "permissions": {"keys": keys}}

    assert judged(RULE, signal(GRANT), {"": phi(VAULT, accessPolicies=[entry])}).disposition == disposition


def test_access_policies_count_for_nothing_where_roles_rule() -> None:
    entry = {"objectId": "o-1", "permissions": {"keys": ["all"]}}
    state = {"": phi(VAULT, accessPolicies=[entry], enableRbacAuthorization=True), ASSIGNMENTS: ()}

    assert judged(RULE, signal(GRANT), state).disposition == "record"


@pytest.mark.parametrize(
    ("holders", "vault", "disposition"),
    [
        (8, {}, "record"),
        (9, {}, "review"),
        (9, {"enableRbacAuthorization": True}, "record"),
        (0, {"networkAcls": {"defaultAction": "Allow"}}, "review"),
        (0, {"networkAcls": {"defaultAction": "Allow"}, "publicNetworkAccess": "Disabled"}, "record"),
        (0, {"networkAcls": {"defaultAction": "Deny"}}, "record"),
    ],
)
def test_a_wide_vault_is_a_question_that_starts_no_clock(holders: int, vault: dict[str, Any], disposition: str) -> None:
    entries = [{"objectId": f"o-{number}", "permissions": {"keys": ["get"]}} for number in range(holders)]
    written = signal(operated("Microsoft.KeyVault/vaults/write", VAULT))

    found = judged(RULE, written, {"": phi(VAULT, accessPolicies=entries, **vault), ASSIGNMENTS: ()})

    assert (found.disposition, found.posture) == (disposition, disposition == "review")


@pytest.mark.parametrize("scope", [VAULT.upper(), PROVIDERS.removesuffix("/providers")])
def test_a_role_that_is_inherited_is_left_to_people(scope: str) -> None:
    role = {"scope": scope, "roleDefinitionId": OFFICER, "principalId": "o-1", "createdOn": "2026-03-02T09:00:00Z"}
    state = {
        "": phi(VAULT, enableRbacAuthorization=True),
        ASSIGNMENTS: ({"id": f"{VAULT}/{ASSIGNMENTS}/r-1", "properties": role},),
    }

    finding = judged(RULE, signal(GRANT), state)

    assert finding.disposition == ("contain" if scope == VAULT.upper() else "record")
    assert [target.name for target in finding.targets] == (["clinic-kv", "r-1"] if finding.exposed else [])


def test_a_role_assigned_on_the_vault_leads_to_the_vault() -> None:
    assignment = f"{VAULT}/{ASSIGNMENTS}/r-1"
    about = operated("Microsoft.Authorization/roleAssignments/write", assignment)

    assert str(RULE.cause(signal(about | {"resources": (assignment, VAULT)}))) == VAULT
    assert RULE.match(signal(about | {"resources": ("/subscriptions/s/providers/x/roleAssignments/r-1",)})) is None


def test_one_use_of_a_secret_in_the_vaults_log_is_recorded() -> None:
    about = signal({"source": "keyvault", "operation": "SecretGet", "resources": (VAULT,)})

    assert RULE.match(about)
    assert judged(RULE, about, {"": phi(VAULT)}).disposition == "record"


def test_roles_that_cannot_be_listed_are_for_a_person() -> None:
    assert judged(RULE, signal(GRANT), {"": phi(VAULT, enableRbacAuthorization=True)}).disposition == "review"


def test_the_keys_are_named_each_with_the_version_that_was_within_reach() -> None:
    entry = {"objectId": "o-1", "permissions": {"keys": ["all"]}}
    uri = "https://clinic-kv.vault.azure.net/keys/exports"
    keys = (
        {"id": f"{VAULT}/keys/exports", "properties": {"keyUriWithVersion": f"{uri}/0123"}},
        {"id": f"{VAULT}/keys/empty", "properties": {}},
    )

    finding = judged(RULE, signal(GRANT), {"": phi(VAULT, accessPolicies=[entry]), "keys": keys})

    below = [target.text.removeprefix(VAULT) for target in finding.targets]
    assert below == ["", "/keys/exports", "/keys/empty", "/keys/exports/versions/0123"]
