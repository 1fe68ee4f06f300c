from dataclasses import replace
from typing import Any

import pytest

from desk.report import report
from incident.errors import LedgerUnavailable, NotAllowed, Refused
from incident.person import Person
from incident.plan import Outcome
from incident.settings import Settings
from ledger import Ledger
from tests.desk.office import BOTH, CLASS, OPERATOR, OWNER, SOC, Office
from tests.ledger.wire import Refused as Reset
from tests.ledger.wire import transactions

TWO = {"limits": {"targets": 0}}


async def contained(office: Office, *approvers: Person, **policy: Any) -> tuple[str, str]:
    """An incident whose ST-03 these people have approved, and the key of that step."""
    office.governed(**policy)
    incident = await office.leaving()
    for who in approvers:
        await office.says(who, incident, await office.step(incident, "ST-03"))
    step = await office.step(incident, "ST-03")
    assert step.outcome is Outcome.CONTAINED
    return incident, step.step.key


async def test_what_ran_by_itself_needs_no_approver_to_be_undone(office: Office) -> None:
    incident = await office.leaks()

    await office.undoes(OPERATOR, incident)

    assert [s.outcome for s in await office.steps(incident) if s.step.code in ("ST-01", "ST-02")] == [
        Outcome.UNDONE,
        Outcome.UNDONE,
    ]
    assert office.estate.snapshot() == office.clinic.before


async def test_what_one_approver_allowed_needs_one_to_be_undone(office: Office) -> None:
    incident, key = await contained(office, SOC)
    before = office.writes()

    for who in (OPERATOR, OWNER):
        with pytest.raises(NotAllowed, match=r"Approver\.Soc"):
            await office.undoes(who, incident, [key])
    assert office.writes() == before

    await office.undoes(SOC, incident, [key])
    assert (await office.step(incident, "ST-03")).outcome is Outcome.UNDONE


async def test_what_two_approvers_allowed_is_undone_when_two_have_asked(office: Office) -> None:
    incident, key = await contained(office, SOC, OWNER, **TWO)
    before, told = office.writes(), len(await office.entries(incident, "notice"))

    await office.undoes(BOTH, incident, [key])
    await office.undoes(BOTH, incident, [key])
    assert office.writes() == before
    assert len(office.notices("Undo.Asked")) == len(await office.entries(incident, "notice")) - told == 1

    await office.undoes(OWNER, incident, [key])
    assert (await office.step(incident, "ST-03")).outcome is Outcome.UNDONE


async def test_the_first_of_two_expires(office: Office) -> None:
    incident, key = await contained(office, SOC, OWNER, **TWO)
    before = office.writes()

    await office.undoes(SOC, incident, [key])
    office.clock.passes(minutes=16)
    await office.undoes(OWNER, incident, [key])

    assert office.writes() == before

    office.clock.passes(minutes=16)
    await office.undoes(SOC, incident, [key])
    assert len({event["id"] for event in office.notices("Undo.Asked")}) == 3


async def test_whoever_reported_it_undoes_nothing(office: Office) -> None:
    account = office.clinic.account("phistore").opens_to_anyone()
    words = {"report": "anybody can read our scans", "resources": [account.id], "class": CLASS}
    [receipt] = await report(office.parts, SOC, words)
    incident = str(getattr(receipt, "incident", None))
    before = office.writes()
    assert before

    with pytest.raises(NotAllowed, match="reported"):
        await office.undoes(SOC, incident)
    assert office.writes() == before

    await office.undoes(OPERATOR, incident)
    assert office.estate.snapshot() == office.clinic.before


async def test_nothing_is_undone_while_the_cause_is_still_there(office: Office) -> None:
    incident = await office.leaks()
    office.clinic.account("phistore").opens_to_anyone()
    before = office.writes()

    with pytest.raises(Refused, match="the cause is not gone"):
        await office.undoes(SOC, incident)

    assert office.writes() == before


async def test_an_undo_cut_off_between_its_effect_and_its_notice_is_told_as_one(
    office: Office, settings: Settings
) -> None:
    """Nothing can be entered from the moment that the notice is out, as by a process that dies there."""
    office.clinic.account("phistore").lifecycle_deletes()
    incident = await office.leaks()
    living = office.parts
    cut = Reset(lambda request: transactions(request) and bool(office.notices("Incident.Undone")), times=1000)
    office.parts = replace(living, ledger=await Ledger.open(settings, policies=[cut]))
    try:
        with pytest.raises(LedgerUnavailable):
            await office.undoes(OPERATOR, incident)
    finally:
        await office.parts.ledger.close()
    office.parts = living

    with pytest.raises(Refused, match="nothing was done"):
        await office.undoes(OPERATOR, incident)
    await office.passes(minutes=5)

    assert [entry.body["outcome"] for entry in await office.entries(incident, "step")].count("undone") == 4
    assert len({event["id"] for event in office.notices("Incident.Undone")}) == 1
    told = await office.entries(incident, "notice")
    assert len([entry for entry in told if entry.body["type"].endswith("Incident.Undone")]) == 1
