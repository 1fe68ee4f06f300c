"""Who holds what, and what of it a containment closes: the matrix of keys, signatures and tokens."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from drills.estate import Estate
from drills.estate.clinic import Account, Clinic
from drills.estate.thieves import Holding
from tests.drills.estate.conftest import Clock, Wire

SCAN = "phistore/scans/0001.dcm"
type Take = Callable[[Clinic], Holding]
type Contain = Callable[[Clinic, Account, Wire], Awaitable[None]]


def delegated(clinic: Clinic) -> Holding:
    return clinic.thief.with_user_delegation_sas("phistore", "scans", clinic.reader("phistore", name="nurse"))


def by_policy(clinic: Clinic) -> Holding:
    clinic.account("phistore").has_policy("scans", "link")
    return clinic.thief.with_service_sas("phistore", "scans", policy="link")


HELD: dict[str, Take] = {
    "key": lambda clinic: clinic.thief.with_key("phistore"),
    "account sas": lambda clinic: clinic.thief.with_account_sas("phistore"),
    "service sas": lambda clinic: clinic.thief.with_service_sas("phistore", "scans"),
    "policy sas": by_policy,
    "delegation sas": delegated,
    "token": lambda clinic: clinic.thief.with_token(clinic.reader("phistore")),
}
SIGNED = set(HELD) - {"token"}
BY_KEY = {"key", "account sas", "service sas", "policy sas"}


async def rotated(_: Clinic, account: Account, wire: Wire) -> None:
    await wire.ask("POST", f"{account.id}/regenerateKey", {"keyName": "key1"})


async def keyless(_: Clinic, account: Account, wire: Wire) -> None:
    await wire.ask("PATCH", account.id, {"properties": {"allowSharedKeyAccess": False}})


async def revoked(_: Clinic, account: Account, wire: Wire) -> None:
    await wire.ask("POST", f"{account.id}/revokeUserDelegationKeys")


async def without_policy(_: Clinic, account: Account, __: Wire) -> None:
    account.has_no_policies("scans")


async def without_role(clinic: Clinic, _: Account, wire: Wire) -> None:
    for one in clinic.estate.world.store.of_type("Microsoft.Authorization/roleAssignments"):
        assert (await wire.ask("DELETE", one["id"], version="2022-04-01"))[0] == 200


async def fenced(_: Clinic, account: Account, wire: Wire) -> None:
    await wire.ask("PATCH", account.id, {"properties": {"networkAcls": {"defaultAction": "Deny"}}})


CLOSES: dict[Contain, set[str]] = {
    rotated: BY_KEY,
    keyless: BY_KEY,
    revoked: {"delegation sas"},
    without_policy: {"policy sas"},
    without_role: {"delegation sas", "token"},
    fenced: set(HELD),
}


@pytest.mark.parametrize("kind", HELD)
@pytest.mark.parametrize("containment", CLOSES)
async def test_a_containment_closes_what_the_matrix_says_and_nothing_else(
    clinic: Clinic, wire: Wire, clock: Clock, kind: str, containment: Contain
) -> None:
    account = clinic.account("phistore")
    thief = HELD[kind](clinic)
    assert thief.reads(SCAN).size == 2048

    await containment(clinic, account, wire)

    assert not thief.reads(SCAN).is_refused, "the data plane obeys later than Resource Manager answers"
    clock.passes(seconds=1)
    assert thief.reads(SCAN).is_refused is (kind in CLOSES[containment])


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"allowSharedKeyAccess": False}, "KeyBasedAuthenticationNotPermitted"),
        ({"publicNetworkAccess": "Disabled"}, "AuthorizationFailure"),
    ],
)
async def test_the_refusal_says_what_refused(
    clinic: Clinic, wire: Wire, clock: Clock, properties: dict[str, object], code: str
) -> None:
    thief, account = clinic.thief.with_account_sas(clinic.account("phistore").name), clinic.account("phistore")

    await wire.ask("PATCH", account.id, {"properties": properties})
    clock.passes(seconds=1)

    assert thief.reads(SCAN).code == code


def test_a_rotated_key_signs_for_nobody_and_the_other_still_does(clinic: Clinic, clock: Clock) -> None:
    account = clinic.account("phistore")
    old, other = clinic.thief.with_key("phistore"), clinic.thief.with_key("phistore", "key2")

    account.rotates("key1")
    clock.passes(seconds=1)

    assert old.lists("phistore/scans").code == "AuthenticationFailed"
    assert not other.lists("phistore/scans").is_refused
    assert not clinic.thief.with_key("phistore").lists("phistore/scans").is_refused


def test_a_signature_ends_at_its_hour(clinic: Clinic, clock: Clock) -> None:
    clinic.account("phistore")
    thief = clinic.thief.with_service_sas("phistore", "scans", lasts=timedelta(minutes=5))
    assert not thief.reads(SCAN).is_refused

    clock.passes(minutes=6)

    assert thief.reads(SCAN).code == "AuthenticationFailed"


def test_a_signature_does_what_its_letters_say_where_it_was_made_for(clinic: Clinic) -> None:
    clinic.account("phistore", containers={"scans": 2, "letters": 1})
    reader = clinic.thief.with_service_sas("phistore", "scans", permission="r")
    single = clinic.thief.with_service_sas("phistore", "scans", "0001.dcm")

    assert reader.writes(SCAN).code == "AuthorizationPermissionMismatch"
    assert reader.lists("phistore/scans").code == "AuthorizationPermissionMismatch"
    assert reader.reads("phistore/letters/0001.dcm").code == "AuthenticationFailed"
    assert single.reads("phistore/scans/0002.dcm").code == "AuthenticationFailed"
    assert single.reads(SCAN).size == 2048


def test_a_forged_signature_is_no_signature(clinic: Clinic) -> None:
    clinic.account("phistore")
    thief = clinic.thief.with_account_sas("phistore")
    forged = clinic.thief.with_token_of_link(thief.link("").partition("?")[2].replace("sp=rwdlac", "sp=rwdlacu"))

    assert forged.reads(SCAN).code == "AuthenticationFailed"


def test_a_link_for_https_is_refused_over_http(clinic: Clinic) -> None:
    account = clinic.account("phistore")
    thief = clinic.thief.with_account_sas("phistore").through(protocol="HTTP")
    assert thief.reads(SCAN).code == "AccountRequiresHttps"

    clinic.attacks("PATCH", account.id, {"properties": {"supportsHttpsTrafficOnly": False}}, "2023-05-01")

    assert thief.reads(SCAN).code == "AuthorizationProtocolMismatch"
    assert not clinic.thief.with_service_sas("phistore", "scans").through(protocol="HTTP").reads(SCAN).is_refused


def test_an_old_tls_is_refused_where_the_account_asks_for_more(clinic: Clinic) -> None:
    clinic.account("phistore")

    assert clinic.thief.with_key("phistore").through(tls="TLS 1.0").reads(SCAN).code == "TlsVersionNotPermitted"


def test_control_over_everything_reaches_no_data_without_a_data_role(clinic: Clinic, estate: Estate) -> None:
    clinic.account("phistore")

    assert clinic.thief.with_token(estate.person("owner", "*")).reads(SCAN).code == "AuthorizationPermissionMismatch"


def test_a_policy_that_blocks_long_signatures_blocks_them(clinic: Clinic) -> None:
    account = clinic.account("phistore")
    policy = {"sasExpirationPeriod": "1.00:00:00", "expirationAction": "Block"}

    clinic.attacks("PATCH", account.id, {"properties": {"sasPolicy": policy}}, "2023-05-01")

    assert clinic.thief.with_account_sas("phistore").reads(SCAN).code == "AuthenticationFailed"
    assert not clinic.thief.with_account_sas("phistore", lasts=timedelta(hours=5)).reads(SCAN).is_refused


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_the_log_tells_who_signed_without_telling_the_secret(clinic: Clinic, estate: Estate, kind: str) -> None:
    clinic.account("phistore")
    thief = HELD[kind](clinic)
    estate.storage_log.clear()

    thief.reads(SCAN)

    (row,) = estate.storage_log
    secrets = [*(thief.shared_key or ()), (thief.query or {}).get("sig", "none")]
    assert row["AuthenticationType"] == ("AccountKey" if kind == "key" else "SAS")
    assert (row["OperationName"], row["StatusCode"], row["ResponseBodySize"]) == ("GetBlob", "200", 2048)
    assert not any(secret in str(row) for secret in secrets if secret != "phistore")
    assert row["AuthenticationHash"].startswith("key1(" if kind in BY_KEY else "SasSignature(")


async def test_keys_and_signatures_are_in_no_capture(clinic: Clinic, estate: Estate, wire: Wire) -> None:
    account = clinic.account("phistore")

    _, listed, _ = await wire.ask("POST", f"{account.id}/listKeys")
    _, rotated_keys, _ = await wire.ask("POST", f"{account.id}/regenerateKey", {"keyName": "key2"})

    for one in [*listed["keys"], *rotated_keys["keys"]]:
        assert one["value"] not in str(estate.exchanges)
        assert one["value"] not in str(estate.log.records)
