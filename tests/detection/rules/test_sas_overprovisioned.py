import pytest

from detection.facts import Facts
from detection.played import signal
from detection.rules.sas_overprovisioned import RULE
from detection.specimens import ALERT, PROVIDERS, alerted, phi, standing
from tests.detection.rules.azure import judged

ACCOUNT = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/mri"
GEO = "Storage.Blob_GeoAnomaly"
SIGNED = {"hints": {"authentication_type": "Shared access signature (SAS)", "access_key": "key2"}}


def test_any_storage_alert_is_of_the_class_when_a_signature_was_used() -> None:
    about = alerted(GEO, ACCOUNT)
    about["hints"] = about["hints"] | SIGNED["hints"]

    assert RULE.match(signal(about))
    assert RULE.match(signal(alerted(GEO, ACCOUNT))) is None


def test_such_an_alert_is_borne_out_by_the_same_type_and_the_same_way_in() -> None:
    about = alerted(GEO, ACCOUNT)
    about["hints"] = about["hints"] | SIGNED["hints"]

    entered = {"Authentication type": "Shared access signature (SAS)"}

    same = judged(RULE, signal(about), {"": phi(ACCOUNT)} | standing(GEO, ACCOUNT, extendedProperties=entered))
    other = judged(RULE, signal(about), {"": phi(ACCOUNT)} | standing(GEO, ACCOUNT))

    assert (same.disposition, other.disposition) == ("contain", "review")


def test_the_key_that_signed_and_the_container_reach_the_measures() -> None:
    kind = "Storage.Blob_AccountSas.UnusualExternalAccess"
    about = alerted(kind, ACCOUNT, resources=(CONTAINER, ACCOUNT))
    about["hints"] = about["hints"] | SIGNED["hints"]

    finding = judged(RULE, signal(about), {"": phi(ACCOUNT)} | standing(kind, CONTAINER))

    assert [target.text for target in finding.targets] == [ACCOUNT, CONTAINER]
    assert finding.parameters == {"key": "key2"}


def test_the_kind_of_signature_and_its_stored_policy_reach_the_measures() -> None:
    kind = "Storage.Blob_AccountSas.UnusualExternalAccess"
    about = alerted(kind, ACCOUNT)
    about["hints"] = about["hints"] | {"sas_fields": "sv, si, sr, sig", "identifier": "partner", "access_key": "both"}

    finding = judged(RULE, signal(about), {"": phi(ACCOUNT)} | standing(kind, ACCOUNT))

    assert finding.parameters == {"credential": "policy_sas", "identifier": "partner"}


def test_a_user_delegation_signature_outlives_the_refusal_of_shared_keys() -> None:
    about = alerted(GEO, ACCOUNT)
    about["hints"] = about["hints"] | {"authentication_type": "SAS (user delegation)"}

    found = judged(RULE, signal(about), {"": phi(ACCOUNT, allowSharedKeyAccess=False)})

    assert found.disposition == "review"


def test_one_read_with_a_signature_is_recorded() -> None:
    about = {"source": "storage", "operation": "GetBlob", "resources": (ACCOUNT,)} | SIGNED

    assert judged(RULE, signal(about), {"": phi(ACCOUNT)}).disposition == "record"


def test_a_read_of_an_account_known_by_its_bare_name_is_for_a_person() -> None:
    about = signal({"source": "storage", "hints": {"authentication_type": "SAS", "account": "scans"}})

    assert RULE.match(about)
    assert RULE.cause(about) is None
    assert judged(RULE, about, {}).disposition == "review"


@pytest.mark.parametrize("status", ["Resolved", "Dismissed"])
def test_an_alert_that_somebody_has_settled_bears_nothing_out(status: str) -> None:
    kind = "Storage.Blob_AccountSas.UnusualExternalAccess"

    found = judged(RULE, signal(alerted(kind, ACCOUNT)), {"": phi(ACCOUNT)} | standing(kind, ACCOUNT, status))

    assert found.disposition == "review"


def test_an_alert_without_its_address_is_looked_for_among_those_of_its_group() -> None:
    kind = "Storage.Blob_AccountSas.UnusualExternalAccess"
    about = alerted(kind, ACCOUNT, hints={})
    listed = f"{PROVIDERS.removesuffix('/providers')}/providers/Microsoft.Security/alerts"
    (alert,) = standing(kind, ACCOUNT).values()

    assert judged(RULE, signal(about), {"": phi(ACCOUNT), listed: (alert,)}).disposition == "contain"
    assert judged(RULE, signal(about), {"": phi(ACCOUNT), listed: ()}).disposition == "review"
    assert ALERT not in {str(read) for read in RULE.reads(signal(about), Facts())}
