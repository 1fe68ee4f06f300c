from dataclasses import replace
from typing import Any

import pytest

from detection.facts import Facts
from detection.played import signal
from detection.rules.no_managed_identity import RULE
from detection.specimens import PROVIDERS, operated, phi
from incident.application import Application
from tests.detection.rules.azure import POLICY, judged

SITE = f"{PROVIDERS}/Microsoft.Web/sites/intake"
STORES = f"{PROVIDERS}/Microsoft.Storage/storageAccounts"
WRITE = signal(operated("Microsoft.Web/sites/config/write", f"{SITE}/config/web"))


@pytest.mark.parametrize("identity", [None, {}, {"type": "None"}, {"type": None}])
def test_every_way_to_have_no_identity_counts(identity: Any) -> None:
    state = {"": phi(SITE) | {"kind": "FunctionApp", "identity": identity}}

    finding = judged(RULE, WRITE, state)

    assert (finding.disposition, finding.exposed) == ("contain", True)
    assert [target.text for target in finding.targets] == [SITE]


@pytest.mark.parametrize("kind", ["UserAssigned", "SystemAssigned, UserAssigned"])
def test_every_kind_of_identity_is_one(kind: str) -> None:
    assert judged(RULE, WRITE, {"": phi(SITE) | {"kind": "functionapp", "identity": {"type": kind}}}).exposed is False


def test_no_read_asks_for_settings_which_are_secrets() -> None:
    assert {str(read) for read in RULE.reads(WRITE, Facts())} == {SITE}


def flex(how: str) -> dict[str, Any]:
    """The app, whose package lies in the account `packages`."""
    storage = {"value": "https://packages.blob.core.windows.net/app", "authentication": {"type": how}}
    return phi(SITE, functionAppConfig={"deployment": {"storage": storage}}) | {"kind": "functionapp,linux"}


@pytest.mark.parametrize(
    ("how", "names"),
    [
        ("StorageAccountConnectionString", ["intake", "packages"]),
        ("UserAssignedIdentity", ["intake"]),
    ],
)
def test_the_account_of_the_package_is_cut_off_too_where_a_connection_string_opens_it(
    how: str, names: list[str]
) -> None:
    finding = judged(RULE, WRITE, {"": flex(how)})

    assert [target.name for target in finding.targets] == names
    assert all(target.group == finding.targets[0].group for target in finding.targets)


def test_the_policy_names_the_storage_that_an_apps_secrets_open() -> None:
    known = Application.of({"resource": SITE.upper(), "stores": [f"{STORES}/records"]})
    state = {"": phi(SITE) | {"kind": "functionapp"}}

    finding = judged(RULE, WRITE, state, replace(POLICY, applications=(known,)))

    assert [target.name for target in finding.targets] == ["intake", "records"]
    assert finding.reason.endswith("they open records")
