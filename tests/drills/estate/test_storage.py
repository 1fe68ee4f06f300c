import re

import pytest

from drills.estate import Estate
from drills.estate.clinic import GROUP, Clinic
from drills.estate.wire import Asked
from tests.drills.estate.conftest import Clock, Wire


async def test_a_flag_that_was_never_set_is_absent_and_means_allowed(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore").opens_to_anyone(flag=False)

    _, body, _ = await wire.ask("GET", account.id)

    assert "allowBlobPublicAccess" not in body["properties"]
    assert not clinic.stranger.lists("phistore/scans").is_refused


async def test_a_null_is_refused_so_that_an_absent_flag_cannot_be_restored(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")

    status, body, _ = await wire.ask("PATCH", account.id, {"properties": {"allowBlobPublicAccess": None}})

    assert (status, body["error"]["code"]) == (400, "InvalidRequestPropertyValue")


async def test_patch_merges_properties_and_replaces_network_rules_whole(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")
    rules = {"defaultAction": "Deny", "ipRules": [{"value": "198.51.100.0/24"}]}
    await wire.ask("PATCH", account.id, {"properties": {"networkAcls": rules}})

    await wire.ask("PATCH", account.id, {"properties": {"networkAcls": {"defaultAction": "Deny"}}})
    await wire.ask("PATCH", account.id, {"properties": {"allowSharedKeyAccess": False}})

    assert account.has("networkAcls") == {
        "bypass": "AzureServices",
        "virtualNetworkRules": [],
        "ipRules": [],
        "defaultAction": "Deny",
    }
    assert account.has("allowSharedKeyAccess") is False


@pytest.mark.parametrize("address", ["10.0.0.1", "198.51.100.0/31", "198.51.100.1/32", "nowhere"])
async def test_an_address_that_azure_refuses_is_refused(clinic: Clinic, wire: Wire, address: str) -> None:
    rules = {"defaultAction": "Deny", "ipRules": [{"value": address}]}

    status, _, _ = await wire.ask("PATCH", clinic.account("phistore").id, {"properties": {"networkAcls": rules}})

    assert status == 400


async def test_a_container_cannot_be_opened_on_an_account_that_forbids_it(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")
    await wire.ask("PATCH", account.id, {"properties": {"allowBlobPublicAccess": False}})

    status, body, _ = await wire.ask("PATCH", account.container("scans"), {"properties": {"publicAccess": "Blob"}})

    assert (status, body["error"]["code"]) == (409, "PublicAccessNotPermitted")


async def test_containers_come_in_pages_that_link_to_the_next(estate: Estate, clinic: Clinic, wire: Wire) -> None:
    estate.world.page_size = 2
    account = clinic.account("phistore", containers=dict.fromkeys("abcde", 0))
    names, page = [], f"{account.id}/blobServices/default/containers"

    while page:
        _, body, _ = await wire.ask("GET", page)
        names.append([one["name"] for one in body["value"]])
        page = body.get("nextLink")

    assert names == [["a", "b"], ["c", "d"], ["e"]]


async def test_what_is_not_there_is_refused_in_the_words_of_its_service(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")

    _, missing, _ = await wire.ask("GET", account.id + "x")
    _, homeless, _ = await wire.ask("GET", account.id.replace("/clinic/", "/nowhere/"))
    _, container, _ = await wire.ask("GET", account.container("nothing"))

    assert missing["error"]["code"] == "ResourceNotFound"
    assert homeless["error"]["code"] == "ResourceGroupNotFound"
    assert container["error"]["code"] == "ContainerNotFound"


async def test_ids_are_found_in_any_case_and_answered_in_their_own(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")

    status, body, _ = await wire.ask("GET", account.id.upper().replace("PHISTORE", "PhiStore"))

    assert (status, body["id"]) == (200, account.id)


async def test_a_new_account_needs_sku_kind_and_location(wire: Wire) -> None:
    path = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/fresh"
    whole = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "eastus2"}

    refused, _, _ = await wire.ask("PUT", path, {"kind": "StorageV2"})
    made, body, _ = await wire.ask("PUT", path, whole)

    assert (refused, made, body["name"]) == (400, 200, "fresh")


async def test_strangers_are_served_until_the_write_reaches_the_data_plane(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    await wire.ask("PATCH", account.id, {"properties": {"allowBlobPublicAccess": False}})

    assert not clinic.stranger.reads("phistore/scans/0001.dcm").is_refused
    clock.passes(milliseconds=300)
    assert clinic.stranger.reads("phistore/scans/0001.dcm").code == "PublicAccessNotPermitted"
    assert [row["ObjectKey"] for row in estate.storage_log] == ["/phistore/scans/0001.dcm"]
    assert estate.objects_served == 1


async def test_a_deleted_account_serves_nobody_and_is_not_found(clinic: Clinic, wire: Wire, clock: Clock) -> None:
    account = clinic.account("phistore").opens_to_anyone()

    gone, again = [(await wire.ask("DELETE", account.id))[0] for _ in range(2)]
    clock.passes(seconds=1)

    assert (gone, again) == (200, 204)
    assert (await wire.ask("GET", account.id))[0] == 404
    assert clinic.stranger.reads("phistore/scans/0001.dcm").status == 404


async def test_a_blob_level_container_serves_blobs_and_hides_its_list(clinic: Clinic) -> None:
    clinic.account("phistore").opens_to_anyone(level="Blob")

    assert not clinic.stranger.reads("phistore/scans/0001.dcm").is_refused
    assert clinic.stranger.lists("phistore/scans").code == "ResourceNotFound"
    assert clinic.stranger.reads("phistore/scans/none.dcm").code == "BlobNotFound"


async def test_a_list_comes_in_pages_of_the_size_that_was_asked_for(clinic: Clinic, estate: Estate) -> None:
    clinic.account("phistore", containers={"scans": 5}).opens_to_anyone()
    query = {"restype": "container", "comp": "list", "maxresults": "2", "marker": "0002.dcm"}

    listed = estate.blobs.answer(Asked(method="GET", path="/blob/phistore/scans", query=query)).body

    assert re.findall(r"<Name>(.*?)</Name>", listed) == ["0002.dcm", "0003.dcm"]
    assert "<NextMarker>0004.dcm</NextMarker>" in listed


async def test_a_private_container_is_hidden_from_strangers(clinic: Clinic) -> None:
    clinic.account("phistore")

    assert clinic.stranger.lists("phistore/scans").code == "ResourceNotFound"
    assert clinic.stranger.lists("nobody/scans").code == "ResourceNotFound"


@pytest.mark.parametrize(
    "closing", [{"publicNetworkAccess": "Disabled"}, {"networkAcls": {"defaultAction": "Deny", "ipRules": []}}]
)
async def test_a_closed_network_refuses_before_anything_else(
    clinic: Clinic, wire: Wire, clock: Clock, closing: dict[str, object]
) -> None:
    account = clinic.account("phistore").opens_to_anyone()

    await wire.ask("PATCH", account.id, {"properties": closing})
    clock.passes(seconds=1)

    assert clinic.stranger.lists("phistore/scans").code == "AuthorizationFailure"


async def test_an_address_that_the_rules_name_is_let_in(clinic: Clinic, wire: Wire, clock: Clock) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    rules = {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.66"}]}

    await wire.ask("PATCH", account.id, {"properties": {"networkAcls": rules}})
    clock.passes(seconds=1)

    assert not clinic.stranger.lists("phistore/scans").is_refused


async def test_undoing_by_the_meaning_of_an_absent_flag_brings_the_same_configuration_back(
    clinic: Clinic, wire: Wire, estate: Estate
) -> None:
    account = clinic.account("phistore").opens_to_anyone(flag=False)

    await wire.ask("PATCH", account.id, {"properties": {"allowBlobPublicAccess": False}})
    assert estate.snapshot() != clinic.before
    await wire.ask("PATCH", account.id, {"properties": {"allowBlobPublicAccess": True}})

    assert estate.snapshot() == clinic.before
