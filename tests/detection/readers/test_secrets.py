"""No secret leaves a reader, wherever in a payload it was planted: not in the body, a title, a hint or an id."""

import base64
import copy
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from detection.readers import read
from incident.signal import Signal
from tests.detection.readers.mutation import paths, place
from tests.detection.readers.reading import RECEIVED
from tests.detection.readers.samples import SAMPLES

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SECRET = some.text(alphabet=LETTERS, min_size=43, max_size=43)
KEY = some.binary(min_size=64, max_size=64).map(lambda raw: base64.b64encode(raw).decode())
ROWS = some.text(alphabet=LETTERS, min_size=80, max_size=200)


def sas(secret: str) -> str:
    return f"https://phiscans.blob.core.windows.net/scans/a.dcm?sv=2024-11-04&sp=rl&sig={secret}%3D&se=2026-12-31"


def nested_sas(secret: str) -> str:
    return (
        f"https://clinic.example/go?to=https%3A%2F%2Fphiscans.blob.core.windows.net%2Fscans%3Fsp%3Drl%26sig%3D{secret}"
    )


def token(secret: str) -> str:
    return f"eyJhbGciOiJSUzI1NiJ9.eyJ{secret}.{secret}"


def connection(secret: str) -> str:
    return f"DefaultEndpointsProtocol=https;AccountName=phiscans;AccountKey={secret}==;EndpointSuffix=core.windows.net"


def bearer(secret: str) -> str:
    return f"Authorization: Bearer {secret}"


def claims(secret: str) -> str:
    return json.dumps({"aud": "x", "aio": secret, "uti": secret, "rh": secret})


def broken_claims(secret: str) -> str:
    return '[{\\"aio\\":\\"' + secret + '\\",\\"uti\\":\\"' + secret + '\\" \\\\•'


def password(secret: str) -> str:
    return f"Server=tcp:clinic.database.windows.net;User ID=app;Password={secret};"


SHAPES = (sas, nested_sas, token, connection, bearer, claims, broken_claims, password)


def leaked(payload: Any, *secrets: str) -> list[str]:
    found = read(payload, received_at=RECEIVED)
    said = "\n".join(repr(each) for each in found)
    assert all(isinstance(each, Signal) or "original" not in repr(each) for each in found)
    return [secret for secret in secrets if secret in said]


@pytest.mark.parametrize("kind", SAMPLES)
@given(secret=SECRET, shape=some.sampled_from(SHAPES), data=some.data())
@settings(max_examples=15)
def test_a_secret_planted_as_a_value_is_gone(kind: str, secret: str, shape: Any, data: some.DataObject) -> None:
    body = copy.deepcopy(SAMPLES[kind])
    path = data.draw(some.sampled_from(list(paths(body))))
    place(body, path)[path[-1]] = shape(secret)

    assert leaked(body, secret) == []


@pytest.mark.parametrize("kind", SAMPLES)
@given(secret=SECRET, key=KEY, shape=some.sampled_from(SHAPES))
@settings(max_examples=5)
def test_secrets_planted_everywhere_at_once_are_gone(kind: str, secret: str, key: str, shape: Any) -> None:
    body = copy.deepcopy(SAMPLES[kind])
    for path in list(paths(body)):
        held = place(body, path)[path[-1]]
        if isinstance(held, str):
            place(body, path)[path[-1]] = f"{held} {shape(secret)} {key} k={key} /a/{key}"
        elif isinstance(held, dict):
            held |= {"aio": secret, "uti": secret, "Query": secret, "accessToken": secret, shape(secret): 1, key: 2}

    assert leaked(body, secret, key) == []


@pytest.mark.parametrize("kind", SAMPLES)
@given(rows=ROWS, data=some.data())
@settings(max_examples=5)
def test_matched_events_in_a_compressed_query_are_gone(kind: str, rows: str, data: some.DataObject) -> None:
    packed = base64.b64encode(zlib.compress(rows.encode())).decode()
    query = f"// The query_now parameter might contain sensitive data\nlet compressedRec = '{packed}';"
    body = copy.deepcopy(SAMPLES[kind])
    path = data.draw(some.sampled_from(list(paths(body))))
    place(body, path)[path[-1]] = query

    assert leaked(body, packed) == []


@given(secret=SECRET)
@settings(max_examples=15)
def test_binary_data_of_a_cloud_event_hides_nothing(secret: str) -> None:
    packed = base64.b64encode(json.dumps({"url": sas(secret), "aio": secret}).encode()).decode()
    body = SAMPLES["cloudevents-arm"] | {"data_base64": packed}

    assert leaked(body, secret, packed) == []


def test_what_is_left_says_that_something_was_there() -> None:
    body = SAMPLES["defender-alert"] | {"note": sas("Zm9vYmFyYmF6")}

    (found,) = read(body, received_at=RECEIVED)

    assert isinstance(found, Signal)
    assert "sig=[redacted]" in found.body["note"]
