"""The incident of Microsoft Sentinel, as it is posted and as people wrap it."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from incident.signal import Severity, Standing
from tests.detection.readers.reading import signal

SUBSCRIPTION = "/subscriptions/6c1f4b1e-0000-4000-8000-00000000c11c"
ACCOUNT = f"{SUBSCRIPTION}/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/phiscans"
CASE = "0f0e2f6a-3b0a-4f61-9a3b-31f0a0b6f001"
ALERT = "b6e0a6e8-52a5-4e35-9d0e-6f1c1f5c0001"
DEFENDER = "2517536653831539999_658fa695-a5e6-4b60-ac7c-b2c1396df384"


def incident(**properties: Any) -> dict[str, Any]:
    about = {
        "title": "Scans opened to anyone",
        "severity": "High",
        "status": "New",
        "owner": {"objectId": None, "email": "null", "assignedTo": None, "userPrincipalName": "null"},
        "labels": [],
        "firstActivityTimeUtc": "2026-03-02T08:58:12.1234567Z",
        "createdTimeUtc": "2026-03-02T09:20:00Z",
        "incidentNumber": 71,
        "additionalData": {"alertsCount": 1, "alertProductNames": ["Azure Sentinel"], "tactics": ["Exfiltration"]},
        "relatedAnalyticRuleIds": [f"{SUBSCRIPTION}/providers/x/alertRules/494bfb7c-e436-483d-800d-8385068c2e49"],
        "alerts": [alert()],
        "relatedEntities": entities(),
    } | properties
    case = {
        "id": f"{SUBSCRIPTION}/providers/Microsoft.SecurityInsights/Incidents/{CASE}",
        "name": CASE,
        "etag": '"0b00"',
        "type": "Microsoft.SecurityInsights/Incidents",
        "properties": about,
    }
    return {"objectSchemaType": "Incident", "objectEventType": "Create", "workspaceId": "w", "object": case}


def alert(**properties: Any) -> dict[str, Any]:
    about = {
        "systemAlertId": ALERT,
        "alertDisplayName": "Access from an unusual location",
        "severity": "Low",
        "alertType": "Storage.Blob_GeoAnomaly",
        "providerAlertId": DEFENDER,
        "resourceIdentifiers": [{"type": "LogAnalytics", "workspaceId": "w"}],
        "additionalData": {
            "Query": "// might contain sensitive data\nlet compressedRec = 'eNpzyklMSk1RKE4tLs5Mz0stUigoyk9KBQBHbgcM';",
            "Custom Details": json.dumps(
                {"AuthenticationType": ["SAS"], "Container": ["scans"], "Access Key": ["key1"]}
            ),
            "Authentication Type": "Shared access signature (SAS)",
        },
    }
    return {"kind": "SecurityAlert", "properties": about | properties}


def entities() -> list[dict[str, Any]]:
    return [
        {"kind": "AzureResource", "properties": {"resourceId": ACCOUNT}},
        {"kind": "Ip", "properties": {"address": "203.0.113.9"}},
        {"kind": "Account", "properties": {"accountName": "temp.nurse", "upnSuffix": "clinic.example"}},
    ]


def test_the_incident_says_what_when_where_and_who() -> None:
    found = signal(incident())

    assert (found.source, found.kind, found.id) == ("sentinel", "sentinel-incident", CASE)
    assert found.occurred_at == datetime(2026, 3, 2, 8, 58, 12, 123456, tzinfo=UTC)
    assert found.severity is Severity.HIGH
    assert found.standing is Standing.OPEN
    assert found.actor == "temp.nurse@clinic.example"
    assert found.ip == "203.0.113.9"
    assert found.alert_types == ("Storage.Blob_GeoAnomaly",)


def test_a_custom_detail_names_the_container_and_the_account_follows_it() -> None:
    found = signal(incident())

    assert [str(each) for each in found.resources] == [f"{ACCOUNT}/blobServices/default/containers/scans", ACCOUNT]
    assert found.hints["container"] == "scans"
    assert found.hints["access_key"] == "key1"
    assert found.hints["authentication_type"] == "SAS"


def test_the_alert_is_known_by_every_id_that_anyone_gives_it() -> None:
    found = signal(incident())

    assert found.system_alert_id == ALERT
    assert found.alert_ids == (ALERT, DEFENDER, "658fa695-a5e6-4b60-ac7c-b2c1396df384")


def test_the_embedded_query_does_not_leave_the_reader() -> None:
    found = signal(incident())

    assert "compressedRec" not in json.dumps(found.body)
    assert "eNpzyk" not in repr(found)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda body: {"headers": {"x": "y"}, "body": body},
        lambda body: {"Body": json.dumps(body)},
        lambda body: json.dumps(json.dumps(body)),
        lambda body: [body],
        lambda body: {"TriggerOutputs": {"headers": {}, "body": body}},
        lambda body: {"value": [body]},
        lambda body: json.dumps(body).encode("utf-8-sig"),
        lambda body: body["object"],
    ],
)
def test_wrappers_of_logic_apps_are_taken_off(wrapped: Any) -> None:
    found = signal(wrapped(incident()))

    assert found.id == CASE
    assert ACCOUNT in [str(each) for each in found.resources]


def test_a_wrapped_delivery_is_the_same_delivery() -> None:
    assert signal({"body": incident()}).key == signal(json.dumps(incident())).key


@pytest.mark.parametrize("owner", [None, "null", {}])
def test_the_owner_may_be_missing_null_or_the_word_null(owner: Any) -> None:
    assert signal(incident(owner=owner)).id == CASE


def test_a_verdict_of_false_positive_is_said_but_stays_a_signal() -> None:
    found = signal(incident(status="Closed", classification="FalsePositive"))

    assert found.standing is Standing.FALSE_POSITIVE
    assert found.hints["closure"] == "FalsePositive"


def test_a_closure_by_redirection_is_told_from_a_verdict() -> None:
    found = signal(incident(status="Closed", classification="Undetermined", labels=[{"labelName": "Redirected"}]))

    assert found.standing is Standing.ENDED
    assert found.hints["redirected"] == "true"


def test_an_incident_without_entities_or_alerts_is_read() -> None:
    found = signal(incident(alerts=None, relatedEntities=[]))

    assert found.resources == ()
    assert found.system_alert_id is None


def test_the_type_of_a_scheduled_rule_is_no_alert_type() -> None:
    scheduled = f"{CASE}_{ALERT}"

    assert signal(incident(alerts=[alert(alertType=scheduled)])).alert_types == ()


def test_two_alerts_give_both_their_types_and_ids() -> None:
    other = alert(systemAlertId="other", providerAlertId="other", alertType="Storage.Blob_TorAnomaly")

    found = signal(incident(alerts=[alert(), other]))

    assert found.alert_types == ("Storage.Blob_GeoAnomaly", "Storage.Blob_TorAnomaly")
    assert "other" in found.alert_ids


def test_a_sample_alert_is_a_drill_and_classified_without_its_mark() -> None:
    found = signal(incident(alerts=[alert(alertType="SIMULATED_Storage.Blob_OpenACL")]))

    assert found.drill
    assert found.alert_types == ("Storage.Blob_OpenACL",)


def test_mere_attempts_are_no_success() -> None:
    attempt = alert(alertType="Storage.Blob_OpenContainersScanning.FailedAttempt")

    assert signal(incident(alerts=[attempt])).standing is Standing.FAILED


def test_the_text_of_an_update_is_another_delivery_of_the_same_incident() -> None:
    first, update = signal(incident()), signal(incident(severity="Low"))

    assert first.id == update.id
    assert first.key != update.key


def test_reading_leaves_the_payload_as_it_was() -> None:
    body = incident()
    before = copy.deepcopy(body)

    signal(body)

    assert body == before
