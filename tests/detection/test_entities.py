"""Entities in both dialects, with references of every kind."""

import json

from detection.entities import Entities

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/phiscans"
SCANS = f"{ACCOUNT}/blobServices/default/containers/scans"


def test_a_blob_leads_to_its_container_and_account_by_forward_references() -> None:
    listed = [
        {"$id": "3", "Type": "blob", "Name": "a.dcm", "BlobContainer": {"$ref": "6"}},
        {"$ref": "6"},
        {"$id": "6", "Type": "blob-container", "Name": "scans", "StorageResource": {"$ref": "7"}},
        {"$id": "7", "Type": "azure-resource", "ResourceId": ACCOUNT},
    ]

    assert Entities(listed).resource_ids == (SCANS, ACCOUNT)


def test_repeated_ids_are_told_apart_by_kind() -> None:
    listed = [
        {"$id": "5", "Type": "ip", "Address": "203.0.113.9"},
        {"$id": "5", "Type": "azure-resource", "ResourceId": ACCOUNT},
        {"$id": "6", "Type": "blob-container", "Name": "scans", "StorageResource": {"$ref": "5"}},
    ]

    assert SCANS in Entities(listed).resource_ids


def test_an_entity_may_stand_inside_another() -> None:
    inner = {"$id": "9", "Type": "azure-resource", "ResourceId": ACCOUNT}
    listed = [{"$id": "8", "Type": "blob-container", "Name": "scans", "StorageResource": inner}]

    assert Entities(listed).resource_ids == (SCANS, ACCOUNT)


def test_entities_may_be_strings_of_json() -> None:
    assert Entities([json.dumps({"Type": "azure-resource", "ResourceId": ACCOUNT})]).resource_ids == (ACCOUNT,)


def test_a_machine_is_known_by_its_azure_id() -> None:
    assert Entities([{"Type": "host", "AzureID": ACCOUNT}]).resource_ids == (ACCOUNT,)


def test_addresses_that_are_none_are_passed_over() -> None:
    listed = [
        {"Type": "ip", "Location": {}},
        {"Type": "ip", "Address": "00.00.00.00"},
        {"kind": "Ip", "properties": {"address": "203.0.113.9"}},
    ]

    assert Entities(listed).ip == "203.0.113.9"


def test_an_account_is_named_by_its_principal_name_before_its_object_id() -> None:
    nil = "00000000-0000-0000-0000-000000000000"

    assert (
        Entities([{"Type": "account", "Name": "nurse", "UPNSuffix": "clinic.example"}]).actor == "nurse@clinic.example"
    )
    assert Entities([{"Type": "account", "AadUserId": "u-1"}]).actor == "u-1"
    assert Entities([{"Type": "account", "AadUserId": nil}]).actor is None


def test_what_is_no_entity_is_nothing() -> None:
    assert Entities([None, 7, "x", [], {"$ref": "1"}, {"Type": []}]).resource_ids == ()
