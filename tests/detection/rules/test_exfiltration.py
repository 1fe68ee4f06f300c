import pytest

from detection.played import signal
from detection.rules.exfiltration import RULE
from detection.specimens import ALERT_ID, INCIDENT, PROVIDERS, alerted, logged, operated, phi, standing
from tests.detection.rules.azure import judged

ACCOUNT = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
DATABASE = f"{PROVIDERS}/Microsoft.Sql/servers/ehr/databases/charts"
KIND = "Storage.Blob_DataExfiltration.NumberOfBlobsAnomaly.Sensitive"
EXPORT = "Microsoft.Sql/servers/databases/export/action"


def test_a_low_severity_weighs_as_much_as_a_high_one() -> None:
    state = {"": phi(ACCOUNT)} | standing(KIND, ACCOUNT)

    found = {judged(RULE, signal(alerted(KIND, ACCOUNT, severity=each)), state) for each in ("low", "high")}

    assert {finding.disposition for finding in found} == {"contain"}


def test_an_alert_about_another_account_bears_nothing_out() -> None:
    state = {"": phi(ACCOUNT)} | standing(KIND, f"{PROVIDERS}/Microsoft.Storage/storageAccounts/other")

    assert judged(RULE, signal(alerted(KIND, ACCOUNT)), state).disposition == "review"


def test_a_sample_alert_in_azure_bears_nothing_out() -> None:
    state = {"": phi(ACCOUNT)} | standing(f"SIMULATED_{KIND}", ACCOUNT)

    assert judged(RULE, signal(alerted(KIND, ACCOUNT)), state).disposition == "review"


def sentinel(status: str = "New", named: str = ACCOUNT) -> dict[str, object]:
    alert = {"alertType": "", "tactics": ["Exfiltration"]}
    return {
        "": phi(ACCOUNT),
        INCIDENT: {"id": INCIDENT, "properties": {"status": status}},
        f"{INCIDENT}/entities": {"entities": [{"kind": "AzureResource", "properties": {"resourceId": named}}]},
        f"{INCIDENT}/alerts": {"value": [{"kind": "SecurityAlert", "properties": alert}]},
    }


@pytest.mark.parametrize(
    ("status", "named", "disposition"),
    [
        ("Active", ACCOUNT.upper(), "contain"),
        ("Closed", ACCOUNT, "review"),
        ("New", f"{PROVIDERS}/Microsoft.Storage/storageAccounts/other", "review"),
    ],
)
def test_a_sentinel_incident_bears_out_what_it_names_while_it_is_open(
    status: str, named: str, disposition: str
) -> None:
    about = {
        "source": "sentinel",
        "resources": (ACCOUNT,),
        "hints": {"tactics": "Exfiltration", "sentinel_incident": INCIDENT},
    }

    assert judged(RULE, signal(about), sentinel(status, named)).disposition == disposition


def test_two_records_count_as_two() -> None:
    about = alerted(KIND, ACCOUNT)
    about["hints"] = about["hints"] | {"sentinel_incident": INCIDENT}

    finding = judged(RULE, signal(about), sentinel() | standing(KIND, ACCOUNT))

    assert len(finding.corroborated_by) == 2
    assert finding.exposed is False


def test_a_record_of_another_correlation_bears_nothing_out() -> None:
    about = operated(EXPORT, DATABASE) | {"correlation_id": "11111111-0000-4000-8000-000000000000"}

    found = judged(RULE, signal(about), {"": phi(DATABASE)} | logged(EXPORT, DATABASE))

    assert found.disposition == "review"


def test_one_object_read_is_recorded_and_a_metric_is_for_a_person() -> None:
    read = {"source": "storage", "operation": "GetBlob", "resources": (ACCOUNT,)}
    metric = {"source": "monitor", "hints": {"metric": "Egress"}, "resources": (ACCOUNT,)}

    assert judged(RULE, signal(read), {"": phi(ACCOUNT)}).disposition == "record"
    assert judged(RULE, signal(metric), {"": phi(ACCOUNT)}).disposition == "review"


def test_the_ids_of_one_alert_are_matched_in_any_of_their_spellings() -> None:
    bare = ALERT_ID.partition("_")[2]
    about = signal(alerted(KIND, ACCOUNT, alert_ids=(bare,)))

    assert judged(RULE, about, {"": phi(ACCOUNT)} | standing(KIND, ACCOUNT)).disposition == "contain"
