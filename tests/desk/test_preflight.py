"""Preflight over the wire: each thing that is missing is said, what blocks decides, and nothing is ever written."""

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from cloud import Cloud
from desk import __main__ as command
from desk import lacks
from desk.preflight import Preflight, preflight, told
from desk.quarters import UNTRACKED
from drills import rights
from drills.estate import Delays, Estate, consents
from drills.estate.clinic import WORKSPACE, Clinic
from drills.estate.diagnostics import setting
from drills.estate.log_analytics import WORKSPACE_ID
from drills.estate.settable import resource
from incident.settings import Settings
from responders.roles import TAKEOVER
from tests.conftest import policy_of

LICENSED = ("AAD_PREMIUM", "AAD_PREMIUM_P2", "AAD_WRKLDID_P2")
POLICY = """
version: 1
entity: {name: Clinic, zone: America/New_York, role: covered_entity}
modes: [{class: "*", mode: act}]
"""


@dataclass
class Tenant:
    """A hospital to which nothing is missing."""

    estate: Estate
    clinic: Clinic
    cloud: Cloud

    async def preflight(self, mode: str = "act") -> Preflight:
        return await preflight(self.cloud, policy_of(mode), self.estate.world.clock())

    async def lacking(self, about: str, mode: str = "act") -> list[str]:
        return [lack.what for lack in (await self.preflight(mode)).lacks if lack.about == about]


def equipped(estate: Estate) -> Clinic:
    """A clinic with everything that a preflight looks for."""
    clinic, world = Clinic(estate), estate.world
    rights.grant(estate)
    estate.grant("contain", "Microsoft.Authorization/locks/write", "Microsoft.Authorization/locks/delete")
    estate.grant("read", "AuditLog.Read.All", "Policy.Read.All")
    estate.grant("directory", *TAKEOVER)
    kept = clinic.account("evidence", tags={}).id
    estate.assign(
        estate.member("evidence"), "Storage Blob Data Owner", f"{kept}/blobServices/default/containers/evidence"
    )
    world.store.seed(resource(WORKSPACE, customerId=WORKSPACE_ID))
    world.store.seed(setting(f"{clinic.account('phistore').id}/blobServices/default", "StorageRead"))
    consents.show(estate.graph, *(world.directory[tier] for tier in ("read", "directory")))
    consents.license(estate.graph, *LICENSED)
    return clinic


@pytest.fixture
async def tenant(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tenant]:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, estate.environment()[name])
    stores = {"TABLES": "unused", "EVIDENCE": "https://evidence.blob.core.windows.net", "POLICY": "unused"}
    environment = estate.environment() | {f"TOURNIQUET_{name}": value for name, value in stores.items()}
    cloud = Cloud(Settings.read(environment))
    yield Tenant(estate, equipped(estate), cloud)
    await cloud.close()


async def test_where_nothing_is_missing_it_is_ready_and_nothing_was_written(tenant: Tenant) -> None:
    found = await tenant.preflight()

    assert [*found.lacks] == []
    assert found.ready
    assert found.phi == 1
    asked = {(one["liveRequest"]["method"], one["id"].split()[2]) for one in tenant.estate.exchanges}
    assert {path for method, path in asked if method != "GET"} == {"/providers/Microsoft.ResourceGraph/resources"}
    assert tenant.estate.log.records == []


async def test_each_identity_is_asked_itself_and_what_it_may_not_do_is_named(tenant: Tenant) -> None:
    directory = tenant.estate.world.directory
    directory["read"].grants.remove("Microsoft.Insights/DiagnosticSettings/Read")
    directory["contain"].grants.remove("Microsoft.Authorization/locks/write")
    directory["contain"].grants.remove("Microsoft.Storage/storageAccounts/revokeUserDelegationKeys/action")
    directory["contain"].grants.remove("Microsoft.Storage/storageAccounts/regeneratekey/action")

    assert [lack.blocks for lack in (await tenant.preflight()).lacks if lack.about == "permissions"] == [
        True,
        True,
        False,
    ]
    named = " ".join(await tenant.lacking("permissions"))
    both = [f"Microsoft.Storage/storageAccounts/{one}/action" for one in ("regeneratekey", "revokeUserDelegationKeys")]
    assert "read may not Microsoft.Insights/DiagnosticSettings/Read in /subscriptions/" in named
    assert f"contain may not {', '.join(both)} in /subscriptions/" in named
    assert "contain may not Microsoft.Authorization/locks/write" in named
    assert "cannot be looked at" in " ".join(await tenant.lacking("logs"))


async def test_while_everything_is_watched_the_right_to_contain_blocks_nothing(tenant: Tenant) -> None:
    tenant.estate.world.directory["contain"].grants.clear()

    assert not (await tenant.preflight("act")).ready
    assert (await tenant.preflight("watch")).ready
    nothing = [f"contain has nothing of the role {role} in" for role in ("contain", "locks")]
    found = await tenant.lacking("permissions", "watch")
    assert [said for said, start in zip(found, nothing, strict=True) if not said.startswith(start)] == []


async def test_evidence_that_cannot_be_written_blocks(tenant: Tenant) -> None:
    for each in tenant.estate.world.store.of_type("Microsoft.Authorization/roleAssignments"):
        tenant.estate.world.store.remove(each["id"])

    [missing] = [lack for lack in (await tenant.preflight()).lacks if lack.about == "evidence"]

    assert missing.blocks
    assert missing.what.startswith("evidence has nothing of the role evidence in")


async def test_a_consent_that_was_not_given_is_named(tenant: Tenant) -> None:
    store = tenant.estate.world.store
    for each in store.of_type("Microsoft.aadiam/servicePrincipals/appRoleAssignments"):
        if each["appRoleId"] in {consents.role_id(name) for name in ("User.Read.All", TAKEOVER[0])}:
            store.remove(each["id"])

    found = [lack for lack in (await tenant.preflight()).lacks if lack.about == "consents"]

    assert [(lack.what, lack.blocks) for lack in found] == [
        ("read has no consent to User.Read.All", True),
        (f"directory has no consent to {TAKEOVER[0]}", False),
    ]


async def test_providers_licences_quotas_and_silent_resources_are_named(tenant: Tenant) -> None:
    world = tenant.estate.world
    world.unregistered = {"Microsoft.EventGrid", "Microsoft.Sql"}
    world.most_accounts = 2
    tenant.clinic.account("silent")
    for each in world.store.of_type("Microsoft.aadiam/subscribedSkus"):
        world.store.remove(each["id"])
    consents.license(tenant.estate.graph, "AAD_PREMIUM")
    consents.license(tenant.estate.graph, *LICENSED, state="Suspended")

    found = await tenant.preflight()

    about = {lack.about: lack for lack in found.lacks}
    assert about["providers"].blocks
    assert "Microsoft.EventGrid is NotRegistered" in about["providers"].what
    assert "StorageAccounts is used up in eastus2" in about["quotas"].what
    assert "storageAccounts/silent" in about["logs"].what
    assert len([lack for lack in found.lacks if lack.about == "licences"]) == 2
    assert len(found.lacks) == 5


async def test_where_nothing_holds_phi_there_is_nothing_to_guard(tenant: Tenant) -> None:
    world = tenant.estate.world
    world.store.remove(tenant.clinic.account("phistore").id)
    world.store.remove(WORKSPACE)

    found = await tenant.preflight()

    assert [lack.blocks for lack in found.lacks if lack.about == "scope"] == [True, False]


async def test_the_last_month_is_counted_by_where_it_is_kept(tenant: Tenant) -> None:
    clinic = tenant.clinic
    account = clinic.account("phistore").opens_to_anyone()
    clinic.alert(account.id)
    clinic.incident("PHI is read by strangers", account.id)
    old = clinic.alert(account.id)
    old["properties"]["timeGeneratedUtc"] = f"{tenant.estate.world.clock() - timedelta(days=31):%Y-%m-%dT%H:%M:%SZ}"
    tenant.estate.world.store.seed(old)

    month = (await tenant.preflight()).month

    assert month.unread == {}
    assert {source: counts["signals"] for source, counts in month.counts.items()} == {
        "Defender for Cloud": 1,
        "Sentinel": 1,
        "activity log": 2,
    }
    assert month.counts["Defender for Cloud"]["dispositions"] == {"review": 1}
    assert "storage.public_container" in month.counts["activity log"]["classes"]


async def test_a_source_that_cannot_be_read_is_said_and_hides_no_other(tenant: Tenant) -> None:
    tenant.estate.world.directory["read"].grants.remove("Microsoft.SecurityInsights/incidents/read")
    tenant.clinic.alert(tenant.clinic.account("phistore").id)

    found = await tenant.preflight()

    assert found.month.counts["Defender for Cloud"]["signals"] == 1
    assert [line for line in told(found) if "Sentinel: not all could be read" in line]


def test_a_pattern_grants_unless_its_own_role_takes_away() -> None:
    wide = {"actions": ["Microsoft.Storage/*"], "notActions": ["*/regenerateKey/action"], "dataActions": None}
    rotate, read = "microsoft.storage/storageAccounts/regeneratekey/action", "Microsoft.Storage/storageAccounts/read"

    assert lacks.actions([rotate, read], [wide]) == [rotate]
    assert lacks.actions([rotate, read], [wide, {"actions": [rotate]}]) == []
    assert lacks.actions([read], [wide], "dataActions") == [read]


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    """The environment of a command in a shell, with no ledger anywhere."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    delays = Delays(poll=timedelta(0), operation=timedelta(0))
    with Estate.in_thread(delays=delays) as estate:
        stores = {"TOURNIQUET_TABLES": "https://nowhere.invalid", "TOURNIQUET_EVIDENCE": "https://nowhere.invalid"}
        given = estate.environment() | stores | {"TOURNIQUET_POLICY": str(tmp_path / "policy.yaml")}
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["desk", "preflight"])
        yield estate


def test_the_command_needs_no_ledger_and_ends_with_what_blocks(
    outside: Estate, capsys: pytest.CaptureFixture[str]
) -> None:
    equipped(outside)
    assert command.main() == 0
    *_, exercises, last = capsys.readouterr().out.splitlines()
    assert "missing: 1, of which 0 block: ready" in last
    assert exercises == UNTRACKED

    outside.world.unregistered = {"Microsoft.Web"}
    assert command.main() == 1
    assert "BLOCKS providers: Microsoft.Web is NotRegistered" in capsys.readouterr().out
