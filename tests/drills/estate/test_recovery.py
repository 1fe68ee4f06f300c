"""What attackers do to objects, and what stands in their way."""

from typing import Any

import pytest

from drills.estate import Estate
from drills.estate.clinic import GROUP, Clinic
from drills.estate.instances import VERSION
from drills.estate.origins import Origin
from drills.estate.settable import resource
from drills.estate.thieves import Holding
from tests.drills.estate.conftest import Clock, Wire

SCAN = "phistore/scans/0001.dcm"


@pytest.fixture
def ransomer(clinic: Clinic) -> Holding:
    clinic.account("phistore", containers={"scans": 3, "letters": 1})
    return clinic.thief.with_key("phistore")


def test_what_is_overwritten_without_soft_delete_is_lost(clinic: Clinic, ransomer: Holding) -> None:
    ransomer.writes(SCAN)
    ransomer.deletes("phistore/scans/0002.dcm")

    account = clinic.account("phistore")
    assert (account.holds(), account.lost()) == (2, 2)
    assert ransomer.reads(SCAN).size == len(b"encrypted")


async def test_soft_delete_keeps_what_is_deleted_for_its_days(
    clinic: Clinic, ransomer: Holding, wire: Wire, clock: Clock
) -> None:
    account = clinic.account("phistore")
    kept = {"deleteRetentionPolicy": {"enabled": True, "days": 7}}
    await wire.ask("PUT", f"{account.id}/blobServices/default", {"properties": kept})
    clock.passes(seconds=1)

    ransomer.deletes(SCAN)
    assert (ransomer.reads(SCAN).code, account.lost()) == ("BlobNotFound", 0)
    assert not ransomer.asks("PUT", SCAN, {"comp": "undelete"}).is_refused
    assert ransomer.reads(SCAN).size == 2048
    ransomer.deletes(SCAN)
    clock.passes(days=8)

    assert account.lost() == 1


async def test_a_put_of_the_blob_service_replaces_it_whole(clinic: Clinic, ransomer: Holding, wire: Wire) -> None:
    path = f"{clinic.account('phistore').id}/blobServices/default"
    await wire.ask("PUT", path, {"properties": {"isVersioningEnabled": True}})

    await wire.ask("PUT", path, {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 7}}})

    assert "isVersioningEnabled" not in (await wire.ask("GET", path))[1]["properties"]
    assert not ransomer.writes(SCAN).is_refused


async def test_a_legal_hold_stops_overwriting_and_deleting_and_nothing_else(
    clinic: Clinic, ransomer: Holding, wire: Wire, clock: Clock, estate: Estate
) -> None:
    container = clinic.account("phistore").container("scans")
    await wire.ask("POST", f"{container}/setLegalHold", {"tags": ["HIR1", "other"]})
    clock.passes(seconds=1)

    assert ransomer.writes(SCAN).code == ransomer.deletes(SCAN).code == "BlobImmutableDueToLegalHold"
    assert not ransomer.writes("phistore/scans/new.dcm").is_refused
    assert not ransomer.deletes("phistore/letters/0001.dcm").is_refused
    account = await wire.ask("DELETE", clinic.account("phistore").id)
    assert (account[0], account[1]["error"]["code"]) == (409, "AccountProtectedFromDeletion")
    await wire.ask("POST", f"{container}/clearLegalHold", {"tags": ["hir1", "other"]})
    assert estate.snapshot() == clinic.before


@pytest.mark.parametrize("tags", [[], ["hir-1"], ["ab"], ["x" * 24], [f"tag{n:02d}" for n in range(11)]])
async def test_a_hold_takes_what_azure_takes_as_tags(clinic: Clinic, wire: Wire, tags: list[str]) -> None:
    container = clinic.account("phistore").container("scans")

    status, body, _ = await wire.ask("POST", f"{container}/setLegalHold", {"tags": tags})

    assert (status, body["error"]["code"]) == (400, "InvalidRequestPropertyValue")


async def test_a_hold_on_a_container_is_refused_where_versions_are_held(clinic: Clinic, wire: Wire) -> None:
    container = clinic.account("phistore").container("worm")
    await wire.ask("PUT", container, {"properties": {"immutableStorageWithVersioning": {"enabled": True}}})

    assert (await wire.ask("POST", f"{container}/setLegalHold", {"tags": ["hir1"]}))[0] == 409


async def test_an_immutability_policy_protects_for_its_period_and_goes_by_its_etag(
    clinic: Clinic, ransomer: Holding, wire: Wire, clock: Clock
) -> None:
    policy = f"{clinic.account('phistore').container('scans')}/immutabilityPolicies/default"
    body = {"properties": {"immutabilityPeriodSinceCreationInDays": 400}}
    _, made, _ = await wire.ask("PUT", policy, body)
    clock.passes(seconds=1)
    assert ransomer.deletes(SCAN).code == "BlobImmutableDueToPolicy"

    assert (await wire.ask("DELETE", policy))[0] == 400
    assert (await wire.ask("DELETE", policy, If_Match='"0x0"'))[0] == 412
    assert (await wire.ask("DELETE", policy, If_Match=made["etag"]))[0] == 200
    clock.passes(seconds=1)

    assert not ransomer.deletes(SCAN).is_refused


def test_a_lifecycle_policy_deletes_when_it_runs(clinic: Clinic, ransomer: Holding, estate: Estate) -> None:
    account = clinic.account("phistore").lifecycle_deletes(after_days=1)
    ransomer.writes("phistore/scans/fresh.dcm")
    assert account.holds() == 4

    assert estate.lifecycle_runs() == 4

    assert (account.holds(), account.lost()) == (1, 3)
    assert estate.storage_log[-1]["UserAgentHeader"].startswith("ObjectLifeCycleScanner")


async def test_a_lifecycle_policy_that_is_gone_deletes_nothing(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    account = clinic.account("phistore").lifecycle_deletes()

    await wire.ask("DELETE", f"{account.id}/managementPolicies/default")
    clock.passes(seconds=1)

    assert estate.lifecycle_runs() == 0
    assert (await wire.ask("GET", f"{account.id}/managementPolicies/default"))[0] == 404


async def test_replication_carries_objects_into_another_tenant_until_its_policy_goes(
    clinic: Clinic, ransomer: Holding, wire: Wire, clock: Clock
) -> None:
    source, target = clinic.account("phistore"), clinic.foreign_account()
    source.replicates_to(target)
    ransomer.writes("phistore/scans/0004.dcm")
    assert target.holds() == 4
    (policy,) = (await wire.ask("GET", f"{source.id}/objectReplicationPolicies"))[1]["value"]
    flag = {"properties": {"allowCrossTenantReplication": False}}

    assert (await wire.ask("PATCH", source.id, flag))[0] == 409
    assert (await wire.ask("DELETE", policy["id"]))[0] == 200
    clock.passes(seconds=1)
    ransomer.writes("phistore/scans/0005.dcm")

    assert target.holds() == 4
    assert (await wire.ask("PATCH", source.id, flag))[0] == 200
    again = await wire.ask("PUT", policy["id"], {"properties": policy["properties"]})
    assert again[0] == 400


def test_a_copy_takes_an_object_into_another_account_as_long_as_its_link_is_good(
    clinic: Clinic, ransomer: Holding, estate: Estate
) -> None:
    target = clinic.foreign_account()
    link, theirs = clinic.thief.with_service_sas("phistore", "scans"), clinic.thief.with_key("elsewhere")

    assert not theirs.copies(SCAN, "elsewhere/scans/loot.dcm", link).is_refused
    assert target.holds() == 1
    assert [row["OperationName"] for row in estate.storage_log] == ["CopyBlobSource"]
    clinic.account("phistore").rotates("key1")

    assert theirs.copies(SCAN, "elsewhere/scans/more.dcm", link).code == "CannotVerifyCopySource"
    assert ransomer.reads(SCAN).is_refused


def test_a_private_endpoint_reaches_a_closed_account_until_it_is_rejected(clinic: Clinic) -> None:
    account = clinic.account("phistore")
    endpoint = account.private_endpoint()
    clinic.attacks("PATCH", account.id, {"properties": {"publicNetworkAccess": "Disabled"}}, "2023-05-01")
    inside = clinic.thief.with_key("phistore").through(endpoint=endpoint)
    assert not inside.reads(SCAN).is_refused
    assert clinic.thief.with_key("phistore").reads(SCAN).code == "AuthorizationFailure"

    state = {"privateLinkServiceConnectionState": {"status": "Rejected", "description": None}}
    clinic.attacks("PUT", endpoint, {"properties": state}, "2023-05-01")

    assert inside.reads(SCAN).code == "AuthorizationFailure"


@pytest.mark.parametrize(
    ("origin", "rules", "enters"),
    [
        ({"subnet": "phi"}, {"virtualNetworkRules": [{"id": "phi"}]}, True),
        ({"subnet": "phi"}, {}, False),
        ({"resource": "/subscriptions/x/resourceGroups/g/providers/Microsoft.Synapse/workspaces/w"}, {}, False),
        ({"resource": "/subscriptions/x/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v"}, {}, True),
        (
            {"resource": "/subscriptions/x/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v"},
            {"bypass": "None"},
            False,
        ),
        ({"caller": "198.51.100.77"}, {"ipRules": [{"value": "198.51.100.0/24"}]}, True),
    ],
)
def test_a_closed_network_lets_in_whom_its_rules_name(
    clinic: Clinic, origin: dict[str, str], rules: dict[str, Any], enters: bool
) -> None:
    account, subnet = clinic.account("phistore"), clinic.subnet("phi").id
    named = [{"id": subnet}] if "virtualNetworkRules" in rules else []
    acls = {"defaultAction": "Deny"} | rules | {"virtualNetworkRules": named}
    clinic.attacks("PATCH", account.id, {"properties": {"networkAcls": acls}}, "2023-05-01")
    came = Origin(**({"subnet": subnet} if "subnet" in origin else origin))

    thief = Holding(clinic.estate, came, shared_key=clinic.thief.with_key("phistore").shared_key)

    assert thief.reads(SCAN).is_refused is not enters


def test_local_users_come_in_whatever_becomes_of_keys_until_they_are_switched_off(clinic: Clinic) -> None:
    account = clinic.account("phistore").local_user()
    courier = clinic.thief.with_local_user("phistore", "courier")
    account.rotates("key1")
    clinic.attacks("PATCH", account.id, {"properties": {"allowSharedKeyAccess": False}}, "2023-05-01")
    assert not courier.reads(SCAN).is_refused

    clinic.attacks("PATCH", account.id, {"properties": {"isLocalUserEnabled": False}}, "2023-05-01")

    assert courier.reads(SCAN).code == "AuthenticationFailed"


async def test_changes_of_a_backup_vault_at_once_are_both_in_force_when_they_have_ended(
    estate: Estate, wire: Wire, clock: Clock
) -> None:
    vault = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/weekly"
    estate.world.store.seed(resource(vault))
    sent = ("immutabilitySettings", "softDeleteSettings")
    for name in sent:
        body = {"properties": {"securitySettings": {name: {"state": "On"}}}}
        assert (await wire.ask("PATCH", vault, body, version=VERSION))[0] == 202
    clock.passes(minutes=1)

    settings = (await wire.ask("GET", vault, version=VERSION))[1]["properties"]["securitySettings"]
    assert [settings[name] for name in sent] == [{"state": "On"}] * 2
