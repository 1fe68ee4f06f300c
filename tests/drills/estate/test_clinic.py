import pytest

from drills.estate import Estate
from drills.estate.clinic import Clinic


def test_what_is_set_up_has_always_been_so(clinic: Clinic, estate: Estate) -> None:
    account = clinic.account("phistore")

    assert estate.effective(account.id)["tags"] == {"data-classification": "phi"}
    assert estate.log.records == []
    assert clinic.before == estate.snapshot()


def test_the_same_name_is_the_same_account(clinic: Clinic) -> None:
    clinic.account("phistore", containers={"scans": 1}).opens_to_anyone()

    assert clinic.account("phistore").has("allowBlobPublicAccess") is True


def test_an_attack_leaves_its_trace_under_the_attackers_name(clinic: Clinic, estate: Estate) -> None:
    clinic.account("phistore").opens_to_anyone()

    assert {record["caller"] for record in estate.log.records} == {"attacker@clinic.example"}


def test_an_attack_that_is_refused_is_an_error(clinic: Clinic) -> None:
    account = clinic.account("phistore")
    clinic.attacks("PATCH", account.id, {"properties": {"allowBlobPublicAccess": False}}, "2023-05-01")

    with pytest.raises(AssertionError, match="PublicAccessNotPermitted"):
        account.opens_to_anyone(flag=False)


def test_subnets_get_machines_that_reach_out_as_the_rules_say(clinic: Clinic) -> None:
    phi = clinic.subnet("phi").denies_egress(priority=4000)
    assert not clinic.vm("pacs").reaches("203.0.113.9:443")

    phi.opens_egress("leak", priority=300, destination="203.0.113.0/24")

    assert clinic.vm("pacs").reaches("203.0.113.9:443")
    assert not clinic.vm("pacs").reaches("198.51.100.9:443")


def test_two_subnets_have_addresses_and_groups_of_their_own(clinic: Clinic, estate: Estate) -> None:
    phi, guests = clinic.subnet("phi"), clinic.subnet("guests", tags={})

    assert phi.nsg != guests.nsg
    prefixes = {estate.effective(one.id)["properties"]["addressPrefix"] for one in (phi, guests)}
    assert prefixes == {"10.20.1.0/24", "10.20.2.0/24"}


def test_effective_configuration_is_asked_for_what_exists(estate: Estate) -> None:
    with pytest.raises(KeyError):
        estate.effective("/subscriptions/none")


def test_alerts_are_no_configuration(clinic: Clinic, estate: Estate) -> None:
    account = clinic.account("phistore")

    clinic.alert(account.id)
    clinic.incident("public container", account.id)

    assert estate.snapshot() == clinic.before
