"""Rules' reads over the wire, against the simulated estate: what bears a claim out, and when a second look is taken."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud import Cloud
from desk.observe import observe
from detection import rules
from detection.facts import Facts, Failed, Read
from detection.readers import read
from detection.rule import Rule
from detection.rules import ca_gap, public_container, ransomware
from drills.estate import Delays, Estate
from drills.estate.clinic import Clinic
from incident.policy import Entity, Policy
from incident.resource import ResourceId
from incident.settings import Settings
from incident.signal import Signal

NOTHING = timedelta(0)
POLICY = Policy(entity=Entity(name="Clinic", zone="UTC", role="covered_entity"), tags={"data-classification": "phi"})
READS = (
    "Microsoft.Storage/*/read",
    "Microsoft.Insights/eventtypes/values/Read",
    "Microsoft.Security/locations/alerts/read",
    "Microsoft.SecurityInsights/incidents/read",
    "Microsoft.SecurityInsights/incidents/alerts/action",
    "Microsoft.SecurityInsights/incidents/entities/action",
)
DELETED = "Storage.Blob_DeletionAnomaly"


@pytest.fixture
async def estate() -> AsyncIterator[Estate]:
    async with Estate.serve(delays=Delays(poll=NOTHING, operation=NOTHING)) as running:
        running.grant("read", *READS)
        yield running


@pytest.fixture
def clinic(estate: Estate) -> Clinic:
    return Clinic(estate)


@pytest.fixture
async def cloud(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    for name, value in estate.environment().items():
        monkeypatch.setenv(name, value)
    required = {f"TOURNIQUET_{name}": "x" for name in ("TABLES", "EVIDENCE", "POLICY")}
    cloud = Cloud(Settings.read({**os.environ, **required}))
    yield cloud
    await cloud.close()


class Pauses:
    """Remembers how long it was asked to wait, and lets something happen meanwhile."""

    def __init__(self, meanwhile: Any = None) -> None:
        self.seconds: list[float] = []
        self.meanwhile = meanwhile

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile and len(self.seconds) == 1:
            self.meanwhile()


def written(account: str, **change: Any) -> Signal:
    now = datetime.now(UTC)
    plain: dict[str, Any] = {
        "source": "eventgrid",
        "kind": "eventgrid-arm",
        "id": "1",
        "content": "c",
        "received_at": now,
        "occurred_at": now - timedelta(seconds=1),
        "operation": "Microsoft.Storage/storageAccounts/write",
        "resources": (ResourceId(account),),
    }
    return Signal(**plain | change)


def arrived(payload: Any) -> tuple[Signal, list[Rule]]:
    (signal,) = read(payload, received_at=datetime.now(UTC))
    assert isinstance(signal, Signal)
    return signal, [rule for rule in rules.every() if rule.match(signal)]


async def test_a_defender_alert_is_borne_out_by_the_alert_that_defender_holds(clinic: Clinic, cloud: Cloud) -> None:
    account = clinic.account("phistore").id
    signal, matching = arrived(clinic.alert(account, kind=DELETED))

    facts = await observe(cloud, signal, matching)
    finding = ransomware.RULE.judge(signal, facts, POLICY)

    assert (finding.disposition, finding.corroborated_by) == ("contain", ("the Defender alert, found by its id",))


async def test_an_alert_that_defender_never_raised_is_for_a_person(clinic: Clinic, cloud: Cloud) -> None:
    account = clinic.account("phistore").id
    forged = clinic.alert(account, kind="Storage.Blob_OpenACL")
    forged = forged | {"properties": forged["properties"] | {"alertType": DELETED}}
    signal, matching = arrived(forged)

    facts = await observe(cloud, signal, matching)

    assert ransomware.RULE.judge(signal, facts, POLICY).disposition == "review"


async def test_a_sentinel_incident_is_read_back_with_its_alerts_and_entities(clinic: Clinic, cloud: Cloud) -> None:
    account = clinic.account("phistore").id
    kept = clinic.incident("Anonymous access", account)
    signal, _ = arrived({"objectSchemaType": "Incident", "object": kept})
    incident = ResourceId(kept["id"])

    facts = await observe(cloud, signal, [Reading(incident)])  # type: ignore[list-item] # a rule of three reads

    entities, alerts = (facts.answer(Read(incident, action=each)) for each in ("entities", "alerts"))
    assert facts.one(incident)
    assert entities
    assert entities.body["entities"][0]["properties"]["resourceId"] == account
    assert alerts
    assert alerts.body["value"][0]["properties"]["alertType"] == "Storage.Blob_AnonymousAccessAnomaly"


class Reading:
    """Asks for one incident and what belongs to it."""

    patience = ()

    def __init__(self, incident: ResourceId) -> None:
        self.incident = incident

    def reads(self, _signal: Signal, _facts: Facts) -> tuple[Read, ...]:
        parts = (Read(self.incident, action=each) for each in ("entities", "alerts"))
        return (Read(self.incident), *parts)


async def test_an_operation_is_borne_out_by_the_activity_log(clinic: Clinic, cloud: Cloud) -> None:
    account = clinic.account("phistore")
    account.opens_to_anyone()
    since = datetime.now(UTC) - timedelta(hours=1)
    asked = Read(ResourceId(account.id), since=since)

    facts = await observe(cloud, written(account.id), [Asking(asked)])  # type: ignore[list-item] # a rule of one read

    records = facts.every(asked)
    assert records
    assert records[0].body["status"]["value"] == "Succeeded"
    assert facts.priors == {}


class Asking:
    """Asks for one thing."""

    patience = ()

    def __init__(self, asked: Read) -> None:
        self.asked = asked

    def reads(self, _signal: Signal, _facts: Facts) -> tuple[Read, ...]:
        return (self.asked,)


async def test_what_is_not_there_and_what_has_no_address_are_facts_too(clinic: Clinic, cloud: Cloud) -> None:
    gone = ResourceId(clinic.account("phistore").id + "x")
    odd = ResourceId("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a;b?c")

    facts = await observe(cloud, written(gone.text), [Asking(Read(gone)), Asking(Read(odd))])  # type: ignore[list-item] # rules of one read

    assert facts.gone(gone)
    assert isinstance(facts.found[Read(odd)], Failed)
    assert not facts.gone(odd)


async def test_an_event_that_came_before_its_state_is_looked_at_again(clinic: Clinic, cloud: Cloud) -> None:
    account = clinic.account("phistore")
    pauses = Pauses(account.opens_to_anyone)

    facts = await observe(cloud, written(account.id), [public_container.RULE], POLICY, sleep=pauses)

    assert pauses.seconds == [public_container.RULE.patience[0]]
    assert public_container.RULE.judge(written(account.id), facts, POLICY).disposition == "contain"


async def test_what_can_be_seen_already_is_never_waited_for(clinic: Clinic, cloud: Cloud) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    pauses = Pauses()

    await observe(cloud, written(account.id), [rule for rule in rules.every() if rule.patience], POLICY, sleep=pauses)

    assert pauses.seconds == []


@pytest.mark.parametrize(
    "change",
    [
        {"occurred_at": datetime.now(UTC) - timedelta(hours=1)},
        {"drill": True},
        {"source": "sentinel"},
    ],
    ids=["long ago", "a drill", "no event"],
)
async def test_nobody_waits_for_what_is_old_a_drill_or_no_event(
    clinic: Clinic, cloud: Cloud, change: dict[str, Any]
) -> None:
    pauses = Pauses()
    signal = written(clinic.account("phistore").id, **change)

    await observe(cloud, signal, [public_container.RULE], POLICY, sleep=pauses)

    assert pauses.seconds == []


async def test_patience_has_an_end(clinic: Clinic, cloud: Cloud) -> None:
    pauses = Pauses()

    await observe(cloud, written(clinic.account("phistore").id), [public_container.RULE], POLICY, sleep=pauses)

    assert tuple(pauses.seconds) == public_container.RULE.patience


async def test_what_the_directory_holds_is_read_of_graph_with_its_audit(
    cloud: Cloud, clinic: Clinic, estate: Estate
) -> None:
    estate.grant("read", "Policy.Read.All", "AuditLog.Read.All")
    policy, admin = clinic.access_policy("mfa", "mfa"), clinic.user("admin")
    policy.loses_controls(admin)
    hints = {"target_ids": policy.oid, "target_types": "Policy"}
    now = datetime.now(UTC)
    told = Signal(
        source="entra", kind="", id="1", content="c", received_at=now, operation=ca_gap.CHANGES[1], hints=hints
    )

    [finding] = ca_gap.RULE.findings(told, await observe(cloud, told, [ca_gap.RULE]), POLICY)

    assert (finding.disposition, finding.reason) == ("contain", "the policy lost its grantControls")
    assert [target.name for target in finding.targets] == [policy.oid, admin.principal.oid]
