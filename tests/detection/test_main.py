"""The command that reads payloads and says what would be made of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from detection.__main__ import main
from tests.detection.readers.samples import ACCOUNT, SAMPLES

FIELDS = {
    "file",
    "source",
    "kind",
    "signal_id",
    "system_alert_id",
    "correlation_id",
    "occurred_at",
    "received_first_activity_at",
    "severity",
    "drill",
    "resource_ids",
    "actor",
    "classes",
    "disposition",
    "reason",
    "needs_live_read",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind, body in SAMPLES.items():
        (tmp_path / f"{kind}.json").write_text(json.dumps(body))
    (tmp_path / "broken.json").write_text('{"a": 1,}')
    (tmp_path / "empty.json").write_text("")
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_signal_gives_one_line_with_every_field(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", *(str(path) for path in sorted(folder.iterdir()))]) == 0

    lines = printed(capsys)
    assert len(lines) == len(SAMPLES) + 2
    assert all(line.keys() == FIELDS for line in lines)
    assert {line["disposition"] for line in lines} == {"review", "record", "parked"}


def test_a_write_to_an_account_waits_for_a_live_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["read", str(folder / "eventgrid-arm.json")])

    (line,) = printed(capsys)
    assert line["resource_ids"] == [ACCOUNT]
    assert "storage.public_container" in line["classes"]
    assert line["disposition"] == "review"
    assert line["needs_live_read"]


@pytest.mark.parametrize("name", ["broken.json", "empty.json"])
def test_what_cannot_be_read_is_parked_and_no_error(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", str(folder / name)]) == 0

    (line,) = printed(capsys)
    assert (line["disposition"], line["classes"]) == ("parked", [])
    assert line["reason"]


def test_a_missing_file_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(tmp_path / "nowhere.json")]) == 1
    assert "nowhere.json" in capsys.readouterr().err


def test_nothing_asked_is_an_error() -> None:
    with pytest.raises(SystemExit):
        main(["read"])


def test_a_folder_is_summed_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "--replay", str(folder)]) == 0

    (line,) = printed(capsys)
    assert line["signals"] == len(SAMPLES) + 2
    assert line["dispositions"]["parked"] == 2
    assert sum(line["dispositions"].values()) == line["signals"]


def test_a_drill_and_a_settled_matter_are_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alert = SAMPLES["defender-alert"]
    drill = alert | {"properties": alert["properties"] | {"alertType": "SIMULATED_Storage.Blob_OpenACL"}}
    ended = alert | {"properties": alert["properties"] | {"status": "Dismissed"}}
    file = tmp_path / "both.json"
    file.write_text(json.dumps([drill, ended]))

    main(["read", str(file)])

    first, second = printed(capsys)
    assert (first["disposition"], first["drill"]) == ("record", True)
    assert (second["disposition"], second["reason"]) == ("record", "the sender says that it is over")
