import pytest

from incident.errors import SettingsIncomplete
from incident.settings import Settings

REQUIRED = {f"TOURNIQUET_{name}": "x" for name in ("TABLES", "EVIDENCE", "POLICY")}


def test_everything_that_is_missing_or_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsIncomplete) as found:
        Settings.read({"TOURNIQUET_TABLES": " ", "TOURNIQUET_ARM_URL": "http://management.azure.com"})

    assert str(found.value).split("; ") == [
        "TOURNIQUET_TABLES is missing",
        "TOURNIQUET_EVIDENCE is missing",
        "TOURNIQUET_POLICY is missing",
        "TOURNIQUET_ARM_URL must begin with https://",
    ]


def test_what_is_not_set_has_its_default_and_anchors_go_with_the_evidence() -> None:
    settings = Settings.read({**REQUIRED, "TOURNIQUET_EVIDENCE": " blob ", "TOURNIQUET_TENANT": ""})

    assert (settings.evidence, settings.anchors, settings.tenant) == ("blob", "blob", "")
    assert settings.arm_url == "https://management.azure.com"


def test_anchors_may_stand_apart() -> None:
    assert Settings.read({**REQUIRED, "TOURNIQUET_ANCHORS": "elsewhere"}).anchors == "elsewhere"
