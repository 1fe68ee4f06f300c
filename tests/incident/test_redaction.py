"""What is taken out of texts and values before anything is kept, and what stays."""

from typing import Any

import pytest

from incident.redaction import GONE, redact, redact_text

KEY = "Zm9v" * 21 + "YQ=="


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "https://a.blob.core.windows.net/c?sp=rl&sig=Zm9v%2B%3D&se=2026",
            "https://a.blob.core.windows.net/c?sp=rl&sig=[redacted]&se=2026",
        ),
        ("go?to=https%3A%2F%2Fa%2Fc%3Fsp%3Drl%26sig%3DZm9v", "go?to=https%3A%2F%2Fa%2Fc%3Fsp%3Drl%26sig%3D[redacted]"),
        ("AccountName=a;AccountKey=Zm9v==;EndpointSuffix=x", "AccountName=a;AccountKey=[redacted];EndpointSuffix=x"),
        ("Server=s;Password = hunter2;", "Server=s;Password=[redacted];"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("x eyJhbGciOi.eyJzdWIiOi.c2ln y", "x [redacted] y"),
        (f"key={KEY}", "key=[redacted]"),
        (f"/a/{KEY}", "[redacted]"),
        ("https://user:word@clinic.example/", "https://[redacted]@clinic.example/"),
        (r"torn {\"aio\":\"AVQA\",\"n\":1", r"torn {\"aio\":\"[redacted]\",\"n\":1"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", GONE),
        ("let compressedRec = 'eJwz';", GONE),
    ],
)
def test_secrets_go_and_the_rest_of_the_text_stays(text: str, left: str) -> None:
    assert redact_text(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "/subscriptions/6c1f4b1e-0000-4000-8000-00000000c11c/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "statusCode=200; errorcode=0",
        "a" * 64,
        "2517536653831539999_658fa695-a5e6-4b60-ac7c-b2c1396df384",
    ],
)
def test_ids_and_plain_words_stay(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"Query": "rows", "Query Period": "1d"}, {"Query": GONE, "Query Period": "1d"}),
        ({"claims": {"aio": "x", "uti": "y", "name": "n"}}, {"claims": {"aio": GONE, "uti": GONE, "name": "n"}}),
        ({"authorization": {"scope": "/s"}}, {"authorization": {"scope": "/s"}}),
        ({"Authorization": "Negotiate x"}, {"Authorization": GONE}),
        ({"adminPassword": "hunter2", "hasPassword": True}, {"adminPassword": GONE, "hasPassword": True}),
        ({"access key": "key1", "accessKey": "c2VjcmV0"}, {"access key": "key1", "accessKey": GONE}),
        ({"token": None, "secret": "", "SearchResults": {}}, {"token": None, "secret": "", "SearchResults": {}}),
        ({"SearchResults": {"tables": [1]}}, {"SearchResults": GONE}),
        ({"claims": '{"aio": "x", "n": 1}'}, {"claims": '{"aio": "[redacted]", "n": 1}'}),
        ({"said": '{"n":   1}'}, {"said": '{"n":   1}'}),
        ([1, None, True, 1.5], [1, None, True, 1.5]),
    ],
)
def test_names_tell_what_the_value_does_not(value: Any, left: Any) -> None:
    assert redact(value) == left


def test_what_lies_too_deep_to_look_at_is_gone() -> None:
    deep: Any = "plain"
    for _ in range(100):
        deep = [deep]

    assert "plain" not in repr(redact(deep))
