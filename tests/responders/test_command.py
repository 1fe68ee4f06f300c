import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from cloud import Cloud, Request
from incident.plan import Approval
from incident.resource import ResourceId
from incident.target import Before, Target
from responders import measures
from responders.command import az_rest, prepared

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/phistore"
SERVER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/ehr"
ITEM = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/nightly"
    "/backupFabrics/Azure/protectionContainers/c/protectedItems/pacs"
)
WORM = f"{ACCOUNT}/blobServices/default/containers/evidence/immutabilityPolicies/default"
UNLOCKED: Mapping[str, Any] = {"id": WORM, "etag": '"8dc"', "properties": {"state": "Unlocked"}}


def test_a_command_says_method_address_condition_and_body_and_survives_the_shell() -> None:
    request = Request(
        method="POST",
        url="https://management.azure.com/x?api-version=1&y=2",
        content=b'{"name": "it\'s"}',
        headers={"if-match": '"8dc"', "content-type": "application/json"},
    )

    words = shlex.split(az_rest(request))

    assert words[:6] == ["az", "rest", "--method", "post", "--url", request.url]
    assert words[words.index("--body") + 1] == '{"name": "it\'s"}'
    assert 'if-match="8dc"' in words


def test_a_request_without_a_body_has_none() -> None:
    assert "--body" not in az_rest(Request(method="DELETE", url="https://management.azure.com/x"))


@dataclass(frozen=True, kw_only=True)
class ByHand:
    measure: str
    resource: str
    path: str
    method: str = "post"
    parameters: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)


RESTORE = ByHand(
    measure="restore_blobs",
    resource=ACCOUNT,
    parameters={"restore_to": "2026-11-20T08:00:00Z"},
    path="/restoreBlobRanges",
)
LOCK = ByHand(measure="lock_immutability", resource=WORM, before=UNLOCKED, path="/immutabilityPolicies/default/lock")

FORGET = ByHand(
    measure="forget_tde_key",
    resource=f"{SERVER}/encryptionProtector/current",
    parameters={"exposed_vault": "shared-kv"},
    before={"properties": {"serverKeyType": "AzureKeyVault", "serverKeyName": "shared-kv_tde_0123"}},
    path="/servers/ehr/keys/shared-kv_tde_0123",
    method="delete",
)
PURGE = ByHand(
    measure="purge_backup",
    resource=ITEM,
    parameters={"dispose_after": "2032-11-20"},
    before={"id": ITEM},
    path="/protectedItems/pacs",
    method="delete",
)
POLICY = ByHand(
    measure="restore_access_policy",
    resource="/providers/Microsoft.aadiam/policies/mfa",
    parameters={"previous": '{"state": "enabled", "id": "mfa"}'},
    before={"state": "enabledForReportingButNotEnforced"},
    path="/identity/conditionalAccess/policies/mfa",
    method="patch",
)

ELIGIBLE = ByHand(
    measure="remove_eligibility",
    resource="/subscriptions/s/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/e",
    before={"properties": {"scope": "/subscriptions/s", "principalId": "p", "roleDefinitionId": "r"}},
    path="/roleEligibilityScheduleRequests/7690d7b6-f47a-5568-9623-7bd06f3cef3e",
    method="put",
)


@pytest.mark.parametrize("case", [RESTORE, LOCK, FORGET, PURGE, POLICY, ELIGIBLE], ids=lambda case: case.measure)
async def test_what_is_done_by_hand_is_prepared_from_the_request_itself(cloud: Cloud, case: ByHand) -> None:
    measure = measures.by_id(case.measure)
    target = Target(resource=ResourceId(case.resource), incident="i", parameters=case.parameters)

    [command] = await prepared(cloud, measure, target, Before(case.before))

    words = shlex.split(command)
    assert measure.approval is Approval.NEVER
    assert measure.permissions == ()
    assert words[3] == case.method
    assert words[5].partition("?")[0].endswith(case.path)


def test_there_is_nothing_else_that_is_done_by_hand() -> None:
    by_hand = {measure.id for measure in measures.every() if measure.approval is Approval.NEVER}

    assert by_hand == {RESTORE.measure, LOCK.measure, FORGET.measure, PURGE.measure, POLICY.measure, ELIGIBLE.measure}
