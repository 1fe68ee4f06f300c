"""Our own writes, coming back as events: known by their request ids, never by identity alone."""

from ledger.keys import KEYS
from tests.desk.signals.incoming import Incoming, alert, written


async def test_every_event_of_our_own_writes_is_kept_as_ours_and_nothing_follows(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    first = await incoming.one("defender", alert(account))
    acts, ours = len(incoming.acts), incoming.events()[-2:]

    receipts = await incoming.takes("eventgrid", *ours)

    assert {receipt.incident for receipt in receipts} == {first.incident}
    assert {receipt.reason for receipt in receipts} == {"it is our own write, coming back"}
    told = await incoming.entries(str(first.incident), "signal")
    assert [entry.body.get("own") for entry in told] == [None, True, True]
    assert len(incoming.acts) == acts
    assert incoming.told("Misused") == []


async def test_a_write_is_known_as_ours_where_a_crash_came_before_the_row_that_leads_to_it(incoming: Incoming) -> None:
    first = await incoming.one("defender", alert(incoming.clinic.account("phistore").opens_to_anyone().id))
    tables = incoming.parts.ledger.tables
    leading = [row async for row in tables.query(KEYS, "") if "mark" not in row.values]
    await tables.delete_all(KEYS, [(row["PartitionKey"], row["RowKey"]) for row in leading])

    receipts = await incoming.takes("eventgrid", *incoming.events()[-2:])

    assert {receipt.incident for receipt in receipts} == {first.incident}
    assert {receipt.reason for receipt in receipts} == {"it is our own write, coming back"}
    assert incoming.told("Misused") == []


async def test_our_identity_with_a_write_that_no_intent_tells_of_is_an_alarm(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    await incoming.one("defender", alert(account))
    stolen = {"appid": incoming.parts.settings.identity_contain}

    receipt = await incoming.one(
        "eventgrid",
        written(account, claims=stolen, httpRequest={"clientRequestId": "7d0f6c1e-0000-4000-8000-00000000000f"}),
    )

    assert "identity.compromised" in receipt.classes
    assert receipt.disposition.value == "review"
    [told] = incoming.told("Identity.Misused")
    assert told["data"]["incident"] == receipt.incident


async def test_without_a_request_id_our_write_is_known_by_what_it_left(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone()
    first = await incoming.one("defender", alert(account.id))
    claims = {"appid": incoming.parts.settings.identity_contain}

    ours = await incoming.one("eventgrid", written(account.id, claims=claims))
    account.opens_to_anyone()
    foreign = await incoming.one("eventgrid", written(account.id, claims=claims))

    assert ours.incident == first.incident
    assert ours.reason == "it is our own write, coming back"
    assert "identity.compromised" in foreign.classes


async def test_another_identity_never_passes_for_ours(incoming: Incoming) -> None:
    account = incoming.clinic.account("phistore").opens_to_anyone().id
    await incoming.one("defender", alert(account))

    receipt = await incoming.one("eventgrid", written(account, claims={"appid": "somebody"}))

    assert receipt.reason != "it is our own write, coming back"
    assert incoming.told("Misused") == []
