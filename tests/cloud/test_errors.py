import json
from typing import Any

import pytest

from cloud.errors import failure, fault, seconds
from incident.errors import Gone, Refused
from tests.cloud.wire import START

KEY = "A" * 86 + "=="


def told(status: int, body: Any, headers: dict[str, str] | None = None) -> Refused:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return fault(status, headers or {}, content, START).refusal()


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "Conflict", "message": "it is so"}},
        {"code": "Conflict", "message": "it is so"},
        {"Code": "Conflict", "Message": "it is so", "Target": None},
    ],
)
def test_the_three_dialects_say_the_same(body: object) -> None:
    refused = told(409, body)

    assert (refused.code, str(refused)) == ("Conflict", "Conflict: it is so")


@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", b"[]", b"null", b'"text"', b"\xff", b'{"error": null}'])
def test_a_body_that_is_no_error_still_gives_one(body: bytes) -> None:
    assert told(418, body).code == "Http418"


def test_the_header_names_the_code_where_the_body_does_not() -> None:
    assert told(403, b"", {"x-ms-error-code": "PublicAccessNotPermitted"}).code == "PublicAccessNotPermitted"


def test_what_is_not_found_is_gone() -> None:
    assert isinstance(told(404, {"error": {"code": "ParentResourceNotFound", "message": "no"}}), Gone)


def test_a_policy_is_named() -> None:
    info = [
        {"type": "PolicyViolation", "info": {"policyDefinitionDisplayName": "Storage stays open for the lab"}},
        {"type": "PolicyViolation", "info": {"policyAssignmentDisplayName": "Baseline"}},
        {"type": "Other", "info": None},
    ]
    refused = told(
        403,
        {
            "error": {
                "code": "RequestDisallowedByPolicy",
                "message": "Resource was disallowed by policy.",
                "additionalInfo": info,
            }
        },
    )

    assert refused.code == "RequestDisallowedByPolicy"
    assert "Policy: Storage stays open for the lab. Policy: Baseline." in str(refused)
    assert "exempt the resource" in str(refused)


def test_a_missing_right_is_told_by_action_and_scope_without_the_identity() -> None:
    message = (
        "The client 'b1c2' with object id 'b1c2' does not have authorization to perform action "
        "'Microsoft.Storage/storageAccounts/write' over scope '/subscriptions/s/resourceGroups/phi' or the scope is "
        "invalid. If access was recently granted, please refresh your credentials."
    )
    refused = told(403, {"error": {"code": "AuthorizationFailed", "message": message}})

    assert "lacks Microsoft.Storage/storageAccounts/write on /subscriptions/s/resourceGroups/phi." in str(refused)
    assert "b1c2" not in str(refused)


def test_a_lock_is_told_with_who_can_open_it() -> None:
    refused = told(409, {"error": {"code": "ScopeLocked", "message": "cannot perform write operation"}})

    assert (refused.code, "the owner removes the lock" in str(refused)) == ("ScopeLocked", True)


def test_no_secret_of_an_answer_reaches_the_error() -> None:
    message = f"bad url https://a.blob.core.windows.net/c?sv=1&sig=abc%2Fdef%3D and AccountKey={KEY};"
    refused = told(400, {"error": {"code": f"Bad sig={KEY}", "message": message}})

    assert KEY not in str(refused)
    assert "abc%2Fdef" not in str(refused)
    assert KEY not in refused.code


def test_a_long_message_is_cut() -> None:
    assert len(str(told(400, {"error": {"code": "Long", "message": "x" * 10_000}}))) < 700


def test_a_failed_operation_says_why() -> None:
    assert failure({"status": "Failed", "error": {"code": "InUse", "message": "no"}}) == ("InUse", "no")
    assert failure({"status": "Canceled"}) == ("OperationFailed", "")
    assert failure(None) == ("OperationFailed", "")


@pytest.mark.parametrize(
    ("header", "expected"),
    [("7", 7.0), (" 0.5 ", 0.5), ("Sun, 22 Nov 2026 09:01:00 GMT", 60.0), ("Sun, 22 Nov 2026 08:00:00 GMT", 0.0)],
)
def test_a_wait_is_a_number_or_a_date(header: str, expected: float) -> None:
    assert seconds(header, START) == expected


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "Sun, 22 Nov 2026 09:01:00 -0000"])
def test_any_other_wait_is_none(header: str | None) -> None:
    assert seconds(header, START) is None
