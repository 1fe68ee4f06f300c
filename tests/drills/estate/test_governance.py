"""Locks, policies and roles: who may not, although they may."""

from uuid import UUID, uuid4

import pytest

from drills.estate import Estate
from drills.estate.clinic import GROUP, Clinic
from drills.estate.roles import definition_id
from tests.drills.estate.conftest import Clock, Wire

ROLES, LOCKS = "2022-04-01", "2020-05-01"


async def test_a_lock_on_the_group_stops_deletes_below_it_even_of_roles(clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore")
    nurse = clinic.reader("phistore")
    clinic.locked(GROUP)
    (role,) = (await wire.ask("GET", f"{account.id}/providers/Microsoft.Authorization/roleAssignments", version=ROLES))[
        1
    ]["value"]

    gone = await wire.ask("DELETE", account.id)
    taken = await wire.ask("DELETE", role["id"], version=ROLES)
    written = await wire.ask("PATCH", account.id, {"tags": {}})

    assert role["properties"]["principalId"] == nurse.oid
    assert (gone[0], taken[0], written[0]) == (409, 409, 200)
    assert gone[1]["error"]["code"] == "ScopeLocked"
    assert f"cannot perform delete operation because following scope(s) are locked: '{GROUP}'" in str(gone[1])


@pytest.mark.parametrize(
    ("method", "tail", "version"),
    [
        ("PATCH", "", "2023-05-01"),
        ("POST", "/listKeys", "2023-05-01"),
        ("POST", "/regenerateKey", "2023-05-01"),
        ("DELETE", "", "2023-05-01"),
        ("PUT", f"/providers/Microsoft.Authorization/roleAssignments/{UUID(int=7)}", ROLES),
    ],
)
async def test_read_only_stops_everything_but_reading(
    clinic: Clinic, wire: Wire, method: str, tail: str, version: str
) -> None:
    account = clinic.account("phistore")
    clinic.locked(account.id, "ReadOnly")

    status, body, _ = await wire.ask(method, f"{account.id}{tail}", {}, version=version)

    assert (status, body["error"]["code"]) == (409, "ScopeLocked")
    assert (await wire.ask("GET", account.id))[0] == 200
    assert not clinic.thief.with_key("phistore").deletes("phistore/scans/0001.dcm").is_refused


async def test_a_lock_is_taken_away_in_spite_of_itself(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    account = clinic.account("phistore")
    path = f"{account.id}/providers/Microsoft.Authorization/locks/hir-1"

    made, _, _ = await wire.ask("PUT", path, {"properties": {"level": "ReadOnly"}}, version=LOCKS)
    again, _, _ = await wire.ask("PUT", path, {"properties": {"level": "CanNotDelete"}}, version=LOCKS)
    gone, twice = [(await wire.ask("DELETE", path, version=LOCKS))[0] for _ in range(2)]

    assert (made, again, gone, twice) == (201, 200, 200, 204)
    assert (await wire.ask("GET", path, version=LOCKS))[0] == 404
    assert estate.snapshot() == clinic.before


async def test_what_a_policy_denies_is_refused_with_the_policys_name(
    clinic: Clinic, wire: Wire, estate: Estate
) -> None:
    account = clinic.account("phistore")
    estate.deny("Storage stays reachable", "/storageaccounts/phistore$")

    status, body, _ = await wire.ask("PATCH", account.id, {"properties": {"publicNetworkAccess": "Disabled"}})

    assert (status, body["error"]["code"]) == (403, "RequestDisallowedByPolicy")
    (told,) = body["error"]["additionalInfo"]
    assert (told["type"], told["info"]["policyDefinitionDisplayName"]) == ("PolicyViolation", "Storage stays reachable")
    assert (await wire.ask("GET", account.id))[0] == 200


async def test_assignments_are_listed_by_principal_with_those_that_are_inherited(
    clinic: Clinic, wire: Wire, estate: Estate
) -> None:
    account, above = clinic.account("phistore"), estate.world.scope
    nurse = clinic.reader("phistore", name="nurse")
    clinic.reader("phistore", name="nurse", role="Reader", scope=above)
    clinic.reader("phistore", name="porter")

    async def listed(scope: str, wanted: str) -> list[str]:
        path = f"{estate.url}{scope}/providers/Microsoft.Authorization/roleAssignments"
        _, body, _ = await wire.ask("GET", f"{path}?api-version={ROLES}&$filter={wanted}")
        return [one["properties"]["scope"] for one in body["value"]]

    assert await listed(account.id, f"principalId eq '{nurse.oid}'") == [above, account.id]
    assert await listed(account.id, f"assignedTo('{nurse.oid}')") == [above, account.id]
    assert await listed(above, "atScope()") == [above]
    assert len(await listed(above, "")) == 3


async def test_a_role_grants_at_its_scope_until_the_caches_have_forgotten_it(
    clinic: Clinic, wire: Wire, clock: Clock, estate: Estate
) -> None:
    account = clinic.account("phistore")
    role = estate.assign(estate.world.directory["contain"], "Storage Account Contributor", account.id)
    wire.principal = "contain"
    assert (await wire.ask("PATCH", account.id, {"tags": {}}))[0] == 200
    assert (await wire.ask("PATCH", clinic.account("other").id, {"tags": {}}))[0] == 403
    wire.principal = "operator"

    await wire.ask("DELETE", role, version=ROLES)
    wire.principal = "contain"

    assert (await wire.ask("PATCH", account.id, {"tags": {}}))[0] == 200
    clock.passes(seconds=1)
    assert (await wire.ask("PATCH", account.id, {"tags": {}}))[0] == 403


async def test_an_assignment_is_made_once_and_read_and_missed(clinic: Clinic, wire: Wire, estate: Estate) -> None:
    path = f"{clinic.account('phistore').id}/providers/Microsoft.Authorization/roleAssignments"
    reader = {"roleDefinitionId": definition_id(estate.world, "Reader"), "principalId": str(uuid4())}
    one = f"{path}/{uuid4()}"

    assert (await wire.ask("PUT", one, {"properties": reader}, version=ROLES))[0] == 201
    twin, body, _ = await wire.ask("PUT", f"{path}/{uuid4()}", {"properties": reader}, version=ROLES)
    assert (twin, body["error"]["code"]) == (409, "RoleAssignmentExists")
    assert (await wire.ask("PUT", f"{path}/{uuid4()}", {"properties": {}}, version=ROLES))[0] == 400
    assert (await wire.ask("GET", f"{path}/{uuid4()}", version=ROLES))[1]["error"]["code"] == "RoleAssignmentNotFound"


async def test_roles_of_a_management_group_hold_in_its_subscriptions(clinic: Clinic, wire: Wire) -> None:
    above = "/providers/Microsoft.Management/managementGroups/hospital"
    clinic.account("phistore")
    auditor = clinic.reader("phistore", name="auditor", scope=above)

    assert not clinic.thief.with_token(auditor).reads("phistore/scans/0001.dcm").is_refused
    path = f"{above}/providers/Microsoft.Authorization/roleAssignments"
    assert len((await wire.ask("GET", path, version=ROLES))[1]["value"]) == 1


async def test_whoever_may_read_and_not_list_reads_and_does_not_list(clinic: Clinic, estate: Estate) -> None:
    clinic.account("phistore")
    delegator = clinic.reader("phistore", role="Storage Blob Delegator", name="delegator")

    with pytest.raises(AssertionError, match="AuthorizationPermissionMismatch"):
        clinic.thief.with_user_delegation_sas("phistore", "scans", estate.member("nobody"))
    link = clinic.thief.with_user_delegation_sas("phistore", "scans", delegator)
    assert link.reads("phistore/scans/0001.dcm").code == "AuthorizationPermissionMismatch"
