"""Each question of the sweep, over the estate as it is: what it finds, what looks alike, what is true no longer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.sweep import sweep
from desk.verdict import Verdict, judge
from detection import sweeps
from detection.rules import encryption_gap
from detection.sweeps import Sweep
from drills.estate.clinic import GROUP
from drills.estate.defender import alert
from drills.estate.places import PHI
from drills.estate.roles import assignment
from drills.estate.settable import resource
from drills.estate.wire import Json
from tests.desk.office import SOC, Office

PROVIDERS = f"{GROUP}/providers"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
OWNER, READER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ANYBODY = {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}  # noqa: S104 - the ends of a range
LEAVING = "Storage.Blob_DataExfiltration.AmountOfDataAnomaly"

type Place = Callable[[Office, str], str]


@dataclass(frozen=True)
class Case:
    """`leaks` is found, `alike` gives no row, `mended` gives one of which the live state knows nothing any more."""

    leaks: Place
    alike: Place
    mended: Callable[[Office, str], object]
    incident_class: str


def _has(office: Office, state: Json) -> str:
    office.estate.world.store.seed({"tags": PHI, **state})
    return str(state["id"])


def _placed(kind: str, **properties: Any) -> Place:
    return lambda office, name: _has(office, resource(f"{PROVIDERS}/{kind}/{name}", **properties))


def _now(**properties: Any) -> Callable[[Office, str], None]:
    """The resource has these properties now."""

    def mended(office: Office, place: str) -> None:
        state = office.estate.world.store.read(place) or {}
        office.estate.world.store.put({**state, "properties": {**state["properties"], **properties}})

    return mended


def _gone(office: Office, place: str) -> None:
    office.estate.world.store.remove(place)


def _account(**properties: Any) -> Place:
    def place(office: Office, name: str) -> str:
        account = office.clinic.account(name).id
        _now(**properties)(office, account)
        return account

    return place


def _vault(*keys: str) -> Place:
    return _placed("Microsoft.KeyVault/vaults", accessPolicies=[{"objectId": "o-1", "permissions": {"keys": [*keys]}}])


def _protecting(**properties: Any) -> Place:
    """A vault with the key of a server's databases."""

    def place(office: Office, name: str) -> str:
        address = f"https://{name}.vault.azure.net/"
        key, vault = {"keyId": f"{address}keys/tde/0123"}, {"vaultUri": address, **properties}
        office.estate.world.store.seed(resource(f"{PROVIDERS}/Microsoft.Sql/servers/of-{name}", **key))
        return _placed("Microsoft.KeyVault/vaults", **vault)(office, name)

    return place


def _server(office: Office, name: str) -> str:
    server = _placed("Microsoft.Sql/servers", publicNetworkAccess="Enabled")(office, name)
    office.estate.world.store.seed(resource(f"{server}/firewallRules/all", **ANYBODY))
    return server


def _walled(office: Office, place: str) -> None:
    office.estate.world.store.remove(f"{place}/firewallRules/all")


def _app(identity: Mapping[str, str] | None = None) -> Place:
    def place(office: Office, name: str) -> str:
        app = resource(f"{PROVIDERS}/Microsoft.Web/sites/{name}", state="Running")
        return _has(office, app | {"kind": "functionapp,linux", "identity": identity})

    return place


def _identified(office: Office, place: str) -> None:
    state = office.estate.world.store.read(place) or {}
    office.estate.world.store.put({**state, "identity": {"type": "SystemAssigned"}})


def _role(role: str) -> Place:
    def place(office: Office, name: str) -> str:
        given = {"roleDefinitionId": f"{DEFINITIONS}/{role}", "principalId": office.estate.member(name).oid}
        return _has(office, assignment(office.estate.world, office.clinic.account("phistore").id, given))

    return place


def _alerted(status: str) -> Place:
    def place(office: Office, name: str) -> str:
        told = {"alertType": LEAVING, "severity": "High", "status": status}
        return str(alert(office.estate.world, office.clinic.account(name).id, told, {})["id"])

    return place


def _written(office: Office, name: str) -> str:
    """An attacker opens it, and no event tells of it."""
    return office.clinic.account(name).opens_to_anyone().id


def _untouched(office: Office, name: str) -> str:
    return office.clinic.account(name).id


def _exempted(**ends: Any) -> Place:
    def place(office: Office, name: str) -> str:
        account = office.clinic.account(name).id
        assignment = f"{PROVIDERS}/Microsoft.Authorization/policyAssignments/https-only"
        office.estate.world.store.seed(resource(assignment, policyDefinitionId=f"/x/{min(encryption_gap.GUARDING)}"))
        exemption = f"{account}/providers/Microsoft.Authorization/policyExemptions/for-the-scanner"
        return _has(office, resource(exemption, policyAssignmentId=assignment, exemptionCategory="Waiver", **ends))

    return place


def _writes(request: Json) -> bool:
    return request["method"] != "GET" and "ResourceGraph" not in request["url"]


CASES: Mapping[Sweep, Case] = {
    sweeps.ACCOUNTS: Case(
        _account(supportsHttpsTrafficOnly=False),
        _account(allowBlobPublicAccess=False, supportsHttpsTrafficOnly=True, minimumTlsVersion="TLS1_2"),
        _now(supportsHttpsTrafficOnly=True),
        "policy.encryption_gap",
    ),
    sweeps.CHANGES: Case(_written, _untouched, _now(allowBlobPublicAccess=False), "storage.public_container"),
    sweeps.VAULTS: Case(
        _vault("get", "decrypt", "purge"),
        _vault("get", "wrapKey", "unwrapKey"),
        _now(accessPolicies=[]),
        "keyvault.overgranted_decrypt",
    ),
    sweeps.WEAK_VAULTS: Case(
        _protecting(),
        _protecting(enablePurgeProtection=True, publicNetworkAccess="Disabled", networkAcls={"defaultAction": "Allow"}),
        _now(enablePurgeProtection=True),
        "sql.tde_key_exposed",
    ),
    sweeps.SERVERS: Case(
        _server,
        _placed("Microsoft.Sql/servers", publicNetworkAccess="Disabled"),
        _walled,
        "sql.tde_key_exposed",
    ),
    sweeps.SITES: Case(_app(), _app({"type": "SystemAssigned"}), _identified, "function.no_managed_identity"),
    sweeps.ROLES: Case(
        _role(OWNER),
        _role(READER),
        _now(roleDefinitionId=f"{DEFINITIONS}/{READER}"),
        "app.excessive_graph",
    ),
    sweeps.BACKUPS: Case(
        _placed(
            "Microsoft.RecoveryServices/vaults",
            securitySettings={"softDeleteSettings": {"softDeleteState": "Disabled"}},
        ),
        _placed(
            "Microsoft.RecoveryServices/vaults",
            securitySettings={"softDeleteSettings": {"softDeleteState": "Enabled"}},
        ),
        _now(securitySettings={"softDeleteSettings": {"softDeleteState": "Enabled"}}),
        "backup.retains_breached_phi",
    ),
    sweeps.ALERTS: Case(_alerted("Active"), _alerted("Dismissed"), _now(status="Dismissed"), "phi.exfiltration"),
    sweeps.POLICIES: Case(
        _account(supportsHttpsTrafficOnly=False),
        _account(publicNetworkAccess="Enabled"),
        _now(supportsHttpsTrafficOnly=True),
        "policy.encryption_gap",
    ),
    sweeps.EXEMPTIONS: Case(
        _exempted(),
        _exempted(
            expiresOn=f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}",
            metadata={"approvers": ["oid-soc", "oid-owner"]},
        ),
        _now(expiresOn=f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"),
        "policy.encryption_gap",
    ),
}


@pytest.mark.parametrize("asked", CASES, ids=lambda asked: asked.id)
async def test_a_question_finds_what_leaks_alone_and_the_live_state_decides(office: Office, asked: Sweep) -> None:
    office.clock.at = datetime.now(UTC)
    case = CASES[asked]
    leaks, alike, mended = case.leaks(office, "leaky"), case.alike(office, "alike"), case.leaks(office, "mended")
    office.estate.graph_index.lag()
    case.mended(office, mended)

    rows = await office.parts.cloud.arm.graph(asked.query, most=10)
    await sweep(office.parts, [asked])

    assert {row["id"] for row in rows} >= {leaks, mended}
    assert alike not in {row["id"] for row in rows}
    known = await office.parts.ledger.newest()
    told = [each for row in known for each in await office.entries(row.incident, "finding")]
    contained = [each.body["incident_class"] for each in told if each.body["disposition"] == "contain"]
    assert contained == [case.incident_class]
    assert not [each for each in office.estate.exchanges if _writes(each["liveRequest"]) and "mended" in str(each)]


async def test_a_vault_that_can_be_purged_waits_for_one_approver_and_nothing_else_is_planned(office: Office) -> None:
    CASES[sweeps.WEAK_VAULTS].leaks(office, "tde")

    await sweep(office.parts, [sweeps.WEAK_VAULTS])

    [row] = await office.parts.ledger.newest()
    [state] = await office.steps(row.incident)
    assert (state.step.code, state.hold) == ("KV-05", "approval")


def _plain(office: Office, name: str) -> str:
    return _placed("Microsoft.Web/sites", httpsOnly=False)(office, name)


def _stopped(office: Office, name: str) -> str:
    """A disk whose backup somebody has stopped."""
    vault = _placed("Microsoft.DataProtection/backupVaults")(office, name)
    return _has(office, resource(f"{vault}/backupInstances/{name}", currentProtectionState="ProtectionStopped"))


async def test_what_only_looks_weak_starts_no_clock_and_is_asked_about_once(office: Office) -> None:
    asked = (sweeps.WEAK_VAULTS, sweeps.SITES, sweeps.STOPPED)
    reached = _placed("Microsoft.KeyVault/vaults", networkAcls={"defaultAction": "Allow"})
    for name, weak in {"purged": _protecting(), "reached": reached, "plain": _plain, "stopped": _stopped}.items():
        weak(office, name)
    await sweep(office.parts, asked)
    known = {row.incident for row in await office.parts.ledger.newest()}

    for _ in range(2):
        await office.passes(days=1)
        await sweep(office.parts, asked)

    assert len(known) == 4
    assert {row.incident for row in await office.parts.ledger.newest()} == known
    for incident in known:
        assert [each.kind for each in await office.entries(incident, "signal", "clock", "standing")] == ["signal"]


async def test_what_was_found_true_and_is_not_mended_is_asked_about_again(office: Office) -> None:
    _plain(office, "weak")
    await sweep(office.parts, [sweeps.SITES])
    [row] = await office.parts.ledger.newest()
    await judge(office.parts, SOC, row.incident, Verdict.TRUE, "nobody needs it")

    await office.passes(days=1)
    await sweep(office.parts, [sweeps.SITES])

    assert len(await office.parts.ledger.newest()) == 2
