from dataclasses import replace

import pytest

from incident.errors import LedgerUnavailable
from ledger import Ledger, LocalSigner
from ledger.anchors import CONTAINER, signed_by
from tests.ledger.conftest import NOW, Opens, draft
from tests.ledger.wire import LostReply, writes


async def test_an_anchor_is_signed_and_found_again(ledger: Ledger, signer: LocalSigner, incident: str) -> None:
    chain = await ledger.begin(incident, [draft()], state={}, owner="")
    anchor = await ledger.anchors.put(chain.head, at=NOW)
    assert (anchor.sequence, anchor.hash, anchor.key) == (1, chain.head.hash, "local")
    assert await ledger.anchors.of(incident) == (anchor,)
    assert signed_by([signer.key.public_key()])(anchor)
    assert incident in [name async for name in ledger.anchors.incidents()]


async def test_an_anchor_is_never_replaced(ledger: Ledger, incident: str) -> None:
    chain = await ledger.begin(incident, [draft()], state={}, owner="")
    first = await ledger.anchors.put(chain.head, at=NOW)
    assert await ledger.anchors.put(chain.head, at=NOW.replace(year=2027)) == first
    with pytest.raises(LedgerUnavailable, match="another hash"):
        await ledger.anchors.put(replace(chain.head, hash="f" * 64), at=NOW)
    assert await ledger.anchors.of(incident) == (first,)


async def test_an_anchor_whose_reply_is_lost_is_there(opened: Opens, incident: str) -> None:
    lost = LostReply(writes, times=0)
    async with opened(blob_policies=[lost]) as ledger:
        chain = await ledger.begin(incident, [draft()], state={}, owner="")
        await ledger.anchors.put(chain.head, at=NOW)
        chain = replace(chain, head=replace(chain.head, sequence=2))
        lost.times = 1
        assert (await ledger.anchors.put(chain.head, at=NOW)).sequence == 2


async def test_what_is_no_anchor_is_said_to_be_none(ledger: Ledger, incident: str) -> None:
    await ledger.anchors.blobs.create(CONTAINER, f"{incident}/0000000001.json", b"[]")
    with pytest.raises(LedgerUnavailable, match="is none"):
        await ledger.anchors.of(incident)
