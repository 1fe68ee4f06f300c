import io
import json
import zipfile
from typing import Any

import pytest

from desk import privilege
from desk.facts import record_facts
from desk.mailing import mailed
from desk.packet import packet
from incident.errors import Refused, Unknown
from tests.desk.law.conftest import OFFICER, Desk

FACTS: dict[str, Any] = {
    "access": "seen",
    "affected": {"TX": 501, "CA": 2},
    "data": ["medical"],
    "breach": {"began": "2026-11-18", "what_happened": "Jo Patient's scan was open.", "what_we_do": "We closed it."},
}


async def opened(desk: Desk, *, words: bool = False) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(await packet(desk.parts, OFFICER, "inc-1", words=words)))
    return {name: archive.read(name).decode() for name in archive.namelist()}


async def recorded(desk: Desk) -> str:
    incident = await desk.incident()
    await record_facts(desk.parts, OFFICER, incident, FACTS)
    return incident


async def test_a_packet_holds_chain_clocks_and_every_draft_and_no_words_of_people(desk: Desk) -> None:
    await recorded(desk)

    files = await opened(desk)

    assert {"chain.jsonl", "clocks.json", "own-we/why.txt", "own-we/letter-tx.html", "own-we/hhs-portal.json"} <= set(
        files
    )
    assert {"own-we/media-release-tx.txt", "own-we/state-tx.txt"} <= set(files)
    assert "Jo Patient" not in "".join(files.values())
    assert "[SEALED" in files["own-we/letter-tx.txt"]
    assert "toll-free number" in json.loads(files["own-we/letter-tx.json"])["missing"]


async def test_the_words_come_on_request_and_every_reading_is_entered_first(desk: Desk) -> None:
    incident = await recorded(desk)

    files = await opened(desk, words=True)
    read = (await desk.parts.ledger.chain(incident)).of("evidence_read")

    assert "Jo Patient" in files["own-we/letter-tx.txt"]
    assert {entry.by for entry in read} == {OFFICER.id}
    assert len(read) == 1


async def test_privileged_words_are_in_no_packet_until_counsel_releases_them(desk: Desk) -> None:
    incident = await recorded(desk)
    advice = await privilege.keep(desk.parts, OFFICER, incident, "advice", "We may lose.")

    assert "We may lose" not in "".join((await opened(desk, words=True)).values())
    assert await privilege.read(desk.parts, OFFICER, incident, advice.ref.sha256) == "We may lose."
    await privilege.release(desk.parts, OFFICER, incident, advice.ref.sha256)

    assert "We may lose" in "".join((await opened(desk, words=True)).values())
    assert "We may lose" not in "".join((await opened(desk)).values())
    assert (await desk.parts.ledger.chain(incident)).of("privilege_released")


async def test_a_litigation_hold_stops_disposal_until_counsel_lifts_it(desk: Desk) -> None:
    incident = await recorded(desk)
    desk.clock.passes(days=7 * 366)
    await privilege.check_disposal(desk.parts, incident)
    held = await privilege.hold(desk.parts, OFFICER, "Doe v. Clinic", "Jo, Al", [])

    with pytest.raises(Refused, match="litigation hold"):
        await privilege.check_disposal(desk.parts, incident)
    with pytest.raises(Unknown):
        await privilege.lift(desk.parts, OFFICER, "other")
    await privilege.lift(desk.parts, OFFICER, held.id)
    await privilege.check_disposal(desk.parts, incident)

    holds = await desk.parts.ledger.entries(privilege.HOLDS, "litigation_hold")
    assert "Doe" not in str([entry.body for entry in holds])


async def test_nothing_is_disposed_of_within_six_years(desk: Desk) -> None:
    incident = await recorded(desk)

    with pytest.raises(Refused, match="kept until 2032"):
        await privilege.check_disposal(desk.parts, incident)


async def test_the_tenth_bad_address_is_told(desk: Desk) -> None:
    incident = await recorded(desk)
    page = "person,outcome,on\n" + "".join(f"p{i},returned,2026-12-09\n" for i in range(9))

    assert not (await mailed(desk.parts, OFFICER, incident, page)).tally.substitute
    found = await mailed(desk.parts, OFFICER, incident, page + "p9,returned,2026-12-09\n")

    assert found.tally.substitute
    assert len(desk.told("SubstituteDue")) == 1
