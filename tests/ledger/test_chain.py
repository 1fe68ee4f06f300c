import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from incident.entry import GENESIS, Draft, Entry
from incident.errors import LeaseLost, LedgerUnavailable, Unknown
from ledger import Ledger
from ledger.chain import KNOWN_HEADS, planned
from tests.ledger.conftest import NOW, Opens, draft
from tests.ledger.wire import Counted, LostReply, Refused, transactions


def whole(entries: tuple[Entry, ...]) -> bool:
    links = all(after.previous == before.hash for before, after in pairwise(entries))
    numbers = [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    return (
        links and numbers and entries[0].previous == GENESIS and all(entry.expected == entry.hash for entry in entries)
    )


async def test_an_incident_begins_with_head_lease_and_entries_in_one_round_trip(opened: Opens, incident: str) -> None:
    counted = Counted()
    async with opened(policies=[counted]) as ledger:
        counted.requests.clear()
        begun = await ledger.begin(
            incident, [draft("signal"), draft("intent", target="a")], state={"status": "open"}, owner="one"
        )
        assert [method for method, _ in counted.requests] == ["POST"]
        assert begun.lease is not None
        assert begun.lease.term == begun.head.term == 1
        read = await ledger.chain(incident)
        assert read.head == begun.head
        assert read.entries == begun.entries
        assert read.state == {"status": "open"}
        assert whole(read.entries)


async def test_an_append_after_begin_is_one_round_trip(opened: Opens, incident: str) -> None:
    counted = Counted()
    async with opened(policies=[counted]) as ledger:
        begun = await ledger.begin(incident, [draft()], state={}, owner="one")
        counted.requests.clear()
        await ledger.append(incident, [draft("outcome")], state={"status": "contained"}, lease=begun.lease)
        assert len(counted.requests) == 1


async def test_appends_from_many_tasks_commit_together_in_one_chain(opened: Opens, incident: str) -> None:
    counted = Counted()
    async with opened(policies=[counted]) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        counted.requests.clear()
        await asyncio.gather(*(ledger.append(incident, [draft(number=number)]) for number in range(200)))
        chain = await ledger.chain(incident)
        assert whole(chain.entries)
        assert sorted(entry.body["number"] for entry in chain.entries[1:]) == list(range(200))
        assert len([url for _, url in counted.requests if url.endswith("$batch")]) <= 4


async def test_two_ledgers_append_to_one_chain_without_losing_an_entry(opened: Opens, incident: str) -> None:
    async with opened() as one, opened() as two:
        await one.begin(incident, [draft()], state={}, owner="")
        async with asyncio.TaskGroup() as group:
            for number in range(30):
                group.create_task(one.append(incident, [draft(number=number)], state={"one": number}))
                group.create_task(two.append(incident, [draft(number=100 + number)], state={"two": number}))
                await asyncio.sleep(0)
        chain = await two.chain(incident)
        assert whole(chain.entries)
        assert len(chain.entries) == 61
        assert chain.state == {"one": 29, "two": 29}


async def test_more_drafts_than_a_transaction_holds_are_all_entered_in_order(ledger: Ledger, incident: str) -> None:
    begun = await ledger.begin(incident, [draft(number=n) for n in range(150)], state={"a": 1}, owner="one")
    await ledger.append(incident, [draft(number=n) for n in range(150, 400)], state={"b": 2}, lease=begun.lease)
    chain = await ledger.chain(incident)
    assert [entry.body["number"] for entry in chain.entries] == list(range(400))
    assert whole(chain.entries)
    assert chain.state == {"a": 1, "b": 2}


@pytest.mark.parametrize("times", [1, 2])
async def test_an_append_whose_reply_is_lost_is_entered_once(opened: Opens, incident: str, times: int) -> None:
    lost = LostReply(transactions, times=0)
    async with opened(policies=[lost]) as ledger:
        begun = await ledger.begin(incident, [draft()], state={}, owner="one")
        lost.times = times
        entries = await ledger.append(incident, [draft("intent")], lease=begun.lease)
        assert entries == (await ledger.chain(incident)).entries[1:]
        assert len(await ledger.append(incident, [draft("outcome")], lease=begun.lease)) == 1
        assert whole((await ledger.chain(incident)).entries)


async def test_an_append_that_never_arrived_is_written_again(opened: Opens, incident: str) -> None:
    refused = Refused(transactions, times=0)
    async with opened(policies=[refused]) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        refused.times = 2
        await ledger.append(incident, [draft("intent")])
        assert len((await ledger.chain(incident)).entries) == 2


async def test_an_append_that_never_arrives_fails_closed(opened: Opens, incident: str) -> None:
    refused = Refused(transactions, times=0)
    async with opened(policies=[refused]) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        refused.times = 99
        with pytest.raises(LedgerUnavailable, match="do not act"):
            await ledger.append(incident, [draft("intent")])
        refused.times = 0
        assert len((await ledger.chain(incident)).entries) == 1


async def test_an_append_whose_outcome_cannot_be_read_fails_closed(opened: Opens, incident: str) -> None:
    cut = Refused(lambda _: True, times=0)
    async with opened(policies=[cut]) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        cut.times = 99
        with pytest.raises(LedgerUnavailable):
            await ledger.append(incident, [draft("intent")])


async def test_a_begin_whose_reply_is_lost_has_begun_and_its_lease_works(opened: Opens, incident: str) -> None:
    lost = LostReply(transactions, times=0)
    async with opened(policies=[lost]) as ledger:
        lost.times = 1
        begun = await ledger.begin(incident, [draft()], state={}, owner="one")
        assert begun.lease is not None
        lease = await ledger.renew(begun.lease)
        assert lease.term == 1
        await ledger.append(incident, [draft("intent")], lease=lease)
        assert whole((await ledger.chain(incident)).entries)


async def test_only_one_of_many_can_begin_an_incident(opened: Opens, incident: str) -> None:
    async with opened() as one, opened() as two:
        begun = await asyncio.gather(
            *(ledger.begin(incident, [draft()], state={}, owner="x") for ledger in (one, two, one, two)),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in begun) == ["Chain", "LeaseLost", "LeaseLost", "LeaseLost"]
        assert len((await one.chain(incident)).entries) == 1


async def test_the_same_words_at_the_same_time_from_two_processes_are_two_entries(opened: Opens, incident: str) -> None:
    async with opened() as one, opened() as two:
        await one.begin(incident, [draft()], state={}, owner="")
        await two.head(incident)
        same = draft("said", words="the same")
        await asyncio.gather(one.append(incident, [same]), two.append(incident, [same]))
        assert [entry.kind for entry in (await one.chain(incident)).entries] == ["noted", "said", "said"]


async def test_a_long_body_goes_to_evidence_and_comes_back(ledger: Ledger, incident: str) -> None:
    body = {"rules": ["ä" * 100] * 200}
    begun = await ledger.begin(incident, [Draft(kind="before", at=NOW, body=body)], state={}, owner="")
    entry = (await ledger.chain(incident)).entries[0]
    assert entry == begun.entries[0]
    assert set(entry.body) == {"evidence"}
    assert await ledger.body(entry) == body


async def test_whoever_appends_a_long_body_gets_it_back_whole(ledger: Ledger, incident: str) -> None:
    body = {"rules": ["ä" * 100] * 200}
    await ledger.begin(incident, [draft()], state={}, owner="")

    [entry] = await ledger.append(incident, [Draft(kind="before", at=NOW, body=body)])

    assert entry.body == body


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # aiohttp says so of any body over 1 MiB
async def test_ninety_eight_bodies_of_the_longest_kind_fit_one_transaction(opened: Opens, incident: str) -> None:
    counted = Counted()
    async with opened(policies=[counted]) as ledger:
        counted.requests.clear()
        begun = await ledger.begin(incident, [draft(text="x" * 31_900) for _ in range(98)], state={}, owner="one")
        assert len(counted.requests) == 1
        assert all("text" in entry.body for entry in begun.entries)


async def test_a_state_too_long_for_the_head_is_refused_and_nothing_is_written(ledger: Ledger, incident: str) -> None:
    with pytest.raises(ValueError, match="keep the rest in entries"):
        await ledger.begin(incident, [draft()], state={"a": "x" * 33_000}, owner="")
    assert await ledger.head(incident) is None


async def test_an_unknown_incident_is_said_to_be_unknown(ledger: Ledger, incident: str) -> None:
    assert await ledger.head(incident) is None
    with pytest.raises(Unknown):
        await ledger.chain(incident)
    with pytest.raises(Unknown):
        await ledger.append(incident, [draft()])


async def test_nothing_cannot_be_recorded(ledger: Ledger, incident: str) -> None:
    with pytest.raises(ValueError, match="at least one draft"):
        await ledger.append(incident, [])


async def test_a_caller_who_gives_up_does_not_disturb_the_others(ledger: Ledger, incident: str) -> None:
    await ledger.begin(incident, [draft()], state={}, owner="")
    tasks = [asyncio.create_task(ledger.append(incident, [draft(number=number)])) for number in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[3], asyncio.CancelledError)
    chain = await ledger.chain(incident)
    assert whole(chain.entries)
    assert {entry.body["number"] for entry in chain.entries[1:]} >= set(range(10)) - {3}


async def test_a_stale_lease_is_refused_while_others_in_the_same_batch_are_entered(
    ledger: Ledger, incident: str
) -> None:
    begun = await ledger.begin(incident, [draft()], state={}, owner="one")
    assert begun.lease is not None
    stale = replace(begun.lease, term=7)
    refused, entered = await asyncio.gather(
        ledger.append(incident, [draft("act")], lease=stale),
        ledger.append(incident, [draft("decision")]),
        return_exceptions=True,
    )
    assert isinstance(refused, LeaseLost)
    assert isinstance(entered, tuple)
    assert [entry.kind for entry in (await ledger.chain(incident)).entries] == ["noted", "decision"]
    assert planned(begun.head, []).entries == ()


async def test_the_ledger_is_unavailable_when_its_tables_cannot_be_reached(opened: Opens) -> None:
    with pytest.raises(LedgerUnavailable, match="could not make a table"):
        async with opened(policies=[Refused(lambda _: True, times=99)]):
            pass


async def test_a_begin_that_never_arrives_fails_closed(opened: Opens, incident: str) -> None:
    refused = Refused(transactions, times=0)
    async with opened(policies=[refused]) as ledger:
        refused.times = 99
        with pytest.raises(LedgerUnavailable, match="do not act"):
            await ledger.begin(incident, [draft()], state={}, owner="one")
        refused.times = 0
        assert (await ledger.begin(incident, [draft()], state={}, owner="one")).lease


async def test_an_append_that_lands_at_the_last_attempt_is_known_to_have_landed(opened: Opens, incident: str) -> None:
    lost = LostReply(transactions, times=0)
    refused = Refused(transactions, times=0)
    async with opened(policies=[refused, lost]) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        refused.times, lost.times = 2, 1
        assert len(await ledger.append(incident, [draft("intent")])) == 1
        assert len((await ledger.chain(incident)).entries) == 2


async def test_an_append_after_another_process_moved_the_head_while_the_reply_was_lost(
    opened: Opens, incident: str
) -> None:
    lost = LostReply(transactions, times=0)
    async with opened(policies=[lost]) as one, opened() as two:
        await one.begin(incident, [draft()], state={}, owner="")
        await two.append(incident, [draft("theirs")])
        lost.times = 2
        await asyncio.gather(one.append(incident, [draft("ours")]), two.append(incident, [draft("theirs")]))
        kinds = sorted(entry.kind for entry in (await one.chain(incident)).entries)
        assert kinds == ["noted", "ours", "theirs", "theirs"]


async def test_heads_beyond_a_thousand_are_forgotten_and_read_again(ledger: Ledger, incident: str) -> None:
    begun = await ledger.begin(incident, [draft()], state={}, owner="")
    for number in range(KNOWN_HEADS):
        ledger.chains.remember(replace(begun.head, incident=f"other-{number}"))
    assert incident not in ledger.chains.heads
    assert len(await ledger.append(incident, [draft()])) == 1


async def test_a_chain_longer_than_a_page_is_read_whole(ledger: Ledger, incident: str) -> None:
    await ledger.begin(incident, [draft(number=number) for number in range(1100)], state={}, owner="")
    assert whole((await ledger.chain(incident)).entries)
    assert len(await ledger.chains._since(incident, 1000)) == 100


async def test_a_row_of_a_newer_schema_is_not_read(ledger: Ledger, incident: str) -> None:
    await ledger.begin(incident, [draft()], state={}, owner="")
    operation = {"PartitionKey": incident, "RowKey": "0000000001", "schema": 2}
    await ledger.tables.client("entries").upsert_entity(operation, mode="merge")
    with pytest.raises(LedgerUnavailable, match="deploy the newer one"):
        await ledger.chain(incident)
