"""What the gate says of a whole capture: partial ones, operations without an end, states that do not follow."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.arm.exchange import Exchange, Json
from tests.conformance.arm.gate import judge, weighed
from tests.conformance.arm.recordings import Recording

pytestmark = pytest.mark.conformance

GROUP = "nsg/test_network_nsg.json"
ACCOUNT = "storage-account-update/test_storage_account_with_shared_key_access.json"


@pytest.fixture
def codes(findings: Mapping[str, Json]) -> Callable[..., set[str]]:
    """The codes of what our own checks find in a capture."""

    def found(*capture: Exchange, expected: tuple[str, ...] = ()) -> set[str]:
        faults = weighed(capture, findings, expected=expected).faults
        return {fault.code for fault in faults} - {"OBJECT_ADDITIONAL_PROPERTIES"}

    return found


@pytest.fixture
def group(recorded: Mapping[str, Recording]) -> dict[int, Exchange]:
    """The life of a security group by recorded number: 1 PUT, 2 poll, 3 GET, 50 DELETE, 51 and 52 polls."""
    return {int(one.id.rpartition("#")[2]): one for one in recorded[GROUP].exchanges}


@pytest.fixture
def account(recorded: Mapping[str, Recording]) -> dict[int, Exchange]:
    """12 GET, 13 PATCH of an account, and again as 15 and 16."""
    return {int(one.id.rpartition("#")[2]): one for one in recorded[ACCOUNT].exchanges}


def test_an_empty_capture_fails(spec: Path) -> None:
    assert [fault.code for fault in judge([], spec).faults] == ["EMPTY"]


def test_a_capture_passes_that_was_kept_in_the_validators_form(
    findings: Mapping[str, Json], group: Mapping[int, Exchange]
) -> None:
    capture = [Exchange.of(group[number].pair()) for number in (1, 2, 3)]

    verdict = weighed(capture, findings, expected={"NetworkSecurityGroups_CreateOrUpdate", "NetworkSecurityGroups_Get"})

    assert verdict.ok, str(verdict)
    assert verdict.operations == {"NetworkSecurityGroups_CreateOrUpdate": 1, "NetworkSecurityGroups_Get": 1}
    assert str(verdict) == "3 exchanges, 2 operations, 0 faults"


def test_a_capture_that_lacks_an_expected_operation_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    assert codes(group[3], expected=("NetworkSecurityGroups_Get",)) == set()
    assert codes(group[3], expected=("SecurityRules_Get",)) == {"NOT_SEEN"}


def test_an_expected_operation_that_was_only_refused_was_not_seen(codes: Any, group: Mapping[int, Exchange]) -> None:
    refused = replace(
        group[3], status=404, reply={"error": {"code": "ResourceNotFound", "message": "It is not there."}}
    )

    assert codes(refused, expected=("NetworkSecurityGroups_Get",)) == {"NOT_SEEN"}


def test_an_operation_that_nobody_followed_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    assert codes(group[1], group[2]) == set()
    assert codes(group[1]) == {"NEVER_POLLED"}


def test_an_operation_that_did_not_end_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    running = replace(group[2], id=group[2].id, reply={"status": "InProgress"})

    assert codes(group[50], replace(group[51], reply={"status": "InProgress"})) == {"NO_END"}
    assert codes(group[1], running) == {"NO_END"}


def test_an_operation_that_failed_has_ended(codes: Any, group: Mapping[int, Exchange]) -> None:
    assert codes(group[1], replace(group[2], reply={"status": "Failed"})) == set()


def test_a_poll_without_a_status_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    assert codes(group[1], replace(group[2], reply={"state": "Succeeded"})) == {"NO_STATUS", "NO_END"}


def test_a_poll_of_something_begun_outside_the_capture_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    assert codes(group[2]) == {"NEVER_BEGUN"}


def test_a_patch_that_was_not_taken_fails(codes: Any, account: Mapping[int, Exchange]) -> None:
    unmoved = replace(account[13], reply=account[12].reply)

    assert codes(account[12], account[13]) == set()
    assert codes(account[12], unmoved) == {"NOT_TAKEN"}


def test_a_patch_that_changes_what_was_not_sent_fails(codes: Any, account: Mapping[int, Exchange]) -> None:
    assert codes(account[12], _answering(account[13], allowBlobPublicAccess=True)) == {"NOT_LEFT"}


def test_network_rules_that_a_patch_merged_instead_of_replacing_them_fail(
    codes: Any, account: Mapping[int, Exchange]
) -> None:
    rules = account[13].reply["properties"]["networkAcls"]
    kept = {**rules, "ipRules": [{"value": "203.0.113.7", "action": "Allow"}]}

    assert codes(account[12], _answering(account[13], networkAcls=kept)) == {"NOT_TAKEN"}


def test_a_put_that_keeps_a_rule_that_was_not_sent_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    put = _answering(group[1], securityRules=[_rule("left-over", 100)])

    assert codes(put, group[2]) == {"NOT_REPLACED"}


def test_two_rules_of_one_priority_and_direction_fail(codes: Any, group: Mapping[int, Exchange]) -> None:
    one, other, inbound = _rule("one", 100), _rule("other", 100), _rule("inbound", 100, "Inbound")

    assert codes(_answering(group[3], securityRules=[one, inbound])) == set()
    assert codes(_answering(group[3], securityRules=[one, other])) == {"PRIORITY"}


def test_a_write_on_a_superseded_etag_that_passes_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    second = replace(group[3], reply={**group[3].reply, "etag": 'W/"2"'})
    stale = replace(group[1], headers={**group[1].headers, "if-match": group[3].reply["etag"]})
    fresh = replace(group[1], headers={**group[1].headers, "if-match": 'W/"2"'})

    assert codes(group[3], second, fresh, group[2]) == set()
    assert codes(group[3], second, stale, group[2]) == {"STALE_ETAG"}


def test_a_412_that_answers_a_request_without_a_condition_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    refusal = {"error": {"code": "PreconditionFailed", "message": "The resource has changed."}}
    refused = replace(group[1], status=412, reply=refusal, reply_headers={})
    conditional = replace(refused, headers={**refused.headers, "if-match": 'W/"1"'})

    assert codes(conditional) == set()
    assert codes(refused) == {"UNASKED_412"}


def test_a_list_that_reaches_beyond_its_scope_fails(codes: Any, group: Mapping[int, Exchange]) -> None:
    url = group[3].url.replace("/test-nsg1", "")
    here, there = {"value": [group[3].reply]}, {"value": [{"id": "/subscriptions/1/resourceGroups/other"}]}

    assert codes(replace(group[3], url=url, reply=here)) == set()
    assert codes(replace(group[3], url=url, reply=there)) == {"OTHER_ID"}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        pytest.param("/subscriptions/1/resourceGroups/clinic", set(), id="on the group of the vault"),
        pytest.param("/subscriptions/1/resourceGroups/clin", {"OTHER_ID"}, id="on another group"),
        pytest.param("/subscriptions/2", {"OTHER_ID"}, id="on another subscription"),
    ],
)
def test_roles_that_are_listed_hold_at_the_scope(
    codes: Any, group: Mapping[int, Exchange], given: str, fault: set[str]
) -> None:
    listed = "providers/Microsoft.Authorization/roleAssignments"
    vault = "/subscriptions/1/resourceGroups/clinic/providers/Microsoft.KeyVault/vaults/phivault"
    url = f"https://management.azure.com{vault}/{listed}?api-version=2022-04-01"

    assert codes(replace(group[3], url=url, reply={"value": [{"id": f"{given}/{listed}/c0"}]})) == fault


def _answering(exchange: Exchange, **properties: Any) -> Exchange:
    changed = {**exchange.reply, "properties": {**exchange.reply["properties"], **properties}}
    return replace(exchange, reply=changed)


def _rule(name: str, priority: int, direction: str = "Outbound") -> Json:
    return {
        "name": name,
        "properties": {"priority": priority, "direction": direction, "access": "Allow", "protocol": "*"},
    }
