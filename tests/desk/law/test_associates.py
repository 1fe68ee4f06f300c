import pytest

from compliance.fields import FactsInvalid
from desk.contracts import give_out, take_in
from desk.duties import Duty, duties
from desk.facts import record_facts
from desk.worklist import worklist
from ledger import IndexRow
from tests.desk.law.conftest import ACCOUNT, OFFICER, Desk

US = {"entity": {"name": "Host", "zone": "America/New_York", "role": "business_associate"}}
HEAD = "id,party,kind,direction,entity,n,unit,effective_from,contact,resources,agent\n"
ACME = f"acme,Acme,customer,we_owe,acme,48,hour,2026-01-01,+1 555 0100,{ACCOUNT},no\n"
BETA = f"beta,Beta,customer,we_owe,beta,10,calendar,2026-01-01,b@beta.example,{ACCOUNT},yes\n"
CYBER = "cyber,Mutual,insurer,we_owe,,72,hour,2026-01-01,claims@mutual.example,,no\n"


async def running(desk: Desk, incident: str) -> dict[str, Duty]:
    found = duties((await desk.parts.ledger.chain(incident)).entries)
    return {key: duty for key, duty in found.items() if duty.running}


async def hosted(desk: Desk) -> str:
    desk.governed(**US)
    await take_in(desk.parts, OFFICER, HEAD + ACME + BETA + CYBER)
    return await desk.incident()


async def test_each_customer_is_owed_a_notice_under_law_and_contract_and_the_insurer_too(desk: Desk) -> None:
    found = await running(desk, await hosted(desk))

    assert {"US-HIPAA-BA-CE>acme", "US-HIPAA-BA-CE>beta"} <= set(found)
    assert {"CONTRACT:acme>acme", "CONTRACT:beta>beta", "CONTRACT:cyber"} <= set(found)
    assert "US-HIPAA-BA-CE" not in found


async def test_an_agents_customer_has_discovered_and_anothers_has_when_it_is_told(desk: Desk) -> None:
    incident = await hosted(desk)
    found = await running(desk, incident)
    assert "US-HIPAA-IND@beta" in found
    assert "US-HIPAA-IND@acme" not in found
    sent = {"clock": "US-HIPAA-BA-CE", "sent_at": "2026-11-25T12:00:00-05:00", "proof": "receipt"}

    await record_facts(desk.parts, OFFICER, incident, {"entity": "acme", "notices": [sent], "affected": {"TX": 2}})
    found = await running(desk, incident)

    assert found["US-HIPAA-IND@acme"].clock.due.isoformat() == "2027-01-24"
    assert "US-HIPAA-BA-CE>acme" not in found
    assert "US-HIPAA-BA-CE>beta" in found


async def test_what_customers_owe_never_pages_us(desk: Desk) -> None:
    incident = await hosted(desk)
    await record_facts(desk.parts, OFFICER, incident, {"access": "seen"})
    await desk.ticks(days=90)

    paged = {clock for event in desk.told("Page") for clock in event["data"]["clocks"]}

    assert "US-HIPAA-BA-CE>acme" in paged
    assert not [clock for clock in paged if "@" in clock]


async def test_a_contracts_date_makes_an_exposure_page(desk: Desk) -> None:
    await hosted(desk)

    await desk.ticks(hours=25)

    assert {clock for event in desk.told("Page") for clock in event["data"]["clocks"]} >= {"CONTRACT:acme>acme"}


async def test_phi_that_no_customer_claims_is_an_alarm_once(desk: Desk) -> None:
    desk.governed(**US)

    await desk.incident()

    assert [event["data"]["resource"] for event in desk.told("Contract.Missing")] == [ACCOUNT]


async def test_every_version_of_the_register_is_kept(desk: Desk) -> None:
    assert (await take_in(desk.parts, OFFICER, HEAD + ACME))[0] == 1
    assert (await take_in(desk.parts, OFFICER, HEAD + BETA))[0] == 2
    with pytest.raises(FactsInvalid):
        await take_in(desk.parts, OFFICER, HEAD + "broken\n")

    assert "Beta" in await give_out(desk.parts)
    assert "Acme" not in await give_out(desk.parts)
    assert len(await desk.parts.ledger.entries("contracts", "contracts")) == 2


async def test_the_yearly_worklist_is_by_covered_entity(desk: Desk) -> None:
    desk.governed(covered_entities=[{"id": "north", "name": "North", "zone": "America/Denver"}])
    incident = await desk.incident()
    await desk.parts.ledger.index(IndexRow(incident=incident, opened=desk.clock(), state={}))
    await record_facts(desk.parts, OFFICER, incident, {"affected": {"MT": 3}})
    await record_facts(desk.parts, OFFICER, incident, {"entity": "north", "affected": {"MT": 499}})

    assert [(one["entity"], one["due"], one["filed"]) for one in await worklist(desk.parts, 2026)] == [
        ("north", "2027-03-01", False),
        ("own", "2027-03-01", False),
    ]
