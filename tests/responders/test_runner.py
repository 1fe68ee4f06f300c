import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloud import Cloud
from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.estate.faults import Action, Effect, cut_after, cut_before, refused, throttled, when
from drills.estate.wire import Asked, Reply
from incident.errors import LeaseLost, LedgerUnavailable
from incident.plan import Outcome
from incident.settings import Settings
from incident.target import Before, Target
from ledger import Ledger
from responders import measures
from responders.effective import effective
from responders.measure import Call, Irreversible, Measure, Proof
from responders.measures.close_container import MEASURE as CLOSE
from responders.measures.deny_internet_egress import MEASURE as DENY
from responders.measures.deny_public_network import MEASURE as FENCE
from responders.measures.drop_stored_policy import MEASURE as DROP
from responders.measures.refuse_anonymous_readers import MEASURE as REFUSE
from responders.progress import Progress, StepState
from responders.runner import Act
from tests.conftest import Wire
from tests.responders.line import Crash, Line, Wish, only
from tests.responders.measures.scenes import SCENES

FLAG, TLS = "allowBlobPublicAccess", "minimumTlsVersion"


def patched(account: Target, body: Any) -> Any:
    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PATCH", account.resource, body)

    return send


def both(account: Target, _before: Before) -> tuple[Call, ...]:
    """Two writes on one account."""
    first, second = {"properties": {FLAG: False}}, {"properties": {TLS: "TLS1_3"}}
    return Call("close", patched(account, first)), Call("harden", patched(account, second))


async def both_done(cloud: Cloud, account: Target) -> Proof:
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, closed=now.properties.get(FLAG) is False, hardened=now.properties[TLS] == "TLS1_3")


def rotating(account: Target, _before: Before) -> tuple[Call, ...]:
    """A write that must not be repeated, known by the tag that it leaves."""

    async def rotated(cloud: Cloud) -> bool:
        return (await cloud.arm.read(account.resource)).tags.get("rotated") == "yes"

    return (Call("rotate", patched(account, {"tags": {"rotated": "yes"}}), once=rotated),)


async def was_rotated(cloud: Cloud, account: Target) -> Proof:
    now = await cloud.arm.read(account.resource)
    return Proof.of(now, rotated=now.tags.get("rotated") == "yes")


@pytest.fixture
def two(line: Line) -> Measure:
    return line.make(REFUSE, id="made_of_two_calls", contain=both, verify=both_done)


@pytest.fixture
def once(line: Line) -> Measure:
    return line.make(REFUSE, id="made_to_happen_once", contain=rotating, verify=was_rotated)


def results(progress: Progress) -> list[Outcome | None]:
    return [state.outcome for state in progress.steps.values()]


async def said(line: Line, incident: str) -> list[str]:
    """The chain in short: kind and call, result or outcome."""
    words = []
    for entry in await line.entries(incident, "intent", "outcome", "step", "undo_refused"):
        body = entry.body
        words.append(" ".join(str(body[name]) for name in ("call", "result", "outcome") if name in body))
    return words


async def hold(gate: asyncio.Event) -> Action:
    async def wait(_asked: Asked, effect: Effect) -> Reply:
        await gate.wait()
        return effect()

    return wait


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(1000):
        if await condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("it never came to pass")


async def test_intent_is_written_before_the_act_and_the_request_carries_its_id(
    line: Line, clinic: Clinic, wire: Wire
) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))

    await line.go(incident)

    assert await said(line, incident) == [
        "refuse anonymous readers",
        "refuse anonymous readers acknowledged",
        "contained",
    ]
    [intent] = await line.entries(incident, "intent")
    assert [request.headers["x-ms-client-request-id"] for request in wire.sent] == [intent.body["request_id"]]
    assert intent.body["request"]["body"] == {"properties": {FLAG: False}}
    assert intent.body["policy"] == "p"


async def test_an_outcome_keeps_azures_ids_and_times_and_no_body(line: Line, clinic: Clinic) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))

    await line.go(incident)

    [outcome] = await line.entries(incident, "outcome")
    assert (outcome.body["status"], outcome.body["attempt"], outcome.body["undo"]) == (200, 1, False)
    assert outcome.body["correlation_id"]
    assert outcome.body["sent_at"] <= outcome.body["acknowledged_at"]
    assert "body" not in outcome.body
    [end] = await line.entries(incident, "step")
    assert end.body["proof"]["checks"] == {"flag_off": True, "stranger_refused": True}
    assert end.body["proof"]["after"]["properties"][FLAG] is False


async def test_without_an_intent_there_is_no_act(line: Line, clinic: Clinic, settings: Settings, wire: Wire) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    act = await line.taken(incident)
    broken = await Ledger.open(settings, policies=[Deaf()])
    try:
        with pytest.raises(LedgerUnavailable):
            await replace(line, ledger=broken).runner.run(act)
    finally:
        await broken.close()

    assert wire.sent == []
    assert results(await line.told(incident)) == [None]


class Deaf:
    """A table service that takes no transaction."""

    next: Any = None

    async def send(self, request: Any) -> Any:
        from azure.core.exceptions import ServiceRequestError

        if request.http_request.url.endswith("/$batch"):
            raise ServiceRequestError("nobody there")
        return await self.next.send(request)


async def test_who_has_lost_the_lease_sends_nothing(line: Line, clinic: Clinic, wire: Wire) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    act = await line.taken(incident)
    await line.taken(incident)

    with pytest.raises(LeaseLost):
        await line.runner.run(act)

    assert wire.sent == []


async def test_intents_written_with_the_plan_are_not_written_again(line: Line, clinic: Clinic, wire: Wire) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    act = await line.taken(incident)
    drafts = await line.runner.opening(act.progress)
    await line.ledger.append(incident, drafts)
    act = Act(
        progress=await line.told(incident), lease=act.lease, written={draft.body["request_id"] for draft in drafts}
    )

    await line.runner.run(act)

    [intent] = await line.entries(incident, "intent")
    assert [request.headers["x-ms-client-request-id"] for request in wire.sent] == [intent.body["request_id"]]
    assert act.written == set()


async def test_the_next_wave_waits_for_answers_and_not_for_proofs(line: Line, clinic: Clinic, estate: Estate) -> None:
    account, gate = clinic.account("phistore").opens_to_anyone(), asyncio.Event()
    incident = await line.plan(Wish(REFUSE, account.id), Wish(CLOSE, account.container("scans"), wave=2))
    estate.faults.add(when(path="/blob/.*tourniquet-probe"), await hold(gate))
    running = asyncio.create_task(line.go(incident))

    async def closed() -> bool:
        return "make the container private acknowledged" in await said(line, incident)

    await until(closed)
    assert "contained" not in (await said(line, incident))[:4]
    gate.set()

    assert results(await running) == [Outcome.CONTAINED, Outcome.CONTAINED]
    told = await said(line, incident)
    assert told.index("refuse anonymous readers acknowledged") < told.index("make the container private")


async def test_a_barrier_waits_for_the_proof(line: Line, clinic: Clinic) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    incident = await line.plan(Wish(REFUSE, account.id, barrier=True), Wish(CLOSE, account.container("scans"), wave=2))

    assert results(await line.go(incident)) == [Outcome.CONTAINED, Outcome.CONTAINED]

    told = await said(line, incident)
    assert told.index("contained") < told.index("make the container private")


async def test_nothing_passes_a_barrier_that_is_not_proved(line: Line, clinic: Clinic, estate: Estate) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    incident = await line.plan(Wish(REFUSE, account.id, barrier=True), Wish(CLOSE, account.container("scans"), wave=2))
    estate.faults.add(when(method="PATCH"), estate.faults.lies())

    assert results(await line.go(incident)) == [Outcome.UNPROVED, None]


async def test_one_slow_target_holds_up_no_other(line: Line, clinic: Clinic, estate: Estate) -> None:
    slow, quick = (clinic.account(name).opens_to_anyone() for name in ("slow", "quick"))
    gate = asyncio.Event()
    incident = await line.plan(Wish(REFUSE, slow.id), Wish(REFUSE, quick.id))
    estate.faults.add(when(method="PATCH", path="/slow$"), await hold(gate))
    running = asyncio.create_task(line.go(incident))

    async def quick_is_closed() -> bool:
        return "contained" in await said(line, incident)

    await until(quick_is_closed)
    assert clinic.stranger.lists("quick/scans").is_refused
    assert not clinic.stranger.lists("slow/scans").is_refused
    gate.set()

    assert results(await running) == [Outcome.CONTAINED, Outcome.CONTAINED]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (refused(409, "ScopeLocked", "locked."), "ScopeLocked: locked. A lock protects it"),
        (refused(403, "RequestDisallowedByPolicy", "no."), "RequestDisallowedByPolicy: no. A policy forbids it"),
        (refused(403, "AuthorizationFailed", "no."), "AuthorizationFailed: no. Assign the responder's identity"),
        (refused(404, "ResourceNotFound", "gone."), "ResourceNotFound: gone."),
        (refused(400, "InvalidRequest", "what?"), "InvalidRequest: what?"),
    ],
)
async def test_a_refusal_ends_its_step_with_azures_word_and_no_other(
    line: Line, clinic: Clinic, estate: Estate, fault: Action, why: str
) -> None:
    locked, free = (clinic.account(name).opens_to_anyone() for name in ("locked", "free"))
    incident = await line.plan(Wish(REFUSE, locked.id), Wish(REFUSE, free.id))
    estate.faults.add(when(method="PATCH", path="/locked$"), fault)

    first, second = (await line.go(incident)).steps.values()

    assert first.outcome is Outcome.REFUSED
    assert first.why.startswith(why)
    assert second.outcome is Outcome.CONTAINED
    assert (await said(line, incident)).count("refuse anonymous readers refused") == 1


async def test_a_right_that_the_identity_lacks_is_named(line: Line, clinic: Clinic, estate: Estate) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    estate.world.directory["contain"].grants.clear()

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is Outcome.REFUSED
    assert "lacks Microsoft.Storage/storageAccounts/write" in state.why


async def test_a_long_wait_goes_back_to_the_ledger_and_is_resumed(line: Line, clinic: Clinic, estate: Estate) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    estate.faults.add(when(method="PATCH"), throttled(retry_after=3600))

    waiting = await line.go(incident)

    assert waiting.unfinished
    [call] = only(waiting.steps.values()).calls.values()
    assert (call.result, call.until is not None) == ("postponed", True)
    estate.faults.clear()
    assert results(await line.go(incident)) == [Outcome.CONTAINED]
    assert [entry.body["attempt"] for entry in await line.entries(incident, "intent")] == [1, 2]


@pytest.mark.parametrize("cut", [cut_before(), cut_after()])
async def test_an_answer_that_is_lost_is_asked_for_again_under_another_id(
    line: Line, clinic: Clinic, estate: Estate, wire: Wire, cut: Action
) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    estate.faults.add(when(method="PATCH", nth=1), cut)

    assert results(await line.go(incident)) == [Outcome.CONTAINED]

    assert await said(line, incident) == [
        "refuse anonymous readers",
        "refuse anonymous readers interrupted",
        "refuse anonymous readers",
        "refuse anonymous readers acknowledged",
        "contained",
    ]
    assert len({request.headers["x-ms-client-request-id"] for request in wire.sent}) == 2


@pytest.mark.parametrize(("name", "method"), [("remove_app_role", "DELETE"), ("remove_app_credential", "POST")])
async def test_what_was_deleted_in_a_call_without_an_answer_and_is_gone_the_second_time_is_contained(
    line: Line, clinic: Clinic, estate: Estate, name: str, method: str
) -> None:
    scene = SCENES[name]
    incident = await line.plan(Wish(measures.by_id(name), scene.resource(clinic), parameters=scene.parameters))
    estate.faults.add(when(method=method, nth=1), cut_after())

    assert results(await line.go(incident)) == [Outcome.CONTAINED]


async def test_what_the_directory_does_not_show_yet_was_written_by_ourselves(
    line: Line, clinic: Clinic, estate: Estate
) -> None:
    estate.world.delays = replace(estate.world.delays, directory=timedelta(milliseconds=50))
    line.runner.pace = replace(line.runner.pace, recheck=1000, looks=1000)
    scene = SCENES["block_user"]
    incident = await line.plan(Wish(measures.by_id("block_user"), scene.resource(clinic), parameters=scene.parameters))
    estate.faults.add(when(method="POST", nth=1), cut_after())

    assert results(await line.go(incident)) == [Outcome.CONTAINED]


async def test_what_never_gets_an_answer_fails_and_a_person_looks(line: Line, clinic: Clinic, estate: Estate) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    estate.faults.add(when(method="PATCH"), cut_before())

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is Outcome.FAILED
    assert "no answer from Azure in 4 attempts" in state.why


@pytest.mark.parametrize("at", [(1, "leaving"), (1, "answered"), (2, "leaving"), (2, "answered")])
async def test_a_crash_at_any_call_and_a_new_process_end_in_the_same_state(
    line: Line, clinic: Clinic, two: Measure, wire: Wire, at: tuple[int, str]
) -> None:
    nth, side = at
    account = clinic.account("phistore").opens_to_anyone()
    incident = await line.plan(Wish(two, account.id))

    def crash(now: int) -> None:
        if now == nth:
            raise Crash

    setattr(wire, side, crash)
    with pytest.raises(Crash):
        await line.go(incident)
    setattr(wire, side, lambda _: None)
    progress = await line.go(incident)

    assert results(progress) == [Outcome.CONTAINED]
    assert (account.has(FLAG), account.has(TLS)) == (False, "TLS1_3")
    [state] = progress.steps.values()
    assert {name: call.result for name, call in state.calls.items()} == {
        "close": "acknowledged",
        "harden": "acknowledged",
    }
    attempts = {name: call.attempt for name, call in state.calls.items()}
    assert attempts == ({"close": 2, "harden": 1} if nth == 1 else {"close": 1, "harden": 2})


@pytest.mark.parametrize("side", ["leaving", "answered"])
async def test_a_call_that_must_not_be_repeated_is_read_back_after_a_crash(
    line: Line, clinic: Clinic, once: Measure, wire: Wire, side: str
) -> None:
    incident = await line.plan(Wish(once, clinic.account("phistore").id))

    def crash(_now: int) -> None:
        raise Crash

    setattr(wire, side, crash)
    with pytest.raises(Crash):
        await line.go(incident)
    setattr(wire, side, lambda _: None)

    assert results(await line.go(incident)) == [Outcome.CONTAINED]
    assert len(wire.sent) == 1


async def test_a_call_that_must_not_be_repeated_is_read_back_when_its_answer_is_lost(
    line: Line, clinic: Clinic, estate: Estate, once: Measure, wire: Wire
) -> None:
    incident = await line.plan(Wish(once, clinic.account("phistore").id))
    estate.faults.add(when(method="PATCH"), cut_after())

    assert results(await line.go(incident)) == [Outcome.CONTAINED]
    assert len(wire.sent) == 1
    assert await said(line, incident) == ["rotate", "rotate interrupted", "rotate succeeded", "contained"]


async def test_a_call_that_must_not_be_repeated_and_did_not_happen_goes_to_a_person(
    line: Line, clinic: Clinic, estate: Estate, once: Measure, wire: Wire
) -> None:
    incident = await line.plan(Wish(once, clinic.account("phistore").id))
    estate.faults.add(when(method="PATCH"), cut_before())

    assert results(await line.go(incident)) == [Outcome.FAILED]
    assert len(wire.sent) == 1


async def test_a_long_operation_is_left_to_the_ledger_and_polled_later(
    line: Line, clinic: Clinic, estate: Estate, wire: Wire
) -> None:
    incident = await line.plan(Wish(DENY, clinic.subnet("phi").opens_egress().nsg))
    usual = estate.world.delays
    estate.world.delays = replace(usual, operation=usual.operation.resolution * 10**12)

    waiting = await line.go(incident)

    assert waiting.unfinished
    assert [call.result for call in only(waiting.steps.values()).calls.values()] == ["pending"]
    estate.world.delays = usual
    for operation in estate.world.operations._all.values():
        operation.done_at = estate.world.clock()
    assert results(await line.go(incident)) == [Outcome.CONTAINED]
    assert len(wire.sent) == 1


async def test_a_long_operation_that_fails_ends_the_step_with_its_reason(
    line: Line, clinic: Clinic, estate: Estate
) -> None:
    incident = await line.plan(Wish(DENY, clinic.subnet("phi").opens_egress().nsg))

    async def failed(_asked: Asked, _effect: Effect) -> Reply:
        return Reply(200, {"status": "Failed", "error": {"code": "Quota", "message": "too many rules"}})

    estate.faults.add(when(method="GET", path="/operations/"), failed)

    state = only((await line.go(incident)).steps.values())

    assert state.outcome is Outcome.REFUSED
    assert "Quota: too many rules" in state.why


async def test_a_measure_that_errs_is_recorded_and_raised_when_all_others_have_ended(
    line: Line, clinic: Clinic
) -> None:
    def errs(_target: Target, _before: Before) -> tuple[Call, ...]:
        raise KeyError("a field that Azure left out")

    wrong = line.make(REFUSE, id="made_to_err", contain=errs)
    account = clinic.account("phistore").opens_to_anyone()
    incident = await line.plan(Wish(wrong, account.id), Wish(CLOSE, account.container("scans"), wave=2))
    assert await line.runner.opening(await line.told(incident)) == []

    with pytest.raises(KeyError):
        await line.go(incident)

    first, second = (await line.told(incident)).steps.values()
    assert (first.outcome, first.why) == (Outcome.FAILED, "KeyError; the log of this hour has the details")
    assert second.outcome is Outcome.CONTAINED


async def test_a_proof_that_errs_ends_its_step_alone(line: Line, clinic: Clinic) -> None:
    async def errs(_cloud: Cloud, _target: Target) -> Proof:
        raise KeyError("a field that Azure left out")

    wrong = line.make(REFUSE, id="made_to_err_in_proof", verify=errs)
    first, second = (clinic.account(name).opens_to_anyone() for name in ("first", "second"))
    incident = await line.plan(Wish(wrong, first.id), Wish(REFUSE, second.id))

    with pytest.raises(KeyError):
        await line.go(incident)

    assert results(await line.told(incident)) == [Outcome.UNPROVED, Outcome.CONTAINED]


@pytest.mark.parametrize("why", ["watch", "approval", "guard"])
async def test_what_is_held_back_is_not_done(line: Line, clinic: Clinic, wire: Wire, why: str) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id, hold=why))

    progress = await line.go(incident)

    assert results(progress) == [None]
    assert not progress.unfinished
    assert wire.sent == []
    assert await line.runner.opening(progress) == []


async def test_an_undo_goes_only_onto_the_state_that_we_wrote(line: Line, clinic: Clinic, wire: Wire) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    whole = line.make(REFUSE, id="whole", own=effective)
    incident = await line.plan(Wish(whole, account.id))
    await line.go(incident)
    clinic.attacks("PATCH", account.id, {"properties": {TLS: "TLS1_3"}}, "2023-05-01")

    progress = await line.undo(incident)

    assert results(progress) == [Outcome.CONTAINED]
    assert not only(progress.steps.values()).being_undone
    assert len(wire.sent) == 1
    [refusal] = await line.entries(incident, "undo_refused")
    assert refusal.body["difference"] == [
        {"at": "properties.minimumTlsVersion", "before": "TLS1_2", "ours": "TLS1_2", "now": "TLS1_3"}
    ]


async def test_an_undo_leaves_alone_what_the_measure_does_not_answer_for(line: Line, clinic: Clinic) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    incident = await line.plan(Wish(REFUSE, account.id))
    await line.go(incident)
    clinic.attacks("PATCH", account.id, {"properties": {TLS: "TLS1_3"}}, "2023-05-01")

    progress = await line.undo(incident)

    assert results(progress) == [Outcome.UNDONE]
    assert (account.has(FLAG), account.has(TLS)) == (True, "TLS1_3")


async def test_an_undo_without_effect_is_said_and_a_new_wish_is_sent_anew(
    line: Line, clinic: Clinic, estate: Estate, wire: Wire
) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    await line.go(incident)
    estate.faults.add(when(method="PATCH"), estate.faults.lies())
    [first] = (await line.undo(incident)).steps.values()
    estate.faults.clear()

    [second] = (await line.undo(incident)).steps.values()

    assert (first.outcome, second.outcome) == (Outcome.CONTAINED, Outcome.UNDONE)
    assert len(wire.sent) == 3
    assert estate.snapshot() == clinic.before


async def test_an_undo_that_a_crash_cut_off_is_finished(line: Line, clinic: Clinic, estate: Estate, wire: Wire) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    await line.go(incident)

    def crash(_now: int) -> None:
        raise Crash

    wire.answered = crash
    with pytest.raises(Crash):
        await line.undo(incident)
    wire.answered = lambda _: None
    assert (await line.told(incident)).unfinished
    await line.runner.undo(await line.taken(incident))

    assert results(await line.told(incident)) == [Outcome.UNDONE]
    assert estate.snapshot() == clinic.before


async def test_of_two_rounds_the_later_is_undone_first(line: Line, clinic: Clinic, estate: Estate) -> None:
    account = clinic.account("phistore").opens_to_anyone()
    incident = await line.plan(Wish(REFUSE, account.id))
    await line.go(incident)
    account.opens_to_anyone()
    await line.add(incident, Wish(REFUSE, account.id, round=2))
    await line.go(incident)

    progress = await line.undo(incident)

    assert results(progress) == [Outcome.UNDONE, Outcome.UNDONE]
    ends = [entry.body["step"] for entry in await line.entries(incident, "step")][-2:]
    assert ends == list(reversed(progress.steps))
    assert estate.snapshot() == clinic.before


async def test_an_account_is_opened_before_the_containers_in_it_are_written(
    line: Line, clinic: Clinic, estate: Estate
) -> None:
    account = clinic.account("phistore").has_policy("scans", "partner")
    incident = await line.plan(Wish(DROP, account.container("scans")))
    await line.go(incident)
    await line.add(incident, Wish(FENCE, account.id))
    await line.go(incident)

    progress = await line.undo(incident)

    assert results(progress) == [Outcome.UNDONE, Outcome.UNDONE]
    assert estate.snapshot() == clinic.before


async def test_what_cannot_be_taken_back_says_why(line: Line, clinic: Clinic) -> None:
    final = line.make(
        REFUSE, id="made_for_good", undo=lambda _target, _before: Irreversible("keys cannot be unrotated")
    )
    incident = await line.plan(Wish(final, clinic.account("phistore").opens_to_anyone().id))
    await line.go(incident)

    await line.undo(incident)

    [refusal] = await line.entries(incident, "undo_refused")
    assert refusal.body["difference"][0]["now"] == "keys cannot be unrotated"


async def test_a_step_without_a_prior_state_is_refused(line: Line, clinic: Clinic, wire: Wire) -> None:
    incident = await line.plan(Wish(REFUSE, clinic.account("phistore").opens_to_anyone().id))
    act = await line.taken(incident)
    state: StepState = only(act.progress.steps.values())
    state.prior = None

    await line.runner.run(act)

    assert state.outcome is Outcome.REFUSED
    assert "the state before is not recorded" in state.why
    assert wire.sent == []
