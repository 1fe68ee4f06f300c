"""Every wire format: what its small sample says, and what its odd variants cost."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from detection.readers import READERS, read
from incident.signal import Severity, Signal, Standing
from tests.detection.readers.reading import RECEIVED, parked, signal
from tests.detection.readers.samples import (
    ACCOUNT,
    ALERT,
    ALERT_PROPERTIES,
    CORRELATION,
    NSG,
    NURSE,
    REQUEST,
    SAMPLES,
    SUBSCRIPTION,
    TENANT,
    VAULT,
)

CONTAINER = f"{ACCOUNT}/blobServices/default/containers/scans"
NINE = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
FIRST = {
    "eventgrid-keyvault": VAULT,
    "keyvault-log-record": VAULT,
    "graph-security-alert-v2": VAULT,
    "activity-log-event": NSG,
    "nsg-flow-record": NSG,
    "entra-log-record": TENANT,
    "monitor-budget": SUBSCRIPTION,
    "eventgrid-validation": SUBSCRIPTION,
    "eventgrid-storage": CONTAINER,
    "cloudevents-storage": CONTAINER,
    "sentinel-incident": CONTAINER,
    "sentinel-alert": CONTAINER,
    "sentinel-alert-entity": CONTAINER,
    "defender-alert": CONTAINER,
    "defender-alert-export": CONTAINER,
    "storage-log-record": CONTAINER,
    "graph-security-alert-v1": CONTAINER,
}
ALERTED = (
    "sentinel-incident",
    "sentinel-incident-row",
    "sentinel-alert",
    "sentinel-alert-entity",
    "defender-alert",
    "defender-alert-export",
    "graph-security-alert-v1",
    "graph-security-alert-v2",
)
NAMELESS = ("sentinel-incident-sdk", "sentinel-incident-row", "graph-directory-audit", "graph-notification")
TIMELESS = ("sentinel-entity", "graph-notification", "person-report", "monitor-budget")


def changed(kind: str, **fields: Any) -> Signal:
    """The sample with some values changed: `a__b` is the path to one."""
    body = copy.deepcopy(SAMPLES[kind])
    for path, value in fields.items():
        *outer, last = path.split("__")
        place = body
        for name in outer:
            place = place[name]
        place[last] = value
    return signal(body)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample_is_read_as_what_it_is(kind: str) -> None:
    assert signal(SAMPLES[kind]).kind == kind


def test_every_reader_has_a_sample() -> None:
    assert {reader.kind for reader in READERS} - SAMPLES.keys() == {"cloudevents-other-version"}


@pytest.mark.parametrize("kind", sorted(SAMPLES.keys() - NAMELESS))
def test_the_most_specific_resource_stands_first(kind: str) -> None:
    assert str(signal(SAMPLES[kind]).resources[0]).casefold() == FIRST.get(kind, ACCOUNT).casefold()


@pytest.mark.parametrize("kind", NAMELESS)
def test_what_names_no_resource_has_none(kind: str) -> None:
    assert signal(SAMPLES[kind]).resources == ()


@pytest.mark.parametrize("kind", sorted(SAMPLES.keys() - TIMELESS))
def test_the_time_is_that_of_the_event_in_utc(kind: str) -> None:
    assert signal(SAMPLES[kind]).occurred_at == NINE


@pytest.mark.parametrize("kind", ALERTED)
def test_one_alert_is_known_by_one_id_wherever_it_comes_from(kind: str) -> None:
    assert {ALERT, "658fa695-a5e6-4b60-ac7c-b2c1396df384"} <= set(signal(SAMPLES[kind]).alert_ids)


@pytest.mark.parametrize(
    "kind", ["eventgrid-arm", "cloudevents-arm", "activity-log-event", "activity-log-record", "monitor-common-alert"]
)
def test_one_operation_is_known_by_its_correlation_and_actor(kind: str) -> None:
    found = signal(SAMPLES[kind])

    assert found.correlation_id == CORRELATION
    assert found.actor == NURSE


@pytest.mark.parametrize("kind", ["eventgrid-arm", "cloudevents-arm", "activity-log-event"])
def test_the_request_id_of_the_write_comes_back(kind: str) -> None:
    assert signal(SAMPLES[kind]).request_id == REQUEST


@pytest.mark.parametrize("kind", ["defender-alert", "defender-alert-export", "sentinel-alert"])
def test_storage_alerts_tell_how_and_with_which_key(kind: str) -> None:
    hints = signal(SAMPLES[kind]).hints

    assert hints["authentication_type"] == "Shared access signature (SAS)"
    assert hints["access_key"] == "key1"
    assert hints["container"] == "scans"
    assert hints["extracted_size"] == "254.47 MB"
    assert "user" not in hints


@pytest.mark.parametrize("status", ["Resolved", "Dismissed"])
def test_a_settled_defender_alert_is_ended(status: str) -> None:
    assert changed("defender-alert", properties__status=status).standing is Standing.ENDED


def test_a_simulated_alert_is_a_drill_without_its_prefix() -> None:
    found = changed("defender-alert", properties__alertType="SIMULATED_KV_PutGetAnomaly")

    assert found.drill
    assert found.alert_types == ("KV_PutGetAnomaly",)


@pytest.mark.parametrize("kind", ["KV_UserAccessDeniedAnomaly", "KV_SuspiciousIPAccessDenied"])
def test_a_denied_access_is_an_attempt_only(kind: str) -> None:
    expected = Standing.FAILED if kind.endswith("Denied") else Standing.OPEN

    assert changed("defender-alert", properties__alertType=kind).standing is expected


def test_an_older_export_reports_its_severity_under_another_name() -> None:
    body = {key: value for key, value in SAMPLES["defender-alert-export"].items() if key != "Severity"}

    assert signal(body | {"ReportedSeverity": "High"}).severity is Severity.HIGH


def test_the_closed_incident_of_the_client_is_a_false_positive() -> None:
    found = signal(SAMPLES["sentinel-incident-sdk"])

    assert found.standing is Standing.FALSE_POSITIVE
    assert found.hints["redirected"] == "true"


def test_a_number_of_no_scale_is_no_severity() -> None:
    assert signal(SAMPLES["sentinel-incident-row"]).severity is None


def test_a_healthy_assessment_is_over() -> None:
    assert changed("defender-assessment", properties__status={"code": "Healthy"}).standing is Standing.ENDED
    assert signal(SAMPLES["defender-assessment"]).standing is Standing.OPEN


def test_a_resolved_monitor_alert_never_opens() -> None:
    assert changed("monitor-common-alert", data__essentials__monitorCondition="Resolved").standing is Standing.ENDED


@pytest.mark.parametrize("alert_id", [f"{SUBSCRIPTION}/x/Test_Alert", "/x/alerts/eeeeeeee-4444-5555-6666-ffffffffffff"])
def test_the_test_of_an_action_group_is_a_drill(alert_id: str) -> None:
    assert changed("monitor-common-alert", data__essentials__alertId=alert_id).drill
    assert changed("monitor-common-alert", data__essentials__alertRule="test-rule").drill
    assert not signal(SAMPLES["monitor-common-alert"]).drill


def test_rows_of_a_log_alert_do_not_leave_the_reader() -> None:
    assert "a patient's row" not in repr(signal(SAMPLES["monitor-common-alert"]))


def test_dimensions_give_hints() -> None:
    assert signal(SAMPLES["monitor-common-alert"]).hints["container"] == "scans"


@pytest.mark.parametrize("missing", [None, [], "null"])
def test_a_budget_in_the_common_schema_has_its_scope_only(missing: Any) -> None:
    context = {"AlertData": {"Scope": f"{SUBSCRIPTION}/"}}
    essentials = {
        "monitoringService": "CostAlerts",
        "severity": missing,
        "alertTargetIDs": missing,
        "originAlertId": None,
    }

    found = signal(
        {"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": essentials, "alertContext": context}}
    )

    assert [str(each) for each in found.resources] == [SUBSCRIPTION]
    assert found.severity is None


def test_the_classic_metric_alert_has_no_schema() -> None:
    context = {"id": "rule-1", "conditionType": "Metric", "resourceId": ACCOUNT, "timestamp": "2026-03-02T09:00:00Z"}

    found = signal({"status": "Deactivated", "context": context, "properties": {}})

    assert (found.kind, found.id, found.standing) == ("monitor-metric-alert", "rule-1", Standing.ENDED)


def test_the_watched_resource_is_not_the_rule() -> None:
    assert [str(each) for each in signal(SAMPLES["monitor-metric-alert"]).resources] == [ACCOUNT]


def test_operations_in_capitals_are_spelled_as_usual() -> None:
    found = signal(SAMPLES["activity-log-record"])

    assert found.operation == "Microsoft.Storage/storageAccounts/write"
    assert found.hints["allow_blob_public_access"] == "true"


@pytest.mark.parametrize("outcome", ["Failure", "Failed", "Canceled"])
def test_a_failed_operation_is_no_change(outcome: str) -> None:
    assert changed("activity-log-record", resultType=outcome).standing is Standing.FAILED
    assert changed("activity-log-event", status={"value": outcome}).standing is Standing.FAILED


def test_a_security_event_is_the_alert_of_its_correlation_id() -> None:
    found = changed("activity-log-event", category={"value": "Security"}, resourceId=f"{SUBSCRIPTION}/alerts/{ALERT}")

    assert found.system_alert_id == CORRELATION
    assert ALERT in found.alert_ids


def test_a_refused_call_to_a_vault_says_success_and_is_none() -> None:
    assert changed("keyvault-log-record", properties__httpStatusCode=403).standing is Standing.FAILED


def test_a_purged_key_is_named_and_a_secret_is_not() -> None:
    secret = changed("keyvault-log-record", properties__id="https://clinic-kv.vault.azure.net/secrets/jane-doe/1")

    assert signal(SAMPLES["keyvault-log-record"]).hints["object_name"] == "tde"
    assert "object_name" not in secret.hints


def test_a_storage_record_tells_the_kind_of_the_signature_and_nothing_that_opens() -> None:
    uri = "https://phiscans.blob.core.windows.net/scans/a.dcm?sv=2021-12-02&si=partner&sr=c&rsct=x&sig=Zm9vYmFyYmF6"
    found = changed("storage-log-record", uri=uri)

    assert found.hints["sas_fields"] == "sv, si, sr, sig"
    assert found.hints["identifier"] == "partner"
    assert "Zm9v" not in f"{found.hints}"


def test_a_storage_record_tells_the_key_and_no_object() -> None:
    found = signal(SAMPLES["storage-log-record"])

    assert found.hints["access_key"] == "key1"
    assert found.hints["authentication_type"] == "SAS"
    assert found.hints["account"] == "phiscans"
    assert found.ip == "203.0.113.9"
    assert "jane" not in repr(found)
    assert "Zm9vYmFy" not in repr(found)


def test_a_signature_in_the_address_shows_a_sas() -> None:
    found = changed("storage-log-record", identity=None, resourceId=None)

    assert found.hints["authentication_type"] == "SAS"
    assert found.resources == ()


def test_a_file_share_is_named_as_one() -> None:
    uri, about = "https://phiscans.file.core.windows.net:443/wards/a.pdf?sig=x", f"{ACCOUNT}/fileServices/default"

    found = changed("storage-log-record", uri=uri, resourceId=about, properties={"objectKey": "/phiscans"})

    assert str(found.resources[0]) == f"{ACCOUNT}/fileServices/default/shares/wards"
    assert found.hints["share"] == "wards"


def test_a_flow_says_from_where_to_where() -> None:
    found = signal(SAMPLES["nsg-flow-record"])

    assert (found.ip, found.hints["destination"], found.hints["direction"]) == ("10.0.0.4", "203.0.113.9", "outbound")


def test_absence_is_the_fault_of_a_policy_that_lost_its_controls() -> None:
    found = signal(SAMPLES["entra-log-record"])

    assert found.hints["removed"] == "grantControls"
    assert found.hints["state"] == "enabled"
    assert found.first_activity_at == datetime(2026, 3, 2, 8, 59, tzinfo=UTC)


def test_a_granted_app_role_is_named() -> None:
    found = signal(SAMPLES["graph-directory-audit"])

    assert found.hints["app_role"] == "Mail.Read"
    assert found.hints["target_ids"] == "sp-2"
    assert found.actor == "sp-1"


@pytest.mark.parametrize("code", ["50158", 50158])
def test_a_sign_in_with_an_error_code_failed(code: Any) -> None:
    found = changed("entra-log-record", category="SignInLogs", properties={"status": {"errorCode": code}})

    assert found.standing is Standing.FAILED


def test_a_dismissed_risk_is_over() -> None:
    assert changed("entra-log-record", properties__riskState="dismissed").standing is Standing.ENDED


def test_broken_custom_properties_still_tell_the_authentication() -> None:
    found = signal(SAMPLES["graph-security-alert-v1"])

    assert found.hints["authentication_type"] == "Account key"
    assert found.ip == "203.0.113.9"


def test_the_secret_of_a_notification_is_not_kept() -> None:
    assert "shared-with-graph" not in repr(signal({"value": [SAMPLES["graph-notification"]]}))


def test_the_nil_guid_correlates_nothing() -> None:
    assert changed("activity-log-event", correlationId="00000000-0000-0000-0000-000000000000").correlation_id is None


@pytest.mark.parametrize("wrapper", ["records", "value", "Records"])
def test_a_batch_of_every_format_comes_out_complete(wrapper: str) -> None:
    found = read({wrapper: list(SAMPLES.values())}, received_at=RECEIVED)

    assert [each.kind for each in found if isinstance(each, Signal)] == list(SAMPLES)


def test_a_wrapper_around_words_is_parked_whole() -> None:
    assert json.loads(parked({"value": "words", "other": 1}).original) == {"value": "words", "other": 1}


def test_circular_references_among_entities_end() -> None:
    circle = [
        {"$id": "1", "type": "blob", "blobContainer": {"$ref": "2"}},
        {"$id": "2", "type": "blob-container", "name": "scans", "storageResource": {"$ref": "2"}},
        {"$ref": "1"},
        {"$id": "2", "type": "azure-resource", "resourceId": ACCOUNT, "storageResource": {"$ref": "1"}},
    ]

    found = signal(SAMPLES["defender-alert"] | {"properties": ALERT_PROPERTIES | {"entities": circle}})

    assert str(found.resources[0]) == CONTAINER
