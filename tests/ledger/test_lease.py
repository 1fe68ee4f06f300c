import asyncio
import time
from datetime import timedelta

import pytest

from incident.errors import LeaseLost, Unknown
from ledger import Ledger
from tests.ledger.conftest import Opens, draft
from tests.ledger.wire import Counted, LostReply, Refused, transactions, writes

SHORT = {"ttl": timedelta(seconds=1), "call_timeout": timedelta(seconds=1)}


async def taken_in_time(ledger: Ledger, incident: str, owner: str) -> float:
    """Seconds until the lease could be taken over."""
    started = time.monotonic()
    while time.monotonic() - started < 20:
        try:
            await ledger.take(incident, owner)
        except LeaseLost:
            await asyncio.sleep(0.05)
        else:
            return time.monotonic() - started
    raise AssertionError("never taken")


async def test_a_living_lease_is_not_taken_by_another_owner(opened: Opens, incident: str) -> None:
    async with opened() as one, opened() as two:
        await one.begin(incident, [draft()], state={}, owner="one")
        with pytest.raises(LeaseLost):
            await two.take(incident, "two")


async def test_a_lease_is_taken_over_after_its_time_and_a_calls_and_not_before(opened: Opens, incident: str) -> None:
    async with opened(**SHORT) as one, opened(**SHORT) as two:
        begun = await one.begin(incident, [draft()], state={}, owner="one")
        assert begun.lease is not None
        waited = await taken_in_time(two, incident, "two")
        assert waited >= 1.9
        assert begun.lease.remaining(time.monotonic()) < timedelta(0)


async def test_the_old_holder_can_neither_append_nor_renew_after_a_take_over(opened: Opens, incident: str) -> None:
    async with opened(**SHORT) as one, opened(**SHORT) as two:
        begun = await one.begin(incident, [draft()], state={}, owner="one")
        assert begun.lease is not None
        await taken_in_time(two, incident, "two")
        with pytest.raises(LeaseLost):
            await one.append(incident, [draft("intent")], lease=begun.lease)
        with pytest.raises(LeaseLost):
            await one.renew(begun.lease)
        await one.release(begun.lease)
        with pytest.raises(LeaseLost):
            await one.take(incident, "one")
        await one.append(incident, [draft("decision")])
        assert [entry.kind for entry in (await two.chain(incident)).entries] == ["noted", "decision"]


async def test_a_renewed_lease_is_not_taken_over(opened: Opens, incident: str) -> None:
    async with opened(**SHORT) as one, opened(**SHORT) as two:
        lease = (await one.begin(incident, [draft()], state={}, owner="one")).lease
        assert lease is not None
        started = time.monotonic()
        while time.monotonic() - started < 3.2:
            lease = await one.renew(lease)
            with pytest.raises(LeaseLost):
                await two.take(incident, "two")
        assert lease.remaining(time.monotonic()) > timedelta(0)
        await one.append(incident, [draft("intent")], lease=lease)


async def test_a_released_lease_is_taken_at_once_under_a_new_term(opened: Opens, incident: str) -> None:
    async with opened() as one, opened() as two:
        begun = await one.begin(incident, [draft()], state={}, owner="one")
        assert begun.lease is not None
        await one.release(begun.lease)
        lease = await two.take(incident, "two")
        assert lease.term == 2
        assert len(await two.append(incident, [draft("intent")], lease=lease)) == 1


async def test_an_incident_begun_without_a_lease_can_be_taken(ledger: Ledger, incident: str) -> None:
    await ledger.begin(incident, [draft()], state={}, owner="")
    lease = await ledger.take(incident, "one")
    assert (lease.term, lease.owner) == (1, "one")


async def test_an_owners_new_lease_ends_its_old_one(ledger: Ledger, incident: str) -> None:
    old = (await ledger.begin(incident, [draft()], state={}, owner="one")).lease
    new = await ledger.take(incident, "one")
    with pytest.raises(LeaseLost):
        await ledger.append(incident, [draft("act")], lease=old)
    await ledger.append(incident, [draft("act")], lease=new)


async def test_of_many_who_take_a_free_lease_one_gets_it(opened: Opens, incident: str) -> None:
    async with opened() as one, opened() as two:
        await one.begin(incident, [draft()], state={}, owner="")
        takes = [ledger.take(incident, f"owner {n}") for n, ledger in enumerate((one, two, one, two))]
        outcomes = await asyncio.gather(*takes, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == [
            "Lease",
            "LeaseLost",
            "LeaseLost",
            "LeaseLost",
        ]


async def test_a_take_whose_reply_is_lost_is_taken(opened: Opens, incident: str) -> None:
    lost = LostReply(transactions, times=0)
    async with opened(policies=[lost]) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        lost.times = 1
        lease = await ledger.take(incident, "one")
        assert lease.term == 1
        assert lease.remaining(time.monotonic()) <= timedelta(seconds=60)
        await ledger.append(incident, [draft("intent")], lease=await ledger.renew(lease))


@pytest.mark.parametrize("fault", [LostReply, Refused])
async def test_a_renewal_without_an_answer_is_known_in_the_end(
    opened: Opens, incident: str, fault: type[LostReply | Refused]
) -> None:
    policy = fault(writes, times=0)
    async with opened(policies=[policy]) as ledger:
        lease = (await ledger.begin(incident, [draft()], state={}, owner="one")).lease
        assert lease is not None
        policy.times = 1
        renewed = await ledger.renew(lease)
        assert policy.times == 0
        assert await ledger.renew(renewed)


async def test_a_renewal_is_one_round_trip(opened: Opens, incident: str) -> None:
    counted = Counted()
    async with opened(policies=[counted]) as ledger:
        lease = (await ledger.begin(incident, [draft()], state={}, owner="one")).lease
        assert lease is not None
        counted.requests.clear()
        await ledger.renew(lease)
        assert len(counted.requests) == 1


async def test_nobody_takes_what_is_not_there(ledger: Ledger, incident: str) -> None:
    with pytest.raises(Unknown):
        await ledger.take(incident, "one")
