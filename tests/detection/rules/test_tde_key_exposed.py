import pytest

from detection.played import signal
from detection.rules.tde_key_exposed import FIREWALL, RULE
from detection.specimens import PROVIDERS, operated, phi
from tests.detection.rules.azure import judged

SERVER = f"{PROVIDERS}/Microsoft.Sql/servers/ehr"
VAULT = f"{PROVIDERS}/Microsoft.KeyVault/vaults/clinic-kv"
OPENED = operated("Microsoft.Sql/servers/firewallRules/write", f"{SERVER}/firewallRules/x")


def firewall(first: str, last: str) -> tuple[dict[str, object], ...]:
    ends = {"startIpAddress": first, "endIpAddress": last}
    return ({"id": f"{SERVER}/firewallRules/x", "properties": ends},)


@pytest.mark.parametrize(
    ("first", "last", "disposition"),
    [
        ("0.0.0.0", "255.255.255.255", "contain"),  # noqa: S104 - a firewall range
        ("0.0.0.0", "0.0.0.0", "record"),  # noqa: S104 - what Azure writes for its own services
        ("203.0.113.0", "203.0.113.255", "record"),
    ],
)
def test_only_a_rule_for_the_whole_internet_is_an_exposure(first: str, last: str, disposition: str) -> None:
    found = judged(RULE, signal(OPENED), {"": phi(SERVER), FIREWALL: firewall(first, last)})

    assert found.disposition == disposition


def test_a_server_without_a_public_door_is_not_exposed_by_its_firewall() -> None:
    state = {"": phi(SERVER, publicNetworkAccess="Disabled"), FIREWALL: firewall("0.0.0.0", "255.255.255.255")}  # noqa: S104 - a firewall range

    assert judged(RULE, signal(OPENED), state).disposition == "record"


def test_a_firewall_that_cannot_be_listed_is_for_a_person() -> None:
    assert judged(RULE, signal(OPENED), {"": phi(SERVER)}).disposition == "review"


@pytest.mark.parametrize(("operation", "disposition"), [("KeyGet", "record"), ("KeyPurge", "review")])
def test_a_key_that_is_read_is_everyday_and_one_that_is_purged_is_not(operation: str, disposition: str) -> None:
    about = {"source": "keyvault", "operation": operation, "resources": (f"{VAULT}/keys/tde", VAULT)}

    assert judged(RULE, signal(about), {"": phi(VAULT)}).disposition == disposition


def test_a_vault_that_can_be_purged_is_for_a_person_where_no_server_could_be_listed() -> None:
    written = signal(operated("Microsoft.KeyVault/vaults/write", VAULT))

    assert judged(RULE, written, {"": phi(VAULT)}).disposition == "review"
    assert judged(RULE, written, {"": phi(VAULT, enablePurgeProtection=True)}).disposition == "record"
