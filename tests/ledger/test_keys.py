import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ledger import Ledger, Spell
from tests.ledger.conftest import Opens
from tests.ledger.wire import LostReply, Refused, inserts


@pytest.fixture
def keys() -> list[str]:
    return [f"{word} {uuid4()}/#?" for word in ("alert", "correlation", "window")]


async def test_a_key_nobody_has_is_claimed(ledger: Ledger, keys: list[str]) -> None:
    assert await ledger.claim(keys, "a") == "a"
    assert await ledger.claim(keys, "a") == "a"


async def test_any_key_that_is_taken_leads_to_its_incident_and_the_others_follow(
    ledger: Ledger, keys: list[str]
) -> None:
    one, two, three = keys
    assert await ledger.claim([two], "a") == "a"
    assert await ledger.claim([one, two, three], "b") == "a"
    assert await ledger.claim([one], "c") == "a"
    assert await ledger.claim([three], "d") == "a"


async def test_of_two_incidents_that_a_signal_joins_the_earlier_wins(ledger: Ledger, keys: list[str]) -> None:
    for late, early in itertools.permutations(range(3), 2):
        named = [f"{key}{late}{early}" for key in keys]
        assert await ledger.claim([named[early]], "early") == "early"
        await asyncio.sleep(0.01)
        assert await ledger.claim([named[late]], "late") == "late"
        assert await ledger.claim(named, "bridge") == "early"


async def test_concurrent_claims_of_the_same_keys_agree(opened: Opens, keys: list[str]) -> None:
    async with opened() as one, opened() as two:
        for turn in range(10):
            named = [f"{key} {turn}" for key in keys]
            claims = [ledger.claim(named, f"{number}") for number, ledger in enumerate((one, two) * 4)]
            winners = set(await asyncio.gather(*claims))
            assert len(winners) == 1


async def test_concurrent_claims_of_overlapping_keys_agree_once_claimed_again(opened: Opens, keys: list[str]) -> None:
    async with opened() as one, opened() as two:
        for turn in range(10):
            a, b, c = (f"{key} {turn}" for key in keys)
            sets = [[a, b], [b, c], [a, c]]
            pairs = list(zip((one, two, one), sets, strict=True))
            await asyncio.gather(*(ledger.claim(group, f"{number}") for number, (ledger, group) in enumerate(pairs)))
            again = [await ledger.claim(group, "late") for ledger, group in pairs]
            assert len(set(again)) == 1
            assert again[0] != "late"


@pytest.mark.parametrize("fault", [LostReply, Refused])
async def test_a_claim_without_an_answer_is_made_once(
    opened: Opens, keys: list[str], fault: type[LostReply | Refused]
) -> None:
    policy = fault(inserts, times=0)
    async with opened(policies=[policy]) as ledger:
        policy.times = 2
        assert await ledger.claim(keys, "a") == "a"
        assert await ledger.claim(keys, "b") == "a"


async def test_a_key_is_pointed_to_the_winner_although_the_reply_is_lost(opened: Opens, keys: list[str]) -> None:
    lost = LostReply(lambda request: request.method == "PUT", times=0)
    async with opened(policies=[lost]) as ledger:
        first, last = sorted(keys[:2])
        assert await ledger.claim([last], "a") == "a"
        lost.times = 1
        assert await ledger.claim([first, last], "b") == "a"
        assert lost.times == 0
        assert await ledger.claim([first], "c") == "a"


async def test_a_signal_is_new_once_then_a_continuation_until_it_belongs_somewhere(ledger: Ledger) -> None:
    key = uuid4().hex
    assert await ledger.seen(key, {"kind": "sentinel-incident"}) is None
    assert await ledger.seen(key, {"kind": "sentinel-incident"}) == ""
    await ledger.belongs(key, "a")
    assert await ledger.seen(key, {"kind": "sentinel-incident"}) == "a"
    assert await ledger.keys.signal(key) == {"kind": "sentinel-incident"}
    assert await ledger.keys.signal(uuid4().hex) is None


async def test_a_signal_whose_reply_is_lost_is_still_new(opened: Opens) -> None:
    lost = LostReply(inserts, times=0)
    async with opened(policies=[lost]) as ledger:
        lost.times = 1
        assert await ledger.seen(uuid4().hex, {}) is None


async def test_of_many_deliveries_of_one_signal_one_is_new(opened: Opens) -> None:
    key = uuid4().hex
    async with opened() as one, opened() as two:
        answers = await asyncio.gather(*(ledger.seen(key, {}) for ledger in (one, two) * 5))
        assert answers.count(None) == 1
        assert set(answers) == {None, ""}


async def test_a_passing_key_holds_while_it_is_told_of_and_is_another_matter_after_a_gap(
    ledger: Ledger, keys: list[str]
) -> None:
    key, at = keys[0], datetime(2026, 11, 20, 22, 29, 59, tzinfo=UTC)

    async def told(name: str, **later: float) -> str:
        spell = Spell(keys=frozenset({key}), at=at + timedelta(**later))
        return await ledger.claim([key], name, spell)

    assert await told("a") == "a"
    assert [await told("b", minutes=minutes) for minutes in (1, 29, 58, 10)] == ["a"] * 4
    assert await told("c", minutes=89) == "c"
    assert await told("d", minutes=60) == "c"


async def test_a_passing_key_never_holds_for_ever(ledger: Ledger, keys: list[str]) -> None:
    key, at = keys[0], datetime(2026, 11, 20, tzinfo=UTC)

    seen = [
        await ledger.claim([key], f"{turn}", Spell(keys=frozenset({key}), at=at + timedelta(minutes=20 * turn)))
        for turn in range(80)
    ]

    assert set(seen) == {"0", "73"}


async def test_two_processes_that_find_a_passed_key_agree_on_its_heir(opened: Opens, keys: list[str]) -> None:
    key, at = keys[0], datetime(2026, 11, 20, tzinfo=UTC)
    later = Spell(keys=frozenset({key}), at=at + timedelta(hours=1))
    async with opened() as one, opened() as two:
        await one.claim([key], "old", Spell(keys=frozenset({key}), at=at))
        claims = [ledger.claim([key], f"{number}", later) for number, ledger in enumerate((one, two) * 4)]
        heirs = await asyncio.gather(*claims)

    assert len(set(heirs)) == 1
    assert "old" not in heirs
