import json
from datetime import timedelta
from pathlib import Path

import pytest

from drills.host.settings import HostFile, QueueLimits, SettingError, duration, local_settings, resolved, with_emulator


def test_host_json_gives_the_limits_of_queues(tmp_path: Path) -> None:
    queues = {"batchSize": 4, "maxDequeueCount": 3, "visibilityTimeout": "00:01:30", "messageEncoding": "none"}
    (tmp_path / "host.json").write_text(json.dumps({"extensions": {"queues": queues}}))

    assert HostFile.read(tmp_path).queues == QueueLimits(
        batch_size=4,
        new_batch_threshold=2,
        max_dequeue_count=3,
        visibility_timeout=timedelta(seconds=90),
        base64=False,
    )


@pytest.mark.parametrize("text", ["{", "[]x"])
def test_a_host_json_that_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "host.json").write_text(text)

    with pytest.raises(SettingError, match=r"host\.json"):
        HostFile.read(tmp_path)


def test_time_spans_are_read_as_dotnet_writes_them() -> None:
    assert duration("1.02:03:04.5") == timedelta(days=1, hours=2, minutes=3, seconds=4.5)
    with pytest.raises(SettingError):
        duration("30s")


def test_settings_named_in_a_binding_are_put_in_and_missing_ones_named() -> None:
    assert resolved("a-%B%-c", {"B": "b"}) == "a-b-c"
    with pytest.raises(SettingError, match="the app setting B"):
        resolved("%B%", {})


def test_every_mention_of_the_emulator_comes_to_mean_the_one_that_runs() -> None:
    environment = {"TOURNIQUET_TABLES": "UseDevelopmentStorage=true;", "COLOUR": "red"}

    assert with_emulator(environment, "X") == {"TOURNIQUET_TABLES": "X", "AzureWebJobsStorage": "X"}
    assert with_emulator({"AzureWebJobsStorage": "mine"}, "X") == {}


def test_an_encrypted_or_missing_settings_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    with pytest.raises(SettingError, match="cannot be read"):
        local_settings(file)
    file.write_text('{"IsEncrypted": true}')
    with pytest.raises(SettingError, match="encrypted"):
        local_settings(file)
