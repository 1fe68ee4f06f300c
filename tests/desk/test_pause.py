import asyncio

import pytest

from desk import pause, pauses
from desk.pause import Wish
from incident.errors import NotAllowed, Refused, Unknown
from incident.pause import CHAIN
from incident.person import Person
from incident.plan import Outcome
from tests.desk.office import BOTH, CLASS, DEPUTY, OWNER, SOC, Office

HOUR = Wish(scope="everything", minutes=60, reason="the wards are being moved")


async def pausing(office: Office, wish: Wish = HOUR) -> str:
    asked = await pause.ask(office.parts, SOC, wish)
    await pause.confirm(office.parts, OWNER, asked)
    return asked


async def test_a_pause_stops_writes_keeps_the_clocks_and_pages_when_it_ends(office: Office) -> None:
    await pausing(office)

    incident = await office.leaks()

    assert office.writes() == []
    assert await office.status(incident) == "paused"
    assert await office.entries(incident, "clock")
    assert office.notices("Pause.Begun")

    await office.passes(minutes=61)
    await office.passes(minutes=2)

    assert len(office.notices("Pause.Ended")) == 1
    assert (await office.step(incident, "ST-01")).outcome is Outcome.CONTAINED
    assert office.clinic.stranger.lists("phistore/scans").is_refused


async def test_what_a_pause_held_back_is_planned_anew_on_the_state_as_it_is_then(office: Office) -> None:
    await pausing(office)
    incident = await office.leaks()
    held = await office.step(incident, "ST-01")
    office.clinic.attacks(
        "PATCH", office.clinic.account("phistore").id, {"properties": {"publicNetworkAccess": "Enabled"}}, "2023-05-01"
    )

    await office.passes(minutes=61)
    await office.passes(minutes=2)

    assert (await office.step(incident, "ST-01")).step.hash != held.step.hash
    assert len(await office.entries(incident, "plan")) > 1


@pytest.mark.parametrize(("scope", "stops"), [(CLASS, True), ("network.nsg_egress", False), ("account", True)])
async def test_a_pause_stops_what_it_names_and_nothing_else(office: Office, scope: str, *, stops: bool) -> None:
    place = office.clinic.account("phistore").id.upper() if scope == "account" else scope
    await pausing(office, Wish(scope=place, minutes=60, reason="x"))

    await office.leaks()

    assert (office.writes() == []) == stops


@pytest.mark.parametrize(("confirms", "why"), [(SOC, "cannot confirm"), (DEPUTY, "other approver role")])
async def test_a_pause_needs_two_people_of_two_roles(office: Office, confirms: Person, why: str) -> None:
    asked = await pause.ask(office.parts, SOC, HOUR)

    with pytest.raises(NotAllowed, match=why):
        await pause.confirm(office.parts, confirms, asked)

    assert await pauses.running(office.parts) == ()
    await pause.confirm(office.parts, BOTH, asked)
    assert len(await pauses.running(office.parts)) == 1
    with pytest.raises(Refused, match="confirmed already"):
        await pause.confirm(office.parts, OWNER, asked)


async def test_a_request_expires_and_an_unknown_one_is_unknown(office: Office) -> None:
    asked = await pause.ask(office.parts, SOC, HOUR)
    office.clock.passes(minutes=16)

    with pytest.raises(Refused, match="expired"):
        await pause.confirm(office.parts, OWNER, asked)
    with pytest.raises(Unknown):
        await pause.confirm(office.parts, OWNER, "another")


@pytest.mark.parametrize("minutes", [0, -5, 241])
async def test_a_pause_lasts_four_hours_at_most(office: Office, minutes: int) -> None:
    with pytest.raises(Refused, match="240"):
        await pause.ask(office.parts, SOC, Wish(scope="everything", minutes=minutes, reason="x"))


@pytest.mark.parametrize("scope", ["the wards", "storage.public_contaner", "/resourceGroups/clinic"])
async def test_a_scope_that_names_nothing_is_refused(office: Office, scope: str) -> None:
    with pytest.raises(Refused, match=r"scope|neither"):
        await pause.ask(office.parts, SOC, Wish(scope=scope, minutes=60, reason="x"))


async def test_one_person_may_lift_it(office: Office) -> None:
    asked = await pausing(office)

    await pause.lift(office.parts, DEPUTY, asked)

    assert await pauses.running(office.parts) == ()
    await office.leaks()
    assert office.writes()


async def test_two_pauses_confirmed_at_once_both_run(office: Office) -> None:
    one = await pause.ask(office.parts, SOC, Wish(scope=CLASS, minutes=60, reason="x"))
    other = await pause.ask(office.parts, SOC, Wish(scope="network.nsg_egress", minutes=60, reason="y"))

    await asyncio.gather(pause.confirm(office.parts, OWNER, one), pause.confirm(office.parts, OWNER, other))

    assert {each.id for each in await pauses.running(office.parts)} == {one, other}


async def test_an_undo_waits_for_its_end_too(office: Office) -> None:
    incident = await office.leaks()
    asked = await pausing(office)
    before = office.writes()

    with pytest.raises(Refused, match="paused"):
        await office.undoes(SOC, incident)
    assert office.writes() == before

    await pause.lift(office.parts, OWNER, asked)
    await office.undoes(SOC, incident)
    assert (await office.step(incident, "ST-01")).outcome is Outcome.UNDONE


async def test_the_reason_is_sealed(office: Office) -> None:
    await pausing(office)

    chain = await office.parts.ledger.chain(CHAIN)

    assert "wards" not in str([entry.body for entry in chain.entries])
    assert chain.of("pause_asked")[0].body["reason"]["label"] == "a reason in a person's words"
