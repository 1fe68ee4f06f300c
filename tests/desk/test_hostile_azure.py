"""What Azure can do to an incident, as a table: the outcome that is recorded, and what a person is told to do."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from cloud import Cloud
from desk.evidence import ACLS
from desk.intake import LATER, Receipt, deliver
from drills.bench.yard import reported
from drills.estate.faults import (
    Action,
    cut_after,
    cut_before,
    delayed,
    half_body,
    refused,
    slow_body,
    stale,
    throttled,
    when,
)
from drills.estate.wire import Asked, Reply
from incident.plan import Outcome
from incident.resource import ResourceId
from incident.settings import Settings
from responders.progress import StepState
from responders.runner import Runner
from tests.cloud.wire import Quick
from tests.conftest import Ticking
from tests.desk.office import Office
from tests.responders.line import QUICK

CALL = timedelta(seconds=3)
LOOK = "no answer from Azure in 4 attempts. Look at the resource: it may have been changed"
CONTAINED, REFUSED = Outcome.CONTAINED, Outcome.REFUSED


@dataclass(frozen=True)
class Case:
    """Faults on an account's writes, the nth by the nth (for ever where `lasting`), and what must follow."""

    name: str
    strikes: tuple[Action, ...]
    outcome: Outcome | None
    why: str = ""
    method: str = "PATCH"
    lasting: bool = False


def passing(status: int, code: str) -> Case:
    return Case(f"{status} {code}, once", (refused(status, code),), CONTAINED)


def final(status: int, code: str, why: str) -> Case:
    return Case(f"{status} {code}", (refused(status, code, "as Azure says."),), REFUSED, why, lasting=True)


PASSING_CONFLICTS = (
    "StorageAccountOperationInProgress",
    "AnotherOperationInProgress",
    "RetryableError",
    "ReferencedResourceNotProvisioned",
    "ConcurrentUpdate",
)
CASES = (
    Case("429 without Retry-After, twice", (throttled(), throttled()), CONTAINED),
    Case("429 with Retry-After", (throttled(7),), CONTAINED),
    Case("429 with a Retry-After of an hour", (throttled(3600),), None, lasting=True),
    *(passing(409, code) for code in PASSING_CONFLICTS),
    *(passing(status, "ServerError") for status in (500, 502, 503, 504)),
    passing(412, "PreconditionFailed"),
    passing(401, "ExpiredAuthenticationToken"),
    Case("no answer in time", (delayed(CALL + timedelta(seconds=1)),), CONTAINED),
    Case("reset before the write", (cut_before(),), CONTAINED),
    Case("reset after the write", (cut_after(),), CONTAINED),
    Case("a slow body", (slow_body(timedelta(milliseconds=300)),), CONTAINED),
    Case("half a body", (half_body(),), CONTAINED),
    Case("old state after the write", (stale(6),), CONTAINED, method="GET", lasting=True),
    Case("no answer, ever", (cut_before(),), Outcome.FAILED, LOOK, lasting=True),
    Case("503, ever", (refused(503, "ServerBusy"),), Outcome.FAILED, LOOK, lasting=True),
    final(409, "ScopeLocked", "A lock protects it"),
    final(409, "AccountProtectedFromDeletion", "AccountProtectedFromDeletion: as Azure says."),
    final(412, "PreconditionFailed", "a person must stop that first"),
    final(423, "Locked", "Locked: as Azure says."),
    final(403, "RequestDisallowedByPolicy", "A policy forbids it"),
    final(403, "AuthorizationFailed", "Assign the responder's identity"),
    final(404, "ResourceNotFound", "ResourceNotFound: as Azure says."),
)


@pytest.fixture
async def hostile(office: Office, settings: Settings, clock: Ticking) -> AsyncIterator[Office]:
    """The office, whose waits take no time."""
    quick = Quick()
    quick.time = clock.at
    cloud = Cloud(settings, clock=quick)
    runner = Runner(cloud, office.parts.ledger, now=clock, pace=replace(QUICK, call=CALL))
    office.parts = replace(office.parts, cloud=cloud, runner=runner)
    with office.estate.arm.throttle.lifted():  # its clock does not run ahead as ours does
        yield office
    await cloud.close()


async def told(office: Office, *accounts: str) -> str:
    """Sentinel's alert about open accounts; the incident's id. Those that are not open yet are opened."""
    found = [office.clinic.account(name) for name in accounts]
    ids = [ResourceId(each.id if each.has("allowBlobPublicAccess") else each.opens_to_anyone().id) for each in found]
    [receipt] = await deliver(office.parts, reported(ids), "sentinel")
    assert isinstance(receipt, Receipt)
    return str(receipt.incident)


async def cut(office: Office, incident: str, account: str, code: str = "ST-01") -> StepState:
    [state] = [
        state
        for state in await office.steps(incident)
        if state.step.code == code and f"{state.step.target.resource.text}/".count(f"/storageAccounts/{account}/")
    ]
    return state


async def test_whatever_azure_does_to_one_account_has_its_outcome_and_holds_up_no_other(hostile: Office) -> None:
    """Every case has an account of its own in one incident; beside them is one that nothing happens to."""
    hostile.governed(limits={"targets": 100})
    cases = {f"case{number:02d}": case for number, case in enumerate(CASES)}
    for name in cases:
        hostile.clinic.account(name).opens_to_anyone()
    for name, case in cases.items():
        for nth, action in enumerate(case.strikes, start=1):
            place = when(method=case.method, path=f"/storageAccounts/{name}$", nth=0 if case.lasting else nth)
            hostile.estate.faults.add(place, action)

    incident = await told(hostile, *cases, "free")
    for _ in range(2):
        await hostile.passes(minutes=2)

    found = {case.name: await cut(hostile, incident, name) for name, case in cases.items()}
    expected = {case.name: case for case in CASES}
    assert {name: state.outcome for name, state in found.items()} == {
        name: case.outcome for name, case in expected.items()
    }
    assert {name: state.why for name, state in found.items() if expected[name].why not in state.why} == {}
    assert await hostile.status(incident) == "needs a person"
    assert {event["data"]["incident"] for event in hostile.notices("NeedsPerson")} == {incident}
    assert [name for name in (*cases, "free") if not hostile.clinic.stranger.lists(f"{name}/scans").is_refused] == []
    acknowledged = {name: (await cut(hostile, incident, name, "ST-02")).outcome for name in cases}
    assert set(acknowledged.values()) == {CONTAINED}

    hostile.estate.faults.clear()
    waiting = next(name for name, case in cases.items() if case.outcome is None)
    assert (await cut(hostile, incident, waiting)).outcome is None
    await hostile.passes(minutes=70)
    assert (await cut(hostile, incident, waiting)).outcome is CONTAINED


async def test_the_other_accounts_are_cut_while_one_gets_no_answer(hostile: Office) -> None:
    hostile.estate.faults.add(when(method="PATCH", path="/storageAccounts/hostile$", nth=1), delayed(2 * CALL))

    incident = await told(hostile, "hostile", "free")

    free, late = await cut(hostile, incident, "free"), await cut(hostile, incident, "hostile")
    assert (free.outcome, late.outcome) == (CONTAINED, CONTAINED)
    assert free.ended_at is not None
    assert late.ended_at is not None
    assert free.ended_at < late.ended_at


async def test_a_policy_that_forbids_it_is_named(hostile: Office) -> None:
    hostile.clinic.account("hostile").opens_to_anyone()
    hostile.estate.deny("Accounts stay as deployed", "storageAccounts/hostile$")

    incident = await told(hostile, "hostile", "free")

    assert "Policy: Accounts stay as deployed." in (await cut(hostile, incident, "hostile")).why
    assert (await cut(hostile, incident, "free")).outcome is CONTAINED


async def test_a_right_that_is_missing_is_named_with_its_scope(hostile: Office) -> None:
    hostile.estate.world.directory["contain"].grants.discard("Microsoft.Storage/storageAccounts/write")

    incident = await told(hostile, "hostile")

    why = (await cut(hostile, incident, "hostile")).why
    assert "lacks Microsoft.Storage/storageAccounts/write on /subscriptions/" in why
    assert await hostile.status(incident) == "needs a person"


async def ends_in_failure(_asked: Asked, _effect: Callable[[], Reply]) -> Reply:
    return Reply(200, {"status": "Failed", "error": {"code": "Quota", "message": "too many rules"}})


async def test_a_long_operation_that_fails_is_said_and_one_that_never_ends_is_asked_for_again(hostile: Office) -> None:
    hostile.estate.faults.add(when(method="GET", path="/operations/"), ends_in_failure)
    hostile.clinic.subnet("phi").opens_egress()
    failed = await hostile.told()
    assert "Quota: too many rules" in (await hostile.step(failed, "NW-01")).why
    assert await hostile.status(failed) == "needs a person"
    assert len(hostile.notices("NeedsPerson")) == 1

    hostile.estate.faults.clear()
    hostile.estate.world.delays.operation = timedelta(hours=9)
    hostile.clinic.subnet("wards").opens_egress()
    endless = await hostile.told()
    for _ in range(3):
        assert [call.result for call in (await hostile.step(endless, "NW-01")).calls.values()] == ["pending"]
        await hostile.passes(minutes=5)
    assert [work.incident for work in await hostile.parts.ledger.due(hostile.clock.at + timedelta(hours=1))] == [
        endless
    ]


async def test_what_only_azures_limit_keeps_back_has_not_failed_and_is_collected_later(hostile: Office) -> None:
    hostile.estate.faults.add(when(method="GET", path="/containers$", nth=2), throttled(3600))

    incident = await told(hostile, "phistore")
    early = await labels(hostile, incident, "evidence", "evidence_failed")
    assert (await cut(hostile, incident, "phistore")).outcome is CONTAINED
    await goes_by(hostile, timedelta(hours=2))

    listed = {"configuration", ACLS}
    assert not listed & early
    assert listed <= await labels(hostile, incident, "evidence")


async def labels(office: Office, incident: str, *kinds: str) -> set[str]:
    return {entry.body["label"] for entry in await office.entries(incident, *kinds)}


async def test_a_signal_whose_look_azures_limit_keeps_back_is_taken_in_when_it_can_be_looked_at(
    hostile: Office,
) -> None:
    hostile.estate.faults.add(when(method="GET", path="/containers$", nth=1), throttled(3600))
    account = ResourceId(hostile.clinic.account("phistore").opens_to_anyone().id)

    [receipt] = await deliver(hostile.parts, reported([account]), "sentinel")
    assert isinstance(receipt, Receipt)
    assert (receipt.incident, receipt.reason) == (None, LATER)
    await goes_by(hostile, timedelta(hours=2))

    [again] = await deliver(hostile.parts, reported([account]), "sentinel")
    assert isinstance(again, Receipt)
    assert (await cut(hostile, str(again.incident), "phistore")).outcome is CONTAINED


async def goes_by(office: Office, length: timedelta) -> None:
    """Time goes by for the desk and for Azure, and what is due is taken up."""
    clock = office.parts.cloud.clients.clock
    assert isinstance(clock, Quick)
    clock.time += length
    await office.passes(seconds=length.total_seconds())
