"""Deliveries: what is empty, wrapped, broken, too deep or of no known format."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

import detection.readers
from detection.item import Unreadable
from detection.readers import READERS, read
from incident.canonical import canonical
from incident.errors import SignalRejected
from incident.signal import Signal
from tests.detection.readers.reading import RECEIVED, parked, signal


@pytest.mark.parametrize("payload", [b"", "", "  \n", b"null", "{}", b"[]", None, {}, []])
def test_an_empty_body_is_rejected(payload: Any) -> None:
    with pytest.raises(SignalRejected, match="empty"):
        read(payload, received_at=RECEIVED)


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe\x00",
        b"not json",
        "{",
        "17",
        "[[]]",
        {"unknown": "shape"},
        {"value": []},
        {"records": [None]},
        {"body": {"body": {"body": {"body": {"body": {"body": {"body": {"body": {"body": {"body": 1}}}}}}}}}},
        "[" * 100_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        "9" * 10_000,
        {"eventType": "t", "subject": "s", "data": object()},
        {"eventType": "t", "subject": "s", "data": 10**5000},
    ],
)
def test_what_cannot_be_read_is_parked_with_a_reason(payload: Any) -> None:
    found = parked(payload)

    assert found.reason
    assert found.source == "monitor"
    assert len(found.content) == 64
    assert found.original


def test_a_file_of_lines_is_read_line_by_line() -> None:
    event = {"eventType": "t", "subject": "s", "eventTime": "2026-03-02T09:00:00Z", "id": "1"}
    lines = "\n".join([json.dumps(event), "{broken", json.dumps(event | {"id": "2"})])

    found = read(lines, received_at=RECEIVED)

    assert [type(each) for each in found] == [Signal, Unreadable, Signal]


def test_strange_numbers_and_lone_surrogates_are_no_obstacle() -> None:
    body = '{"eventType": "t", "subject": "s\\ud800", "id": "1", "data": [NaN, 1e999, -Infinity]}'

    assert signal(body).id == "1"


def test_half_a_character_inside_json_inside_json_is_no_obstacle() -> None:
    found = signal({"eventType": "Microsoft.Storage.x", "subject": "s", "data": '{"api": "\\ud800"}'})

    assert found.operation == "?"
    assert canonical(found)


def test_the_content_is_the_hash_of_the_original_not_of_what_is_kept() -> None:
    one = {"eventType": "t", "subject": "s", "id": "1", "data": {"token": "first"}}
    other = {"eventType": "t", "subject": "s", "id": "1", "data": {"token": "second"}}

    assert signal(one).body == signal(other).body
    assert signal(one).content != signal(other).content


def test_the_key_does_not_depend_on_when_it_came() -> None:
    event = {"eventType": "t", "subject": "s", "id": "1"}
    (early,) = read(event, received_at=RECEIVED)
    (late,) = read(event, received_at=datetime(2026, 5, 1, tzinfo=UTC))

    assert isinstance(early, Signal)
    assert isinstance(late, Signal)
    assert early.key == late.key


def test_every_reader_of_the_folder_is_asked() -> None:
    from pathlib import Path

    files = {path.stem for path in Path(detection.readers.__file__).parent.glob("[a-z]*.py")}
    asked = {reader.read.__module__.rsplit(".", 1)[-1] for reader in READERS}

    assert asked == files
