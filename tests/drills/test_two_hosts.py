"""Two hosts of one responder: at once, with clocks apart, and with one that was stopped and wakes too late."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from signal import SIGSTOP

import pytest
import pytest_asyncio

from drills import scenarios
from drills.chaos.points import LEAVES, Point
from drills.chaos.record import left
from drills.chaos.trial import Ground, Trial
from drills.figures import writes
from drills.scenario import Webhook
from tests.drills.stages import until

LEAK = scenarios.named("public_container_found_by_scanner")[0]
FIRST_WRITE = "arm PATCH Microsoft.Storage/storageAccounts/phistore"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground() -> AsyncIterator[Ground]:
    async with Ground.of(4) as standing:
        yield standing


@pytest.fixture
async def trial(ground: Ground) -> AsyncIterator[Trial]:
    async with Trial.on(ground, LEAK) as one:
        LEAK.before(one.clinic)
        LEAK.attack(one.clinic)
        yield one


def body(trial: Trial) -> object:
    assert isinstance(LEAK.signal, Webhook)
    return LEAK.signal.body(trial.clinic)


def acts(trial: Trial) -> Counter[str]:
    done = (one["liveRequest"] for one in writes(trial.estate.exchanges))
    return Counter(f"{one['method']} {one['url'].partition('?')[0].rpartition('/providers/')[2]}" for one in done)


@pytest.mark.parametrize("skew", [timedelta(minutes=1), timedelta(minutes=-1)], ids=["ahead", "behind"])
async def test_two_hosts_with_the_same_signal_and_clocks_a_minute_apart_act_once(
    trial: Trial, ground: Ground, skew: timedelta
) -> None:
    posted = body(trial)
    await trial.start()
    one = trial.callers
    await trial.start(skew=skew)

    answers = await asyncio.gather(*(callers.post_signal("sentinel", posted) for callers in (one, trial.callers)))
    await trial.rest()

    assert [answer.status for answer in answers] == [202, 202]
    found = await left(trial, ground.trust)
    assert found.status == "contained"
    assert found.fault == ""
    assert set(acts(trial).values()) == {1}
    assert found.entries[("step", "ST-01 phistore", "outcome contained")] == 1


async def test_a_host_stopped_as_its_write_leaves_does_that_write_when_it_wakes_and_nothing_more(trial: Trial) -> None:
    """The one write that no lease can take back: it had passed every check. It closes what was opened again."""
    posted = body(trial)
    asleep = await trial.start(Point(FIRST_WRITE, 1, LEAVES), strike=SIGSTOP)
    delivery = asyncio.create_task(trial.callers.post_signal("sentinel", posted))
    await until(lambda: reached(asleep.points, Point(FIRST_WRITE, 1, LEAVES)))
    await trial.start()
    await trial.leases_lapse([trial.host])
    await trial.insist(lambda: trial.callers.post_signal("sentinel", posted))
    await trial.insist(trial.undo)
    before, entries = acts(trial), await told(trial)
    assert trial.clinic.account("phistore").has("allowBlobPublicAccess") is True

    asleep.wake()
    await asyncio.gather(delivery, return_exceptions=True)

    more = acts(trial) - before
    assert list(more.elements()) == [FIRST_WRITE.removeprefix("arm ")]
    assert trial.clinic.account("phistore").has("allowBlobPublicAccess") is False
    assert (await told(trial)).total() == entries.total()


async def reached(points: list[Point], point: Point) -> bool:
    return point in points


async def told(trial: Trial) -> Counter[str]:
    chain = await trial.ledger.chain(await trial.incident())
    return Counter(entry.kind for entry in chain.entries)
