from datetime import timedelta

import pytest

from cloud import Cloud
from incident.errors import Gone, Interrupted, Postponed, Refused
from tests.cloud.test_cloud import (
    ACCOUNT,
    ID,
    MINUTE,
    NSG,
    anonymous_access_off,
    deny_and_flush,
    deny_rule,
    keys_revoked,
)
from tests.cloud.wire import START, Answer, Quick, Wire

BUSY = Answer(429, {"error": {"code": "TooManyRequests", "message": "slow down"}})
WORKS = Answer(200, {})


def error(status: int, code: str, **headers: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "as it is"}}, headers)


async def test_a_bare_429_is_tried_again_on_patch_and_post(cloud: Cloud, wire: Wire, clock: Quick) -> None:
    for send in (anonymous_access_off, keys_revoked, deny_rule):
        wire.received.clear()
        clock.slept.clear()
        wire.answers.clear()
        wire.says(BUSY, BUSY, WORKS)

        reply = await cloud.perform(send, request_id=ID, timeout=MINUTE)

        assert (reply.attempts, clock.slept) == (3, [1.0, 2.0])
        assert {one.headers["x-ms-client-request-id"] for one in wire.received} == {ID}
        assert len({one.body for one in wire.received}) == 1


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Retry-After": "7"}, {}),
        ({"Retry-After": "Sun, 22 Nov 2026 09:00:07 GMT"}, {}),
        ({}, {"error": {"code": "TooManyRequests", "message": "Please retry after 7 seconds."}}),
        ({}, {"error": {"code": "TooManyRequests", "message": "Please try again in '7' seconds."}}),
    ],
)
async def test_azures_own_wait_is_kept_wherever_it_stands(
    cloud: Cloud, wire: Wire, clock: Quick, headers: dict[str, str], body: object
) -> None:
    wire.says(Answer(429, body, headers), WORKS)

    await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)

    assert clock.slept == [7.0]


async def test_a_process_that_slept_past_the_calls_time_sends_nothing(cloud: Cloud, wire: Wire, clock: Quick) -> None:
    async def asleep(door: Cloud) -> None:
        clock.time += 2 * MINUTE
        await anonymous_access_off(door)

    with pytest.raises(Postponed, match="nothing was sent"):
        await cloud.perform(asleep, request_id=ID, timeout=MINUTE)

    assert wire.received == []


async def test_a_wait_beyond_the_budget_goes_back_to_the_ledger(cloud: Cloud, wire: Wire, clock: Quick) -> None:
    wire.says(error(429, "TooManyRequests", **{"Retry-After": "600"}))

    with pytest.raises(Postponed) as write:
        await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)
    with pytest.raises(Postponed) as read:
        await cloud.arm.read(ACCOUNT)

    assert write.value.until == read.value.until == START + timedelta(seconds=600)
    assert clock.slept == []


async def test_a_read_waits_no_longer_than_the_budget_around_it(cloud: Cloud, wire: Wire, clock: Quick) -> None:
    wire.says(error(429, "TooManyRequests", **{"Retry-After": "5"}))

    with cloud.within(START + timedelta(seconds=12)), pytest.raises(Postponed):
        await cloud.arm.read(ACCOUNT)

    assert clock.slept == [5.0, 5.0]


@pytest.mark.parametrize(
    "code",
    [
        "StorageAccountOperationInProgress",
        "AnotherOperationInProgress",
        "RetryableError",
        "ReferencedResourceNotProvisioned",
        "ConcurrentUpdate",
    ],
)
async def test_a_conflict_that_passes_is_waited_for(cloud: Cloud, wire: Wire, clock: Quick, code: str) -> None:
    wire.says(error(409, code), error(409, code), WORKS)

    reply = await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)

    assert (reply.attempts, clock.slept) == (3, [3.0, 6.0])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "SecurityRuleConflict"),
        (401, "InvalidAuthenticationToken"),
        (403, "AuthorizationFailed"),
        (403, "RequestDisallowedByPolicy"),
        (404, "ResourceNotFound"),
        (409, "ScopeLocked"),
        (409, "AccountProtectedFromDeletion"),
        (412, "PreconditionFailed"),
        (423, "Locked"),
    ],
)
async def test_a_refusal_is_final_for_writes_and_reads(
    cloud: Cloud, wire: Wire, clock: Quick, status: int, code: str
) -> None:
    wire.says(error(status, code))

    with pytest.raises(Refused) as write:
        await cloud.perform(deny_and_flush, request_id=ID, timeout=MINUTE)
    with pytest.raises(Refused):
        await cloud.arm.read(NSG)

    assert write.value.code == code
    assert isinstance(write.value, Gone) == (status == 404)
    assert (len(wire.received), clock.slept) == (2, [])


async def test_a_stale_etag_is_told_by_one_name_whatever_the_service_calls_it(cloud: Cloud, wire: Wire) -> None:
    wire.says(error(412, "ConditionNotMet"))

    with pytest.raises(Refused) as refused:
        await cloud.perform(deny_and_flush, request_id=ID, timeout=MINUTE)

    assert refused.value.code == "PreconditionFailed"


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_broken_service_is_asked_again_for_reads_and_states(
    cloud: Cloud, wire: Wire, clock: Quick, status: int
) -> None:
    for send in (anonymous_access_off, deny_rule):
        wire.answers.clear()
        wire.says(error(status, "Oops"), error(status, "Oops"), WORKS)
        assert (await cloud.perform(send, request_id=ID, timeout=MINUTE)).attempts == 3
    wire.answers.clear()
    wire.says(error(status, "Oops"), Answer(200, {"id": "x"}))
    assert (await cloud.arm.read(ACCOUNT)).body == {"id": "x"}
    assert clock.slept == [0.5, 1.0, 0.5, 1.0, 0.5]


async def test_a_post_to_a_broken_service_is_never_sent_twice(cloud: Cloud, wire: Wire) -> None:
    wire.says(error(503, "ServerBusy"))

    with pytest.raises(Interrupted):
        await cloud.perform(keys_revoked, request_id=ID, timeout=MINUTE)

    assert len(wire.received) == 1


async def test_a_service_that_stays_broken_leaves_a_write_unknown_and_a_read_postponed(
    cloud: Cloud, wire: Wire
) -> None:
    wire.says(error(503, "ServerBusy"))

    with pytest.raises(Interrupted):
        await cloud.perform(deny_rule, request_id=ID, timeout=MINUTE)
    assert len(wire.received) == 5
    with pytest.raises(Postponed):
        await cloud.arm.read(ACCOUNT)


@pytest.mark.parametrize(("status", "code"), [(412, "PreconditionFailed"), (429, "TooManyRequests"), (403, "No")])
async def test_a_refusal_after_a_broken_answer_says_nothing_of_the_first_attempt(
    cloud: Cloud, wire: Wire, status: int, code: str
) -> None:
    wire.says(error(500, "InternalServerError"), error(status, code, **{"Retry-After": "600"}))

    with pytest.raises(Interrupted):
        await cloud.perform(deny_and_flush, request_id=ID, timeout=MINUTE)
