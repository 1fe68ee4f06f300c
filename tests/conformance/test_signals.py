"""Genuine payloads, read as their manifest says: resource, time, severity and id, or a written reason why not."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detection.fields import text
from detection.readers import read
from detection.resources import resource
from detection.severity import severity
from detection.times import utc
from incident.signal import Signal

SIGNALS = Path(os.environ.get("SHARED", "../shared")) / "signals"
MANIFEST = SIGNALS / "manifest.json"
RECEIVED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
REASONS = {
    ("storage-log-record-01.json", "affected_resource_id"): "the record names the account only: hints carry it",
    ("graph-directory-audit-01.json", "affected_resource_id"): "an object of the directory is no Azure resource: hints",
    ("storage-log-record-02.json", "dedupe_id"): "the client's request id serves where no correlation id is",
}

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not MANIFEST.is_file(), reason=f"no payloads in {SIGNALS}: set SHARED"),
]


def entries() -> list[dict[str, Any]]:
    return json.loads(MANIFEST.read_text()) if MANIFEST.is_file() else []


def signals(entry: dict[str, Any]) -> tuple[Signal, ...]:
    found = read((SIGNALS / entry["file"]).read_bytes(), received_at=RECEIVED)
    assert all(isinstance(each, Signal) for each in found), found
    return tuple(each for each in found if isinstance(each, Signal))


def said(entry: dict[str, Any], field: str) -> str | None:
    return None if (entry["file"], field) in REASONS else text(entry, field)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["file"])
def test_every_genuine_payload_is_read_as_its_manifest_says(entry: dict[str, Any]) -> None:
    found = signals(entry)

    if expected := said(entry, "affected_resource_id"):
        written = resource(expected)
        named = {each.key for each in found[0].resources}
        assert (written.key if written else expected.casefold()) in named
    else:
        assert found[0].resources == ()
    if expected := said(entry, "event_time"):
        assert found[0].occurred_at == utc(expected)
    assert found[0].severity == severity(said(entry, "severity"))
    if expected := said(entry, "dedupe_id"):
        assert found[0].id == expected


def test_no_two_payloads_are_taken_for_one() -> None:
    keys = [each.key for entry in entries() for each in signals(entry)]

    assert len(keys) == len(set(keys)) >= len(entries())
