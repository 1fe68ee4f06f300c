"""Event Grid in both schemas: handshake, resource events, notifications, storage, vaults, policy, and oddities."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from detection.item import Unreadable
from detection.readers import read
from incident.signal import Signal, Standing
from tests.detection.readers.reading import RECEIVED, parked, signal

SUBSCRIPTION = "/subscriptions/6c1f4b1e-0000-4000-8000-00000000c11c"
GROUP = f"{SUBSCRIPTION}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phiscans"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/clinic-kv"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
REQUEST = "11111111-2222-4333-8444-555555555555"


def written(**data: Any) -> dict[str, Any]:
    return {
        "authorization": {
            "scope": ACCOUNT,
            "action": "Microsoft.Storage/storageAccounts/write",
            "evidence": {"role": "Owner"},
        },
        "claims": {
            UPN: "temp.nurse@clinic.example",
            OID: "0b1d",
            "appid": "c44b",
            "aio": "AVQAq/8TAAAA",
            "uti": "IdP3SU",
            "ipaddr": "203.0.113.9",
        },
        "correlationId": "99999999-8888-4777-8666-555555555555",
        "httpRequest": {"clientRequestId": REQUEST, "clientIpAddress": "203.0.113.9", "method": "PATCH"},
        "resourceUri": ACCOUNT,
        "operationName": "Microsoft.Storage/storageAccounts/write",
        "status": "Succeeded",
    } | data


def grid(event_type: str = "Microsoft.Resources.ResourceWriteSuccess", **fields: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "topic": SUBSCRIPTION,
        "subject": ACCOUNT,
        "eventType": event_type,
        "eventTime": "2026-03-02T09:00:00.1234567Z",
        "data": written(),
        "dataVersion": "2",
        "metadataVersion": "1",
    } | fields


def cloud(event_type: str = "Microsoft.Resources.ResourceWriteSuccess", **fields: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": SUBSCRIPTION,
        "subject": ACCOUNT,
        "type": event_type,
        "time": "2026-03-02T09:00:00.1234567Z",
        "data": written(),
    } | fields


@pytest.mark.parametrize(("event", "kind"), [(grid(), "eventgrid-arm"), (cloud(), "cloudevents-arm")])
def test_a_write_is_read_alike_in_both_schemas(event: Any, kind: Any) -> None:
    found = signal(event)

    assert found.kind == kind
    assert found.operation == "Microsoft.Storage/storageAccounts/write"
    assert [str(each) for each in found.resources] == [ACCOUNT]
    assert found.occurred_at == datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
    assert found.correlation_id == "99999999-8888-4777-8666-555555555555"
    assert found.request_id == REQUEST
    assert found.actor == "temp.nurse@clinic.example"
    assert found.hints["actor_app_id"] == "c44b"
    assert found.ip == "203.0.113.9"


def test_the_claims_that_could_be_replayed_are_gone() -> None:
    found = signal(grid())

    assert "AVQAq" not in repr(found)
    assert found.body["data"]["claims"]["uti"] == "[redacted]"
    assert found.body["data"]["authorization"]["evidence"]["role"] == "Owner"


@pytest.mark.parametrize("ending", ["Failure", "Cancel"])
def test_what_did_not_succeed_changed_nothing(ending: Any) -> None:
    assert signal(grid(f"Microsoft.Resources.ResourceWrite{ending}")).standing is Standing.FAILED


def test_a_minimal_event_names_its_operation_by_its_type() -> None:
    found = signal(grid("Microsoft.Resources.ResourceDeleteSuccess", data={"resourceUri": ACCOUNT.upper()}))

    assert found.operation == "Microsoft.Storage/storageAccounts/delete"
    assert str(found.resources[0]) == ACCOUNT.upper()


def test_the_claims_may_be_a_string() -> None:
    found = signal(grid(data=written(claims=json.dumps({UPN: "temp.nurse@clinic.example", "aio": "AVQAq/8TAAAA"}))))

    assert found.actor == "temp.nurse@clinic.example"
    assert "AVQAq" not in repr(found)


@pytest.mark.parametrize("data", [None, "words", ["ConfusedDev", 123, True], 7, {"deep": [{}]}])
def test_odd_data_costs_nothing_but_what_it_would_have_said(data: Any) -> None:
    found = signal(grid(data=data))

    assert str(found.resources[0]) == ACCOUNT
    assert found.operation == "Microsoft.Storage/storageAccounts/write"


def test_binary_data_of_a_cloud_event_is_decoded() -> None:
    event = cloud(data_base64=base64.b64encode(json.dumps(written()).encode()).decode())
    del event["data"]

    assert signal(event).request_id == REQUEST


def test_two_events_that_share_an_id_stay_two() -> None:
    found = read([grid(subject=ACCOUNT), grid(subject=VAULT, data=None)], received_at=RECEIVED)

    assert [each.id for each in found if isinstance(each, Signal)] == ["e-1", "e-1"]
    assert len({each.key for each in found if isinstance(each, Signal)}) == 2


def test_one_bad_event_never_loses_the_others() -> None:
    found = read([grid(), 17, {"neither": "nor"}, cloud()], received_at=RECEIVED, source="eventgrid")

    assert [type(each) for each in found] == [Signal, Unreadable, Unreadable, Signal]
    assert isinstance(found[1], Unreadable)
    assert (found[1].original, found[1].source) == (b"17", "eventgrid")


def test_a_dead_letter_is_the_event_that_died() -> None:
    dead = grid() | {
        "deadLetterReason": "MaxDeliveryAttemptsExceeded",
        "deliveryAttempts": 30,
        "publishTime": "2026-03-02T09:00:01Z",
    }

    assert signal(dead).key == signal(grid()).key


def test_a_queue_body_is_base64_of_the_event() -> None:
    assert signal(base64.b64encode(json.dumps(grid()).encode())).key == signal(grid()).key


def test_a_trailing_comma_is_parked_and_kept() -> None:
    found = parked(b'{"eventType": "x",}')

    assert found.reason.startswith("not JSON")
    assert found.original == b'{"eventType": "x",}'


def test_cloud_events_of_an_older_version_are_refused_in_words() -> None:
    found = parked({"cloudEventsVersion": "0.1", "eventID": "1", "eventType": "t", "source": "s"})

    assert found.reason == "CloudEvents 0.1 is not read here: configure the sender for 1.0"


def test_the_handshake_is_known_and_its_code_is_handed_on() -> None:
    code = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"
    asked = grid(
        "Microsoft.EventGrid.SubscriptionValidationEvent",
        subject="",
        data={"validationCode": code, "validationUrl": "https://rp.example"},
    )

    found = signal([asked])

    assert found.kind == "eventgrid-validation"
    assert found.hints["validation_code"] == code


def test_a_notification_says_the_state_it_claims() -> None:
    properties = {"allowBlobPublicAccess": 1, "allowSharedKeyAccess": 0, "networkAcls": {"defaultAction": "Allow"}}
    data = {
        "resourceInfo": {"id": f" {ACCOUNT} ", "properties": properties},
        "operationalInfo": {"resourceEventTime": "2026-03-02T08:59:00Z"},
    }

    found = signal(grid("Microsoft.ResourceNotifications.Resources.CreatedOrUpdated", data=data))

    assert found.hints["allow_blob_public_access"] == "true"
    assert found.hints["allow_shared_key_access"] == "false"
    assert found.hints["network_default_action"] == "Allow"
    assert found.occurred_at == datetime(2026, 3, 2, 8, 59, tzinfo=UTC)
    assert str(found.resources[0]) == ACCOUNT


def test_a_blob_event_names_its_container_and_account_but_no_object() -> None:
    name = "doe-jane-1961-mri.dcm"
    data = {"api": "PutBlob", "clientRequestId": "c", "url": f"https://phiscans.blob.core.windows.net/scans/{name}"}
    event = grid(
        "Microsoft.Storage.BlobCreated",
        topic=ACCOUNT,
        subject=f"/blobServices/default/containers/scans/blobs/{name}",
        data=data,
    )

    found = signal(event)

    assert [str(each) for each in found.resources] == [f"{ACCOUNT}/blobServices/default/containers/scans", ACCOUNT]
    assert name not in repr(found)
    assert found.hints["client_request_id"] == "c"


def test_a_vault_is_the_topic_and_names_with_a_space_are_found() -> None:
    event = cloud(
        "Microsoft.KeyVault.SecretNewVersionCreated",
        source=VAULT,
        subject="s",
        data={"ObjectName ": "s", "VaultName": "clinic-kv", "NBF": 1559081980},
    )

    found = signal(event)

    assert str(found.resources[0]) == VAULT
    assert found.hints["object_name"] == "s"


def test_changed_access_policies_are_an_operation_of_the_vault() -> None:
    found = signal(grid("Microsoft.KeyVault.VaultAccessPolicyChanged", topic=VAULT, subject="clinic-kv", data={}))

    assert found.operation == "Microsoft.KeyVault/vaults/accessPolicies/write"


@pytest.mark.parametrize(("state", "standing"), [("NonCompliant", Standing.OPEN), ("Compliant", Standing.ENDED)])
def test_compliance_is_ordered_by_its_own_timestamp(state: Any, standing: Any) -> None:
    data = {"timestamp": "2026-03-02T08:00:00Z", "complianceState": state, "policyAssignmentId": "/a"}

    found = signal(grid("Microsoft.PolicyInsights.PolicyStateChanged", data=data))

    assert found.standing is standing
    assert found.occurred_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_an_unknown_event_is_a_signal_and_no_error() -> None:
    found = signal(grid("captureFileCreated", subject="eventhubs/test", topic=VAULT))

    assert found.kind == "eventgrid-other"
    assert str(found.resources[0]) == VAULT
