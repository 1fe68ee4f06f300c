"""Group commit: rows that are written at the same time cost one request, and each is as it was asked for."""

import asyncio
import hashlib

from ledger import Work
from tests.ledger.conftest import NOW, Opens
from tests.ledger.wire import Counted, LostReply, Refused, transactions


def signal(number: int) -> Work:
    return Work(incident=f"grouped-{number}", kind="signal", due=NOW, body={"number": number})


async def test_signals_noted_and_settled_at_the_same_time_go_out_together(opened: Opens) -> None:
    counted = Counted()
    async with opened(policies=[counted]) as ledger:
        before = len(counted.requests)
        await asyncio.gather(*(ledger.owe(signal(number)) for number in range(30)))
        await asyncio.gather(*(ledger.settle(signal(number).id) for number in range(29)))
        sent = len(counted.requests) - before

        assert [work for work in await ledger.due(NOW) if work.incident.startswith("grouped")] == [signal(29)]
        await ledger.settle(signal(29).id)
    assert sent <= 4


async def test_a_group_that_fails_or_whose_reply_is_lost_is_written_row_by_row(opened: Opens) -> None:
    for fault in (Refused(transactions), LostReply(transactions)):
        async with opened(policies=[fault]) as ledger:
            await asyncio.gather(*(ledger.owe(signal(number)) for number in range(5)))
            found = [work for work in await ledger.due(NOW) if work.incident.startswith("grouped")]
            assert found == [signal(number) for number in range(5)]
            await asyncio.gather(*(ledger.settle(signal(number).id) for number in range(5)))


def key(number: int) -> str:
    """Keys of one partition."""
    return "e" + hashlib.sha256(f"inserted {number}".encode()).hexdigest()[1:]


async def test_signals_inserted_at_the_same_time_go_out_together_and_each_hears_whether_it_was_there(
    opened: Opens,
) -> None:
    counted = Counted()
    async with opened(policies=[counted]) as ledger:
        before = len(counted.requests)
        assert await asyncio.gather(*(ledger.seen(key(number), {}, "one") for number in range(30))) == [None] * 30
        assert len(counted.requests) - before <= 2

        again = await asyncio.gather(*(ledger.seen(key(number), {}, "two") for number in range(28, 34)))
    assert again == ["one", "one", None, None, None, None]


async def test_a_signal_of_a_group_whose_reply_is_lost_is_still_new(opened: Opens) -> None:
    async with opened(policies=[LostReply(transactions)]) as ledger:
        assert await asyncio.gather(*(ledger.seen(key(number), {}) for number in range(40, 45))) == [None] * 5
