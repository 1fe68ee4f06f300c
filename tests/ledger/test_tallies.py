from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ledger import Ledger

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_actions_are_counted_by_cause_from_a_time_on(ledger: Ledger) -> None:
    cause, tallies = f"network.nsg_egress|{uuid4()}", ledger.tallies
    await tallies.add(cause, "inc-1", 3, at=NOW - timedelta(hours=2))
    await tallies.add(cause, "inc-2", 2, at=NOW - timedelta(minutes=30))
    await tallies.add(cause, "inc-3", 1, at=NOW)
    await tallies.add(f"{cause}'", "inc-4", 40, at=NOW)

    assert await tallies.since(cause, NOW - timedelta(hours=1)) == 3
    assert await tallies.since(cause, NOW - timedelta(hours=3)) == 6
    assert await tallies.since("another", NOW) == 0


async def test_the_same_tally_again_counts_once(ledger: Ledger) -> None:
    cause = f"storage.public_container|{uuid4()}"
    for _ in range(2):
        await ledger.tallies.add(cause, "inc-1", 5, at=NOW)

    assert await ledger.tallies.since(cause, NOW) == 5
