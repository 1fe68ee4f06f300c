import pytest

from incident.errors import LedgerUnavailable
from ledger import Ledger
from ledger.parked import CHAIN
from tests.ledger.conftest import NOW, Opens
from tests.ledger.wire import Refused, writes


async def test_a_parked_signal_is_listed_read_on_record_and_unparked(ledger: Ledger, incident: str) -> None:
    body = incident.encode()
    parked = await ledger.park("sentinel", body, reason="not JSON", at=NOW)
    assert parked in await ledger.parked()
    assert await ledger.lot.find(parked.id) == parked
    assert await ledger.lot.body(parked, by="person-1", at=NOW) == body
    read = (await ledger.chain(CHAIN)).entries[-1]
    assert (read.kind, read.by, read.body["name"]) == ("evidence_read", "person-1", parked.ref.name)
    await ledger.lot.unpark(parked.id)
    assert parked not in await ledger.parked()
    assert await ledger.lot.find(parked.id) is None


async def test_the_same_bytes_are_parked_once(ledger: Ledger, incident: str) -> None:
    first = await ledger.park("sentinel", incident.encode(), reason="not JSON", at=NOW)
    again = await ledger.park("sentinel", incident.encode(), reason="not JSON", at=NOW.replace(hour=20))
    assert again == first
    assert [one.id for one in await ledger.parked(1000)].count(first.id) == 1


async def test_a_signal_that_cannot_be_parked_is_not_taken(opened: Opens, incident: str) -> None:
    async with opened(blob_policies=[Refused(writes, times=99)]) as ledger:
        with pytest.raises(LedgerUnavailable):
            await ledger.park("sentinel", incident.encode(), reason="not JSON", at=NOW)
