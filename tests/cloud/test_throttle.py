import asyncio
from datetime import datetime, timedelta

import pytest

from cloud import Cloud
from cloud.clock import Clock, budget
from cloud.throttle import CONCURRENT, SWEEPERS, Throttle, learn, storage_verbs, subscription_of, sweeping, verb_of
from incident.errors import Postponed, Throttled
from tests.cloud.test_cloud import ACCOUNT, SUBSCRIPTION
from tests.cloud.wire import START, Answer, Quick, Wire


async def spend(throttle: Throttle, count: int, verb: str = "writes") -> None:
    lane = throttle.lane("cutter", SUBSCRIPTION)
    for _ in range(count):
        async with throttle.turn(lane, verb):
            pass


async def test_a_full_bucket_is_spent_without_waiting_and_then_refills(clock: Quick) -> None:
    throttle = Throttle(clock)

    await spend(throttle, 200)
    assert clock.slept == []
    await spend(throttle, 10)
    assert sum(clock.slept) == pytest.approx(1.0)


async def test_a_sweep_leaves_a_fifth_to_containment(clock: Quick) -> None:
    throttle = Throttle(clock)

    with sweeping():
        await spend(throttle, 160)
        assert clock.slept == []
        with budget(START + timedelta(seconds=0.01)), pytest.raises(Postponed):
            await spend(throttle, 1)
    await spend(throttle, 40)
    assert clock.slept == []


async def test_each_verb_principal_and_subscription_has_its_own_bucket(clock: Quick) -> None:
    throttle = Throttle(clock)
    await spend(throttle, 200)

    await spend(throttle, 250, "reads")
    await spend(throttle, 200, "deletes")
    for lane in (throttle.lane("cutter", "other"), throttle.lane("reader", SUBSCRIPTION)):
        async with throttle.turn(lane, "writes"):
            pass
    assert clock.slept == []


@pytest.mark.parametrize(("stands_back", "most"), [(False, CONCURRENT), (True, SWEEPERS)])
async def test_so_many_run_at_once_and_no_more(clock: Quick, stands_back: bool, most: int) -> None:
    throttle, running, peak = Throttle(clock), 0, 0
    lane = throttle.lane("cutter", SUBSCRIPTION)

    async def one() -> None:
        nonlocal running, peak
        async with throttle.turn(lane, "reads"):
            running += 1
            peak = max(peak, running)
            await asyncio.sleep(0)
            running -= 1

    if stands_back:
        with sweeping():
            await asyncio.gather(*(one() for _ in range(2 * CONCURRENT)))
    else:
        await asyncio.gather(*(one() for _ in range(2 * CONCURRENT)))

    assert peak == most


async def test_a_sweep_at_its_limit_does_not_hold_up_containment(clock: Quick) -> None:
    throttle, done = Throttle(clock), asyncio.Event()
    lane = throttle.lane("cutter", SUBSCRIPTION)

    async def swept() -> None:
        with sweeping():
            async with throttle.turn(lane, "reads"):
                await done.wait()

    sweepers = [asyncio.create_task(swept()) for _ in range(20)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5), throttle.turn(lane, "reads"):
        done.set()
    await asyncio.gather(*sweepers)


async def test_what_azure_says_is_left_corrects_the_count(cloud: Cloud, wire: Wire, clock: Quick) -> None:
    wire.says(Answer(200, {}, {"x-ms-ratelimit-remaining-subscription-reads": "0"}))

    await cloud.arm.read(ACCOUNT)
    await cloud.arm.read(ACCOUNT)

    assert clock.slept == [pytest.approx(1 / 25)]


def test_a_header_that_is_no_number_changes_nothing(clock: Quick) -> None:
    bucket = Throttle(clock).lane("a", "b").buckets["reads"]

    learn(bucket, "reads", {"x-ms-ratelimit-remaining-subscription-reads": "many"})

    assert bucket.tokens == 250


def test_a_request_names_its_bucket() -> None:
    assert [verb_of(method) for method in ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")] == [
        "reads",
        "reads",
        "writes",
        "writes",
        "writes",
        "deletes",
    ]
    assert subscription_of(f"https://management.azure.com{ACCOUNT}?api-version=1") == SUBSCRIPTION
    assert subscription_of("https://management.azure.com/providers/x") == "tenant"


LISTED = f"https://management.azure.com{ACCOUNT}/blobServices/default/containers?api-version=1"


WRITES = ("storage writes", "storage writes of an hour")


@pytest.mark.parametrize(
    ("method", "url", "counted"),
    [
        ("GET", LISTED, ("storage lists",)),
        (
            "GET",
            f"https://management.azure.com/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage/storageAccounts",
            ("storage lists",),
        ),
        ("GET", f"https://management.azure.com{ACCOUNT}?api-version=1", ("storage reads",)),
        ("PATCH", f"https://management.azure.com{ACCOUNT}?api-version=1", WRITES),
        ("PUT", f"https://management.azure.com{ACCOUNT}/blobServices/default/containers/x", WRITES),
        ("DELETE", f"https://management.azure.com{ACCOUNT}/localUsers/x", WRITES),
        ("POST", f"https://management.azure.com{ACCOUNT}/listKeys", WRITES),
        ("GET", "https://management.azure.com/subscriptions/x/providers/Microsoft.Network/virtualNetworks", ()),
    ],
)
def test_what_the_storage_provider_counts_apart(method: str, url: str, counted: tuple[str, ...]) -> None:
    assert storage_verbs(method, url) == counted


class Hourglass(Clock):
    """It stands still; whoever sleeps is let out in the order of time."""

    def __init__(self) -> None:
        self.sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> datetime:
        return START

    async def sleep(self, seconds: float) -> None:
        self.sleepers.append((seconds, over := asyncio.Event()))
        await over.wait()


async def test_storage_takes_ten_writes_at_once_and_then_ten_a_second_in_the_order_they_came() -> None:
    clock = Hourglass()
    throttle, went = Throttle(clock), []
    lane = throttle.lane("cutter", SUBSCRIPTION)

    async def write(number: int) -> None:
        async with throttle.turn(lane, *WRITES, "writes"):
            went.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(write(number))
        await asyncio.sleep(0)
        assert went == [*range(10)]
        assert [wait for wait, _ in clock.sleepers] == [pytest.approx(turn / 10) for turn in range(1, 41)]
        for _, over in clock.sleepers:
            over.set()

    assert went == [*range(50)]


async def test_a_turn_that_comes_too_late_is_the_next_ones(clock: Quick) -> None:
    throttle = Throttle(clock)
    await spend(throttle, 10, "storage writes")
    with budget(START), pytest.raises(Throttled):
        await spend(throttle, 1, "storage writes")

    await spend(throttle, 1, "storage writes")

    assert clock.slept == [pytest.approx(0.1)]


async def test_a_turn_that_nobody_waits_for_any_more_is_the_next_ones() -> None:
    clock = Hourglass()
    throttle = Throttle(clock)
    await spend(throttle, 10, "storage writes")
    for _ in range(2):
        waiting = asyncio.create_task(spend(throttle, 1, "storage writes"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    assert [wait for wait, _ in clock.sleepers] == [pytest.approx(0.1)] * 2


async def test_a_sweep_leaves_half_of_the_storage_lists_to_containment(clock: Quick) -> None:
    throttle = Throttle(clock)

    with sweeping():
        await spend(throttle, 50, "storage lists")
        with budget(START + timedelta(seconds=1)), pytest.raises(Throttled):
            await spend(throttle, 1, "storage lists")
    await spend(throttle, 50, "storage lists")
    assert clock.slept == []


async def test_lists_that_azure_has_refused_are_not_asked_for_before_their_time(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(429, {}, {"Retry-After": "60"}), Answer(200, {}))

    with budget(START + timedelta(seconds=5)):
        with pytest.raises(Throttled):
            await cloud.arm.children(ACCOUNT, "blobServices/default/containers")
        with pytest.raises(Throttled):
            await cloud.arm.children(ACCOUNT, "fileServices/default/shares")
        await cloud.arm.read(ACCOUNT)

    assert not [sent for sent in wire.received if "/shares" in sent.url]
