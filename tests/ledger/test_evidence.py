from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.errors import LedgerUnavailable, Unknown
from ledger import Envelope, Ledger, LocalWrapping, Ref
from ledger.evidence import RESTRICTED
from tests.ledger.conftest import NOW, Opens, draft
from tests.ledger.wire import LostReply, Refused, writes


async def test_evidence_is_read_as_it_was_put(ledger: Ledger, incident: str) -> None:
    ref = await ledger.evidence.put(incident, "before state.json", b"{}")
    assert ref.size == 2
    assert ref == await ledger.evidence.put(incident, "before state.json", b"{}")
    assert await ledger.evidence.read(ref) == b"{}"


async def test_evidence_that_is_not_what_was_stored_is_not_handed_out(ledger: Ledger, incident: str) -> None:
    ref = await ledger.evidence.put(incident, "proof.json", b"{}")
    with pytest.raises(LedgerUnavailable, match="not what was stored"):
        await ledger.evidence.read(replace(ref, sha256="0" * 64))


async def test_evidence_that_is_not_there_is_unknown(ledger: Ledger, incident: str) -> None:
    with pytest.raises(Unknown):
        await ledger.evidence.read(Ref(name=f"{incident}/none", sha256="", size=0))


async def test_evidence_whose_reply_is_lost_is_stored(opened: Opens, incident: str) -> None:
    lost = LostReply(writes, times=0)
    async with opened(blob_policies=[lost]) as ledger:
        await ledger.evidence.put(incident, "first", b"")
        lost.times = 1
        assert await ledger.evidence.read(await ledger.evidence.put(incident, "second", b"x")) == b"x"


async def test_evidence_that_cannot_be_stored_stops_the_entry_that_needs_it(opened: Opens, incident: str) -> None:
    async with opened(blob_policies=[Refused(writes, times=99)]) as ledger:
        with pytest.raises(LedgerUnavailable):
            await ledger.begin(incident, [draft(text="x" * 40_000)], state={}, owner="")
        assert await ledger.head(incident) is None


async def test_ephi_is_sealed_and_each_read_is_an_entry_first(ledger: Ledger, incident: str) -> None:
    await ledger.begin(incident, [draft()], state={}, owner="")
    ref = await ledger.restricted.put(incident, "disclosures.csv", b"patients/one.dcm")
    stored = await ledger.evidence.blobs.read(RESTRICTED, ref.name)
    assert stored
    assert b"patients" not in stored
    assert await ledger.restricted.read(ref, by="person-1", why="assessment", at=NOW) == b"patients/one.dcm"
    read = (await ledger.chain(incident)).entries[-1]
    assert (read.kind, read.by) == ("evidence_read", "person-1")
    assert read.body == {"name": ref.name, "sha256": ref.sha256, "why": "assessment"}


async def test_ephi_is_not_read_when_the_reading_cannot_be_recorded(opened: Opens, incident: str) -> None:
    refused = Refused(writes, times=0)
    async with opened(policies=[refused]) as ledger:
        await ledger.begin(incident, [draft()], state={}, owner="")
        ref = await ledger.restricted.put(incident, "list", b"x")
        refused.times = 99
        with pytest.raises(LedgerUnavailable):
            await ledger.restricted.read(ref, by="person-1", why="assessment", at=NOW)


async def test_ephi_is_not_stored_without_a_key(opened: Opens, incident: str) -> None:
    async with opened(envelope=None) as ledger:
        with pytest.raises(LedgerUnavailable, match="no key"):
            await ledger.restricted.put(incident, "list", b"x")


@given(st.binary(max_size=100), st.data())
async def test_sealed_content_opens_only_as_it_was_sealed(data: bytes, draw: st.DataObject) -> None:
    envelope = Envelope(LocalWrapping(bytes(range(32))))
    sealed = await envelope.seal(data, about=b"inc")
    assert await envelope.open(sealed, about=b"inc") == data
    with pytest.raises(LedgerUnavailable):
        await envelope.open(sealed, about=b"other")
    with pytest.raises(LedgerUnavailable):
        await Envelope(LocalWrapping(bytes(32))).open(sealed, about=b"inc")
    start = sealed.index(b"\n") + 1
    place = draw.draw(st.integers(start, len(sealed) - 1))
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    with pytest.raises(LedgerUnavailable):
        await envelope.open(changed, about=b"inc")
